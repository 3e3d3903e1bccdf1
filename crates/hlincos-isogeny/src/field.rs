//! The field of p elements: eight 64-bit limbs in Montgomery form, R = 2^512, always below p.
//!
//! Everything here takes the same time for all values.

#[cfg(target_arch = "x86_64")]
pub(crate) mod adx;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ifma;
mod montgomery;

use core::fmt;

use zeroize::Zeroize;

use crate::mask::Mask;
use crate::prime::P;

/// An element of the field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fp(pub(crate) [u64; 8]);

/// R mod p, R² mod p, R³ mod p.
const R: [u64; 8] = [
    0xc8fc_8df5_9872_6f0a,
    0x7b1b_c817_50a6_af95,
    0x5d31_9e67_c1e9_61b4,
    0xb0aa_7275_3019_55f1,
    0x4a08_0672_d9ba_6c64,
    0x97a5_ef8a_246e_e77b,
    0x06ea_9e5d_4383_676a,
    0x3496_e2e1_17e0_ec80,
];
const R2: [u64; 8] = [
    0x3690_5b57_2ffc_1724,
    0x6708_6f45_25f1_f27d,
    0x4faf_3fbf_d223_70ca,
    0x192e_a214_bcc5_84b1,
    0x5dae_03ee_2f5d_e3d0,
    0x1e92_4873_1776_b371,
    0xad5f_166e_20e4_f52d,
    0x4ed7_59ae_a6f3_917e,
];
const R3: [u64; 8] = [
    0x341e_f990_c868_3cd4,
    0x48fc_0739_3319_dbc3,
    0xda2d_1157_1f16_6aeb,
    0x1d18_084a_b6f4_aaa4,
    0xcebf_1160_e170_2bd4,
    0x5180_f718_e38e_fb44,
    0x8d69_06ce_0ea4_54d8,
    0x3a20_4048_9894_ff06,
];

/// p - 2 and (p - 1) / 2: exponents of the inverse and of the quadratic character.
const P_MINUS_2: [u64; 8] = {
    let mut limbs = P;
    limbs[0] -= 2;
    limbs
};
const HALF: [u64; 8] = {
    let (mut limbs, mut at) = ([0; 8], 0);
    while at < 8 {
        let above = if at == 7 { 0 } else { P[at + 1] << 63 };
        limbs[at] = (P[at] >> 1) | above;
        at += 1;
    }
    limbs
};

impl Fp {
    pub(crate) const ZERO: Self = Self([0; 8]);
    pub(crate) const ONE: Self = Self(R);

    /// The element of 64 canonical bytes, least significant first; `None` if they are not below p.
    pub(crate) fn from_bytes(bytes: &[u8; 64]) -> Option<Self> {
        let limbs = limbs(bytes);
        let borrow = subtract(&limbs, &P).1;
        (borrow == 1).then(|| Self(montgomery::mul(&R2, &limbs)))
    }

    /// Its 64 canonical bytes, least significant first.
    pub(crate) fn to_bytes(self) -> [u8; 64] {
        let mut one = [0; 8];
        one[0] = 1;
        let mut bytes = [0; 64];
        let plain = montgomery::mul(&self.0, &one);
        for (out, limb) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(plain) {
            *out = le(limb);
        }
        bytes
    }

    /// An element from 128 uniform bytes, uniform but for 2^-512.
    pub(crate) fn from_uniform(bytes: &[u8; 128]) -> Self {
        let (low, high) = bytes.split_at(64);
        let part = |half: &[u8], by| {
            let half: &[u8; 64] = half.try_into().expect("half of 128 bytes");
            Self(montgomery::mul(by, &limbs(half)))
        };
        part(low, &R2).add(&part(high, &R3))
    }

    #[inline]
    pub(crate) fn add(&self, other: &Self) -> Self {
        // Both are below p < 2^511, so the sum fits.
        let (mut sum, mut carry) = (self.0, 0);
        for (limb, other) in sum.iter_mut().zip(&other.0) {
            (*limb, carry) = add_with_carry(*limb, *other, carry);
        }
        Self(below_p(&sum))
    }

    #[inline]
    pub(crate) fn sub(&self, other: &Self) -> Self {
        let (difference, borrow) = subtract(&self.0, &other.0);
        let mask = 0_u64.wrapping_sub(borrow);
        let (mut out, mut carry) = ([0; 8], 0);
        for at in 0..8 {
            (out[at], carry) = add_with_carry(difference[at], P[at] & mask, carry);
        }
        Self(out)
    }

    /// Whether it is zero.
    pub(crate) fn is_zero(&self) -> Mask {
        Mask::is_zero(self.0.iter().fold(0, |all, limb| all | limb))
    }

    /// Becomes the other if the mask is set.
    #[inline]
    pub(crate) fn assign(&mut self, other: &Self, choice: Mask) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = choice.choose(other, *own);
        }
    }

    /// Exchanges two if the mask is set.
    pub(crate) fn swap(a: &mut Self, b: &mut Self, choice: Mask) {
        let first = *a;
        a.assign(b, choice);
        b.assign(&first, choice);
    }

    /// To a power that is no secret.
    fn power<A: Multiply>(&self, exponent: &[u64; 8]) -> Self {
        let mut powers = [Self::ONE; 16];
        for at in 1..16 {
            powers[at] = A::mul(&powers[at - 1], self);
        }
        let mut total = Self::ONE;
        for window in (0..128).rev() {
            for _ in 0..4 {
                total = A::mul(&total, &total);
            }
            let digit = (exponent[window / 16] >> (4 * (window % 16))) & 15;
            if digit != 0 {
                total = A::mul(&total, &powers[usize::try_from(digit).expect("below 16")]);
            }
        }
        total
    }

    /// Its inverse; of zero, zero.
    pub(crate) fn inverse<A: Multiply>(&self) -> Self {
        self.power::<A>(&P_MINUS_2)
    }

    /// Whether it is a square; zero is one.
    pub(crate) fn is_square<A: Multiply>(&self) -> Mask {
        let character = self.power::<A>(&HALF);
        character.sub(&Self::ONE).is_zero() | self.is_zero()
    }
}

impl Zeroize for Fp {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Fp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fp")
    }
}

/// How products are computed; the rest of the arithmetic is the same everywhere.
pub(crate) trait Multiply: Copy {
    fn mul(a: &Fp, b: &Fp) -> Fp;
}

/// Products by the multiplication of the language: the plain twin of the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

impl Multiply for Portable {
    #[inline]
    fn mul(a: &Fp, b: &Fp) -> Fp {
        Fp(montgomery::mul(&a.0, &b.0))
    }
}

fn limbs(bytes: &[u8; 64]) -> [u64; 8] {
    let mut limbs = [0; 8];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *limb = of_le(*bytes);
    }
    limbs
}

#[expect(
    clippy::little_endian_bytes,
    reason = "spec/isogeny.md, section 2: A is little-endian, as the papers' software has it"
)]
fn le(limb: u64) -> [u8; 8] {
    limb.to_le_bytes()
}

#[expect(
    clippy::little_endian_bytes,
    reason = "spec/isogeny.md, section 2: A is little-endian, as the papers' software has it"
)]
fn of_le(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes)
}

#[inline(always)]
fn add_with_carry(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(carry);
    (sum, u64::from(first) | u64::from(second))
}

/// The difference modulo 2^512, and 1 if it was negative.
#[inline(always)]
fn subtract(a: &[u64; 8], b: &[u64; 8]) -> ([u64; 8], u64) {
    let (mut out, mut borrow) = ([0; 8], 0);
    for at in 0..8 {
        let (difference, first) = a[at].overflowing_sub(b[at]);
        let (difference, second) = difference.overflowing_sub(borrow);
        out[at] = difference;
        borrow = u64::from(first) | u64::from(second);
    }
    (out, borrow)
}

/// A number below 2p, less p if it is not below it.
#[inline(always)]
fn below_p(number: &[u64; 8]) -> [u64; 8] {
    let (reduced, borrow) = subtract(number, &P);
    let below = Mask::of_bit(borrow);
    core::array::from_fn(|at| below.choose(number[at], reduced[at]))
}

#[cfg(test)]
mod tests;
