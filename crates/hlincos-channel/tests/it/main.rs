//! The crate from outside: two ends in memory, with disks that can be rolled back.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails has to fail its test"
)]

mod conversation;
mod ends;
mod ledger;
mod world;
