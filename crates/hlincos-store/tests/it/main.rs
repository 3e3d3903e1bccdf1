//! Tests the share store from outside: on folders, on a simulated disk, across crashes.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails has to fail its test"
)]

mod basics;
mod common;
mod crash;
mod full_disk;
mod sim_disk;
