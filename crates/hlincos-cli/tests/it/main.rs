//! The product as its users meet it: the real binary, real processes, real disks.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod backup;
mod cluster;
mod demo;
mod facilities;
mod faults;
mod floors;
mod generate;
mod losses;
mod refusals;
mod restores;
mod samples;
mod second_reader;
mod ssmix;
mod terminal;
mod trees;
