//! Our own client against the simulated pair, over real sockets: good days and every fault.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod faults;
mod good;
mod pair;
mod wire;
