//! The isogeny key exchange CTIDH-512 (CSIDH with hidden degrees) in constant time.
//!
//! - [`PrivateKey`], [`PublicKey`], [`agree`]: the exchange; [`agree`] validates what it is given;
//! - [`Kernel`]: the instructions to compute with; by itself the best of the machine.
//!
//! Never alone: the product combines it with X25519MLKEM768, so that it can only add. What it is
//! worth, and why its relatives fell, says `spec/isogeny.md`.
//!
//! Pure: no input or output, clock, thread, or randomness of its own.

#![no_std]

#[cfg(test)]
extern crate std;

mod curve;
mod elligator;
mod exchange;
mod expand;
mod exponents;
mod field;
mod kernel;
mod lanes;
mod mask;
mod prime;
mod scalar;
mod secret;
mod velu;
mod walk;

pub use exchange::{
    EXPONENTS, ExponentsError, InvalidPublicKey, PUBLIC_KEY_BYTES, PrivateKey, PublicKey, Shared,
    agree, agree_with,
};
pub use kernel::Kernel;

#[cfg(test)]
mod tests;
