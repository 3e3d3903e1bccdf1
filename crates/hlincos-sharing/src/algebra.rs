//! What holders do with shares without the secret: refresh, repair, reshare, scrub.
//!
//! Pure functions on callers' buffers: who sends what to whom is for the caller. Whatever is sent
//! carries a [`Route`], so that bytes of another object, epoch or holder are an error and never
//! another sum. `spec/algebra.md` is the page.

mod collinear;
mod dealings;
mod extension;
mod linear_hash;
mod refresh;
mod repair;
mod reshare;
mod route;
mod scrub;
mod seeded;

pub use dealings::{Accepted, DealingCheck, DealingError, Dealings};
pub use linear_hash::{LinearHash, VALUE_BYTES};
pub use refresh::{Refresh, RefreshError, ZeroDealer};
pub use repair::{Repair, RepairError};
pub use reshare::{Dispute, Parity, Reshare, ReshareCheck, ReshareError, Reshared, SubDealer};
pub use route::{Route, RouteError, ShareId};
pub use scrub::{MaskDealer, MaskDealing, ScrubError, Scrubbed, check_scrub, scrub_mask};
pub use seeded::{SeedError, SeededZero, hidden_from};

use crate::Kernel;

/// Bytes of a piece at most: what is dealt, sent or added at a time.
pub const PIECE_BYTES: usize = 65_536;

/// Whether all have one length.
pub(crate) fn same_lengths(rows: &[&[u8]], len: usize) -> bool {
    rows.iter().all(|row| row.len() == len)
}

/// The sum of buffers of one length.
pub(crate) fn sum(kernel: Kernel, rows: &[&[u8]], out: &mut [u8]) {
    kernel.weighted_sum(rows, &alloc::vec![1; rows.len()], 0, out);
}

#[cfg(test)]
pub(crate) mod tests;
