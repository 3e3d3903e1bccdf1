//! What `terminal.toml` says of link, screen and copies.

use std::time::Duration;

use hlincos_net::LinkProfile;
use serde::Deserialize;

/// The link to the gateway: `[link]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// Where the other figures come from when they are absent.
    pub kind: LinkKind,
    /// Round trip to expect before one was measured.
    pub initial_rtt_ms: Option<u64>,
    /// Bytes that may be under way before the first acknowledgement, in KiB.
    pub initial_window_kib: Option<u64>,
    /// A packet so often keeps the connection warm.
    pub keep_alive_s: Option<u64>,
    /// Without any answer for so long the link is down.
    pub idle_s: Option<u64>,
    /// A question unanswered for so long is asked over the other way too.
    pub second_way_after_ms: Option<u64>,
    /// A question unanswered for so long is given up.
    pub give_up_after_s: Option<u64>,
}

/// A kind of link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// Cable or mobile.
    #[default]
    Terrestrial,
    /// A geostationary satellite.
    Satellite,
}

impl LinkSettings {
    /// The profile of the connection.
    #[must_use]
    pub fn profile(&self) -> LinkProfile {
        let base = match self.kind {
            // A link that dropped shall be noticed before the clinician does.
            LinkKind::Terrestrial => LinkProfile {
                keep_alive: Duration::from_secs(4),
                idle: Duration::from_secs(12),
                ..LinkProfile::default()
            },
            LinkKind::Satellite => LinkProfile {
                keep_alive: Duration::from_secs(5),
                idle: Duration::from_secs(20),
                ..LinkProfile::satellite()
            },
        };
        let seconds = |told: Option<u64>, else_: Duration| told.map_or(else_, Duration::from_secs);
        LinkProfile {
            initial_rtt: self
                .initial_rtt_ms
                .map_or(base.initial_rtt, Duration::from_millis),
            initial_window_bytes: self
                .initial_window_kib
                .map_or(base.initial_window_bytes, |kib| kib.saturating_mul(1_024)),
            keep_alive: seconds(self.keep_alive_s, base.keep_alive),
            idle: seconds(self.idle_s, base.idle),
        }
    }

    /// When a question is asked over the other way too.
    #[must_use]
    pub fn second_way_after(&self) -> Duration {
        Duration::from_millis(self.second_way_after_ms.unwrap_or(match self.kind {
            LinkKind::Terrestrial => 1_500,
            LinkKind::Satellite => 3_000,
        }))
    }

    /// When a question is given up.
    #[must_use]
    pub fn give_up_after(&self) -> Duration {
        Duration::from_secs(self.give_up_after_s.unwrap_or(15))
    }
}

/// The screen: `[screen]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScreenSettings {
    /// Port of 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// Seconds without activity until the screen locks.
    pub lock_after_s: u64,
    /// Copies older than this are told in red.
    pub stale_after_days: u32,
}

impl Default for ScreenSettings {
    fn default() -> Self {
        Self {
            port: 0,
            lock_after_s: 300,
            stale_after_days: 2,
        }
    }
}

/// Sealed copies in memory: `[copies]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopySettings {
    /// How long the last patients are kept; 0 keeps one only, until the screen locks.
    pub minutes: u64,
    /// How many.
    pub patients: usize,
    /// Whether copies may be opened while the gateway cannot be reached.
    pub offline: bool,
}

impl Default for CopySettings {
    fn default() -> Self {
        Self {
            minutes: 60,
            patients: 5,
            offline: true,
        }
    }
}
