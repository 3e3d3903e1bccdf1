//! Levels of protection, and the suite that reaches each.

use serde::{Deserialize, Serialize};

/// How a transfer is protected; later ones are stronger.
///
/// Security: only [`Level::Otp`] is information-theoretic, and only for the contents and the tags
/// of frames: lengths and times show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// TLS 1.3 with a post-quantum key exchange: no channel of this crate.
    PqTls = 1,
    /// AES-256-GCM under a key made of all that is at hand, of ML-KEM-1024 and X25519 at least.
    Hybrid = 2,
    /// AES-256-GCM under a forward-erasing ratchet of pre-shared physical random numbers.
    Psk = 3,
    /// AES-256-GCM under keys of quantum key distribution.
    Qkd = 4,
    /// One-time pad with a Wegman-Carter tag.
    Otp = 5,
}

impl Level {
    /// All of them, the strongest first.
    pub const FALLING: [Self; 5] = [Self::Otp, Self::Qkd, Self::Psk, Self::Hybrid, Self::PqTls];

    /// Its name in configuration and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PqTls => "pq-tls",
            Self::Hybrid => "hybrid",
            Self::Psk => "psk",
            Self::Qkd => "qkd",
            Self::Otp => "otp",
        }
    }

    /// The suite that reaches it; none for TLS.
    #[must_use]
    pub const fn suite(self) -> Option<Suite> {
        match self {
            Self::PqTls => None,
            Self::Hybrid => Some(Suite::Hybrid),
            Self::Psk => Some(Suite::Psk),
            Self::Qkd => Some(Suite::Qkd),
            Self::Otp => Some(Suite::Otp),
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::FALLING.into_iter().find(|level| *level as u8 == code)
    }
}

impl core::fmt::Display for Level {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// How the bytes of a frame are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// One-time pad with a Wegman-Carter tag over GF(2^128).
    Otp = 1,
    /// AES-256-GCM under an epoch key of QKD pad.
    Qkd = 2,
    /// AES-256-GCM under the ratchet.
    Psk = 3,
    /// AES-256-GCM under the hybrid key.
    Hybrid = 4,
}

impl Suite {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Otp, Self::Qkd, Self::Psk, Self::Hybrid];

    /// The level that it reaches.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Otp => Level::Otp,
            Self::Qkd => Level::Qkd,
            Self::Psk => Level::Psk,
            Self::Hybrid => Level::Hybrid,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| *suite as u8 == code)
    }
}
