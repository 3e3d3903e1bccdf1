//! The clinician's local program: a patient's screen, on loopback only.
//!
//! - [`View`]: messages and an account of them become one screen's values, purely;
//! - [`page()`]: the screen as one HTML page in two languages, without anything from outside;
//! - [`Viewer`]: serves one page to this machine's browser, once per token;
//! - [`Desk`]: the terminal: unlock, ask, show, keep sealed copies, lock;
//! - [`Link`]: the warm connection to the gateway, over QUIC and over TLS;
//! - [`Unlock`]: where a passphrase is checked; [`Source`]: where records come from.

mod desk;
mod door;
mod link;
mod page;
mod palette;
mod script;
mod settings;
mod source;
mod style;
mod unlock;
pub mod view;
mod viewer;
mod word;
mod words;

pub use desk::{Desk, DeskSettings};
pub use link::{Link, LinkError, Way};
pub use page::page;
pub use settings::{CopySettings, LinkKind, LinkSettings, ScreenSettings};
pub use source::{FetchError, File, LinkState, Phase, Question, Records, Source};
pub use unlock::{PassphraseFile, Unlock, UnlockError, UnlockKey};
pub use view::{Account, Critical, Materials, Provenance, View};
pub use viewer::Viewer;
pub use word::Word;
