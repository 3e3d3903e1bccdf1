//! Where a terminal's records come from: a trait, so that the desk does not know the way.

use futures_util::future::BoxFuture;
use hlincos_ssmix::summary::Bilingual;
use zeroize::Zeroizing;

use crate::view::{Account, Critical, Provenance};

/// A file: its path in the store, and its bytes.
pub type File = (Vec<u8>, Zeroizing<Vec<u8>>);

/// Which patient is asked for.
#[derive(Clone)]
pub struct Question {
    /// The patient's identifier.
    pub patient: String,
    /// The facility's code; `None` asks all.
    pub facility: Option<String>,
}

/// One patient's records, with what is said of them.
#[derive(Default)]
pub struct Records {
    /// The files.
    pub files: Vec<File>,
    /// Paths of files that are too large for a screen.
    pub too_large: Vec<String>,
    /// What sites and gateway say.
    pub account: Account,
    /// Where they came from; the desk adds the facility's name and the time.
    pub provenance: Provenance,
}

/// The way to the records.
pub trait Source: Send + Sync {
    /// The patient's messages: all that the first screen and the full record need.
    fn messages(&self, question: Question) -> BoxFuture<'_, Result<Records, FetchError>>;

    /// The patient's documents and images.
    fn documents(&self, question: Question) -> BoxFuture<'_, Result<Records, FetchError>>;

    /// What of the messages endangers the patient if it is not known; `None` when nobody looked.
    fn critical(&self, _messages: &[File]) -> Option<Vec<Critical>> {
        None
    }

    /// The link's state.
    fn link(&self) -> LinkState;

    /// Codes of the facilities that are known.
    fn facilities(&self) -> Vec<String>;

    /// When the terminal's certificate ends, milliseconds since 1970 (UTC).
    fn valid_until_unix_ms(&self) -> Option<u64> {
        None
    }
}

/// The link's state, and in words.
#[derive(Clone, Debug)]
pub struct LinkState {
    /// Which.
    pub phase: Phase,
    /// In words.
    pub words: Bilingual,
}

/// A phase of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Connected: a question takes one round trip.
    Warm,
    /// Never connected yet.
    Trying,
    /// It was lost, or cannot be made; it is retried.
    Down,
}

impl Phase {
    /// The word of the style.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Trying => "trying",
            Self::Down => "down",
        }
    }
}

/// Why there are no records; each has its own next step on the screen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No site has anything of such a patient.
    #[error("there is no record of such a patient")]
    Unknown,
    /// It is no identifier.
    #[error("{0}")]
    BadId(String),
    /// Patients of several facilities have this identifier.
    #[error("patients of several facilities have this ID")]
    Several(Vec<String>),
    /// The terminal's certificate has expired.
    #[error("{0}")]
    Expired(String),
    /// The clocks of both ends do not agree.
    #[error("{0}")]
    Clocks(String),
    /// The gateway does not let this certificate ask.
    #[error("{0}")]
    Refused(String),
    /// Fewer sites answer than a restore takes.
    #[error("{0}")]
    TooFewSites(String),
    /// The gateway cannot be reached, or does not answer in time.
    #[error("{0}")]
    Unreachable(String),
    /// Anything else, in the gateway's own words.
    #[error("{0}")]
    Other(String),
}
