//! Why a key manager gave no keys, and what helps.

use std::time::Duration;

use super::key::KeyId;
use super::order::OrderError;

/// What an answer has that it must not have. None of its keys may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// No JSON, or not the object that the standard wants.
    #[error("it is not the JSON object that the standard wants ({0})")]
    Json(String),
    /// The answer is too long, or broke off.
    #[error("it broke off, or is longer than all that was asked for")]
    Body,
    /// More or fewer keys than asked for.
    #[error("{found} keys came where {asked} were asked for")]
    Count {
        /// Keys asked for.
        asked: usize,
        /// Keys that came.
        found: usize,
    },
    /// An id that is no UUID.
    #[error("the id of key {0} of the answer is no UUID")]
    Id(usize),
    /// An id twice.
    #[error("the key {0} came twice")]
    Repeated(KeyId),
    /// A key that was not asked for.
    #[error("the key {0} came, which was not asked for")]
    Uncalled(KeyId),
    /// A key that is no base64.
    #[error("the key {0} is no base64")]
    Base64(KeyId),
    /// A key of another length.
    #[error("the key {id} has {found} bits where {asked} were asked for")]
    Length {
        /// Which.
        id: KeyId,
        /// Bits asked for.
        asked: u32,
        /// Bits that came.
        found: u64,
    },
    /// A status of another pair of applications, or of another key manager.
    #[error("the status is of {found} where {asked} was expected")]
    OtherPair {
        /// Whom we expect.
        asked: String,
        /// Whom it names.
        found: String,
    },
    /// A status that allows no key at all.
    #[error("its limits allow no key at all")]
    Limits,
}

impl Defect {
    /// Whether a smaller or simpler request may do better.
    pub(super) const fn is_of_size(&self) -> bool {
        matches!(self, Self::Body | Self::Count { .. } | Self::Length { .. })
    }
}

/// What helps against an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Wait and ask again: it is down, slow or empty.
    Wait,
    /// Ask for less, or in a simpler way; if that does not help, wait.
    AskForLess,
    /// Somebody must correct a configuration, here or there.
    Correct,
    /// These keys are gone: give their block up and go on with others.
    GiveUp,
}

/// Why a key manager gave no keys.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KmeError {
    /// Nothing is there, or the connection broke.
    #[error(
        "the key manager {address} cannot be reached ({why}); see that it runs and that the address is right"
    )]
    Unreachable {
        /// Host and port.
        address: String,
        /// The system's word.
        why: String,
    },
    /// The handshake failed.
    #[error(
        "no secure connection to the key manager {address} ({why}); see that certificate, key and CA are those agreed with its operator"
    )]
    Tls {
        /// Host and port.
        address: String,
        /// What did not fit.
        why: String,
    },
    /// The certificate does not name the key manager.
    #[error(
        "the certificate at {address} does not name the key manager {kme_id:?}; correct kme_id, or stop: this may be another"
    )]
    NotTheKme {
        /// Host and port.
        address: String,
        /// The id that was configured.
        kme_id: String,
    },
    /// No answer in time.
    #[error("the key manager {address} does not answer within {} s; ask for less, or later", .limit.as_secs())]
    TimedOut {
        /// Host and port.
        address: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// It does not know us, or the keys are another's: 401.
    #[error(
        "the key manager refuses this application ({status}: {message}); see that it knows the certificate, which changes when it is renewed, and that the keys are meant for this SAE"
    )]
    Unauthorized {
        /// HTTP status.
        status: u16,
        /// Its own words, cut and cleaned.
        message: String,
    },
    /// It holds the request for wrong: 400 and other 4xx.
    #[error(
        "the key manager refuses the request ({status}: {message}); compare the request with the limits of its status"
    )]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its own words, cut and cleaned.
        message: String,
    },
    /// It has none of these keys (any more).
    #[error(
        "the key manager does not have the keys ({status}: {message}); give their block up, they do not come back"
    )]
    KeysGone {
        /// HTTP status.
        status: u16,
        /// Its own words, cut and cleaned.
        message: String,
    },
    /// It cannot now: 503 and anything else.
    #[error("the key manager cannot give keys now ({status}: {message}); it is asked again later")]
    Unavailable {
        /// HTTP status.
        status: u16,
        /// Its own words, cut and cleaned.
        message: String,
    },
    /// The answer breaks the standard; its keys were wiped.
    #[error(
        "the key manager's answer cannot be used: {0}; its keys were discarded, tell its operator if this goes on"
    )]
    Defective(#[from] Defect),
    /// What was asked for is out of our own range.
    #[error(transparent)]
    Order(#[from] OrderError),
}

impl KmeError {
    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Unavailable { .. } => {
                Remedy::Wait
            }
            Self::Refused { .. } => Remedy::AskForLess,
            Self::Defective(defect) if defect.is_of_size() => Remedy::AskForLess,
            Self::Defective(Defect::OtherPair { .. } | Defect::Limits) => Remedy::Correct,
            Self::Defective(_) => Remedy::Wait,
            Self::Tls { .. }
            | Self::NotTheKme { .. }
            | Self::Unauthorized { .. }
            | Self::Order(_) => Remedy::Correct,
            Self::KeysGone { .. } => Remedy::GiveUp,
        }
    }
}
