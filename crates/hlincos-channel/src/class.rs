//! Classes of data: each has channels of its own and a policy of its own.

use serde::{Deserialize, Serialize};

/// What a channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Summaries that a hospital without its records needs first.
    Emergency = 0,
    /// What keeps the system running: heads, rosters, repairs, resynchronisation.
    Control = 1,
    /// All the rest.
    Bulk = 2,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Emergency, Self::Control, Self::Bulk];

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Emergency),
            1 => Some(Self::Control),
            2 => Some(Self::Bulk),
            _ => None,
        }
    }

    /// Its name in configuration and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Control => "control",
            Self::Bulk => "bulk",
        }
    }
}
