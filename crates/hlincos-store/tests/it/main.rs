//! Tests the share store from outside: on folders, on a simulated disk, across crashes.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails has to fail its test"
)]

mod basics;
mod common;
mod compaction;
mod crash;
mod damage;
mod full_disk;
mod kill;
mod model;
mod sim_disk;
mod vectors;
