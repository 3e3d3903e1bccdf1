//! The crate from outside: two ends in memory, with disks that can be rolled back.

mod conversation;
mod ends;
