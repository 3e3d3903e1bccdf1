//! The plain vector: bytes side by side, in steps that the compiler makes vector code of.

use super::lanes::Vector;

/// Bytes that go together; few enough to stay in registers on any machine.
const BYTES: usize = 32;

/// A vector without special instructions.
#[derive(Clone, Copy)]
pub(super) struct Portable([u8; BYTES]);

// SAFETY (of the trait's contract): nothing here needs any instruction.
impl Vector for Portable {
    const BYTES: usize = BYTES;
    type Narrower = Self;
    type Factor = u8;
    type Operand = Self;

    #[inline(always)]
    fn zero() -> Self {
        Self([0; BYTES])
    }

    #[inline(always)]
    fn load(from: &[u8], at: usize) -> Self {
        let (bytes, _) = from[at..]
            .split_first_chunk()
            .expect("checked by the caller");
        Self(*bytes)
    }

    #[inline(always)]
    fn store(self, to: &mut [u8], at: usize) {
        to[at..at + BYTES].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        for (to, from) in self.0.iter_mut().zip(other.0) {
            *to ^= from;
        }
        self
    }

    #[inline(always)]
    fn factor(element: u8) -> u8 {
        element
    }

    #[inline(always)]
    fn operand(self) -> Self {
        self
    }

    /// Horner's rule over the bits of the factor, which is public.
    #[inline(always)]
    fn times(operand: Self, factor: u8) -> Self {
        let mut product = Self::zero();
        for bit in (0..8 - factor.leading_zeros()).rev() {
            product = product.double();
            if factor >> bit & 1 == 1 {
                product = product.add(operand);
            }
        }
        product
    }
}

impl Portable {
    /// Multiplies by x, every byte in the same steps.
    #[inline(always)]
    fn double(mut self) -> Self {
        for byte in &mut self.0 {
            *byte = *byte << 1 ^ 0x1B & 0_u8.wrapping_sub(*byte >> 7);
        }
        self
    }
}
