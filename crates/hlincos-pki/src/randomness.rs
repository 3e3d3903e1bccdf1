//! The operating system's random numbers, in the two shapes that the libraries ask for.

use core::convert::Infallible;

use fn_dsa::{CryptoRng as OldCryptoRng, RngCore as OldRng, RngError};
use rand_core::{TryCryptoRng, TryRng};

/// Draws from the operating system through aws-lc.
///
/// # Panics
/// Where the operating system gives no random numbers: no key and no signature may be made then.
/// aws-lc itself ends the process in that case.
pub(crate) struct Randomness;

/// Draws `N` bytes.
pub(crate) fn draw<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

fn fill(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the operating system gives random numbers");
}

impl TryRng for Randomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(draw()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(draw()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Randomness {}

/// The traits of 2017 to 2024, which `fn-dsa` still uses.
impl OldRng for Randomness {
    fn next_u32(&mut self) -> u32 {
        u32::from_be_bytes(draw())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_be_bytes(draw())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RngError> {
        fill(bytes);
        Ok(())
    }
}

impl OldCryptoRng for Randomness {}
