//! Links whose channels are protected by shared keys: one-time pad, QKD, pre-shared numbers.
//!
//! The rules are those of `hlincos-channel`; here are its files, sockets and clock. A channel is a
//! stream that HTTP runs on as it does on TLS.

mod accept;
mod dial;
mod end;
mod feed;
mod folder;
mod stream;

pub use accept::FrameAccept;
pub use dial::FrameDial;
pub use end::{KeySupply, LinkConfig, LinkEnd, LinkError, LinkStatus};
pub use feed::feed;
pub use folder::{Folder, FolderError, PadNote};
