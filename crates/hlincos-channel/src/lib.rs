//! Channels between two parties that stay secret: frames, suites, pad, ledger, hello.
//!
//! A [`Link`] is one end's share of a pair of parties: what pad is in stock, what is spent (the
//! ledger), which policy holds. A [`Connection`] is one stream of bytes each way over a link, for
//! one [`Class`] of data; it is made by a hello ([`Greeting`], [`accept`]) and protects each frame
//! by the [`Suite`] that policy and stock allow at that moment.
//!
//! Pure: no files, sockets, clocks or threads. What must be on disk before something may be used
//! comes as a [`Durable`]; what must be read comes as [`Step::Load`]. Time and nonces are
//! arguments; only the keys of the hybrid exchange are drawn by the cryptographic library from the
//! operating system, as in `hlincos-pki`.
//!
//! Pages: `spec/channel.md`, `docs/decisions/0016-channels.md`.

mod class;
mod connection;
mod control;
mod counters;
mod frame;
mod hello;
mod hybrid;
mod kdf;
mod ledger;
mod level;
mod link;
mod link_block;
mod manifest;
mod octets;
pub mod pad_file;
mod party;
mod policy;
mod pool;
mod ratchet;
mod suite;

pub use class::Class;
pub use connection::{ChannelError, Connection, Event, Resume, Step};
pub use counters::{Counters, Counts, Rate};
pub use frame::{
    FRAME_BYTES_MAX, FrameError, FrameHead, Generation, HEAD_BYTES, PAYLOAD_BYTES_MAX, TAG_BYTES,
};
pub use hello::{CLIENT_HELLO_BYTES_MAX, ClientHello, Greeting, HelloError, NONCE_BYTES, accept};
pub use ledger::{Durable, Identity, LedgerError, NotPersisted, RECORD_BYTES, Record};
pub use level::{Level, Suite};
pub use link::{Alarm, CourieredPad, Erase, Link, Setup};
pub use link_block::{CONTROL_BYTES, ControlKey, LedgerKey, LinkBlock, LinkBlockError};
pub use manifest::{KEY_ID_BYTES_MAX, KEYS_MAX, KeyId, Manifest, ManifestError, QkdKey};
pub use party::{BlockId, Direction, End, LinkId, LinkNumber, LinkNumberError, PadOffset, Source};
pub use policy::{ClassPolicy, Policy, Refusal, Stock, StockState};
pub use pool::AppendError;
pub use ratchet::Slices;
pub use suite::pad::{BLOCK_BYTES_MAX, BLOCK_BYTES_MIN};
