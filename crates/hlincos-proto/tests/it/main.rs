//! Conversations with sites in memory that fail and lie on demand.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod dealing;
mod matrix;
mod memory;
mod vectors;
