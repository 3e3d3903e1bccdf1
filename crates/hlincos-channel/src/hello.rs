//! The hello: one round trip in which both ends compare ledgers before any pad is spent.
//!
//! ```text
//! client                                            server
//! Greeting::begin   ── client hello ──────────────►  ClientHello::read, accept
//! Greeting::finish  ◄────────────── server hello ──
//!                   ── finish, first frames ───────►  Connection::receive
//! ```
//! Only the other end can tell an end whose disk was rolled back. So each hello says what its end
//! has leased and claimed, both go on behind the furthest, and each block is claimed durably by
//! its receiver before its sender may spend it.
//!
//! Source: `spec/channel.md`, section 4.

mod client;
pub(crate) mod keys;
pub(crate) mod message;
mod server;

pub use client::Greeting;
pub use message::{CLIENT_HELLO_BYTES_MAX, ClientHello, NONCE_BYTES};
pub use server::accept;

use crate::ledger::NotPersisted;
use crate::policy::Refusal;

/// Why there is no channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelloError {
    /// No hello, or one of a later version.
    #[error("these bytes are no hello of a channel; is the other end of this release?")]
    Malformed,
    /// Another link, class or direction.
    #[error("the hello belongs to another link; compare the link's number at both ends")]
    Link,
    /// Made by somebody else, or changed on the way.
    #[error("the hello's MAC is wrong: the other end has another pad, or somebody interferes")]
    Mac,
    /// There is neither a control key nor a QKD key to authenticate with.
    #[error("a link without couriered pad needs a QKD key for its hello; none was at hand")]
    NoKey,
    /// The system gave no randomness, or the other end's key is none.
    #[error("the key exchange failed; the other end sent no valid key")]
    Exchange,
    /// The class gets no level with what both ends have.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// This end knows better now where to go on: say hello again.
    #[error("the other end has claimed pad that this end was about to use; say hello again")]
    Again,
    /// The numbers of channels are used up.
    #[error("the link has had 2^32 channels; bring a new pad")]
    Exhausted,
    /// An earlier record is not known to be on disk.
    #[error(transparent)]
    NotPersisted(#[from] NotPersisted),
}
