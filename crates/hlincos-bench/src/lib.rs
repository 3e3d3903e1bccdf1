//! What is ours measured beside what others made, all in one run on one machine.
//!
//! - [`clock`]: rounds in turns, so that a machine that slows down slows all of them;
//! - [`sharing`]: splitting and combining, beside memcpy, AES-256-CTR and other implementations.
//!
//! Figures are for people to read and repeat. No test depends on one.

mod buffers;
pub mod clock;
pub mod sharing;
