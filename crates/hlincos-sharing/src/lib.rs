//! Threshold sharing of bytes: split, combine, and the protection that names a liar.
//!
//! - [`split`] and [`combine`]: Shamir's scheme over GF(2^8), byte by byte;
//! - [`protect_and_split`] and [`combine_robust`]: the same, with an algebraic-manipulation tag in
//!   every 64 KiB, so that wrong shares are detected, corrected where enough others are right, and
//!   their holders named;
//! - [`Dealer`] and [`Interpolator`], [`Splitter`] and [`Combiner`]: the same, piece by piece, into
//!   callers' buffers;
//! - [`algebra`]: refresh, repair, reshare and scrub of shares without the secret;
//! - [`dispersal`]: shares of a k-th of the secret's size, computationally;
//! - [`ghash`]: the GHASH sum by the widest instructions, for tags of others;
//! - [`Randomness`]: the source of coefficients and its grade; [`Drbg`], [`Hedged`], [`Tested`];
//! - [`Kernel`]: the vector instructions to compute with; by itself the best of the machine.
//!
//! Pure: no input or output, clock, thread, or randomness of its own. Pages: `spec/sharing.md`,
//! `spec/amd.md`, `spec/algebra.md`, `spec/dispersal.md`.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod algebra;
mod amd;
mod combiner;
mod dealer;
pub mod dispersal;
mod drbg;
mod field;
pub mod ghash;
mod health;
mod interpolator;
mod kernel;
mod keystream;
mod outliers;
mod points;
mod polynomial;
mod protected;
mod randomness;
mod robust;
mod shamir;
mod subsets;
mod verdict;

pub use combiner::Combiner;
pub use dealer::Dealer;
pub use drbg::{Drbg, Hedged};
pub use health::Tested;
pub use interpolator::Interpolator;
pub use kernel::Kernel;
pub use keystream::Keystream;
pub use points::{Point, Threshold, ThresholdError};
pub use protected::{
    CHUNK_BYTES, PROTECTED_CHUNK_BYTES, Splitter, TAG_BYTES, protect_and_split, protected_len,
    secret_len,
};
pub use randomness::{GradeError, Randomness, RandomnessError, RandomnessGrade};
pub use robust::{Bound, Combined, RobustError, SUBSETS_MAX, combine_robust};
pub use shamir::{CombineError, combine, split};

#[cfg(test)]
mod tests;
