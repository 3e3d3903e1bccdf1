//! The product as its users meet it: the real binary, real processes, real disks.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod access;
mod authority;
mod backup;
mod cluster;
mod demo;
mod drill;
mod facilities;
mod faults;
mod floors;
mod generate;
mod links;
mod losses;
mod qkd;
mod refusals;
mod restores;
mod samples;
mod second_reader;
mod ssmix;
mod suites;
mod terminal;
mod trees;
