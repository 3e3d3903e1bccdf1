//! Eight elements at once by AVX-512 IFMA: ten limbs of 52 bits, R = 2^520.
//!
//! 520 bits leave nine above p, so that sums of a few elements need no reduction: every value here
//! is below 8p, every product below 1.4p.

#![allow(unsafe_code, reason = "vector instructions")]

use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_loadu_si512, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_mask_add_epi64, _mm512_mask_blend_epi64, _mm512_mask_sub_epi64,
    _mm512_permutexvar_epi64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srai_epi64,
    _mm512_srli_epi64, _mm512_storeu_si512, _mm512_ternarylogic_epi64,
};

use super::{Fp, Multiply, adx, adx::Adx, below_p};
use crate::lanes::{Lanes, Machine, Own};

cpufeatures::new!(has_ifma, "avx512f", "avx512ifma");

/// Whether this machine has the instructions, and those of [`Adx`] for single products.
pub(crate) fn is_there() -> bool {
    has_ifma::get() && adx::is_there()
}

/// Lanes with AVX-512 IFMA; named only where [`is_there`] said so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ifma;

impl Multiply for Ifma {
    #[inline]
    fn mul(a: &Fp, b: &Fp) -> Fp {
        Adx::mul(a, b)
    }
}

impl Machine for Ifma {
    type Four = Wide<4>;
    type Eight = Wide<8>;

    fn one_of(pair: &Wide<8>, second: u64) -> Wide<4> {
        let swapped = pair.permuted([4, 5, 6, 7, 0, 1, 2, 3]);
        Wide(pair.select(&swapped, &[second; 8]).0)
    }
}

/// N elements: limb j of element i stands in lane i of vector j. Lanes beyond N hold anything.
#[derive(Clone, Copy)]
pub(crate) struct Wide<const N: usize>([__m512i; LIMBS]);

const LIMBS: usize = 10;
const LIMB_BITS: u32 = 52;
const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;

/// -1/p modulo 2^52.
const NEGATIVE_INVERSE: u64 = 0x1_301f_632e_294d;

/// p; 4p; 2^528 mod p and 2^512 mod p, which change R from 2^512 to 2^520 and back.
const P52: [u64; LIMBS] = [
    0x1_b905_33c6_c87b,
    0xf_457a_ca83_51b8,
    0xf_0b4f_25c2_721b,
    0x5_5075_1673_0cc1,
    0xd_a7aa_c6c5_67f3,
    0xf_bfcc_6932_2c9c,
    0x8_3aed_c88c_425a,
    0x5_e3e4_c4ab_42d0,
    0xf_89bf_fc8a_b0d1,
    0x65b_48e8_f740,
];
const FOUR_P: [u64; LIMBS] = [
    0x6_e414_cf1b_21ec,
    0xd_15eb_2a0d_46e0,
    0xc_2d3c_9709_c86f,
    0x5_41d4_59cc_3307,
    0x6_9eab_1b15_9fcd,
    0xe_ff31_a4c8_b273,
    0xebb7_2231_096b,
    0x7_8f93_12ad_0b42,
    0xe_26ff_f22a_c345,
    0x196d_23a3_dd03,
];
const INTO: [u64; LIMBS] = [
    0xb_40d1_b8e6_2e5b,
    0xc_51fc_7fb1_8756,
    0x7_b2a3_d5c9_54f3,
    0x9813_3f36_6280,
    0x5_2b97_a33e_4acd,
    0x9_9a82_be26_dc2e,
    0x3_f541_bd06_7e54,
    0x4_ef5c_305d_a95b,
    0x4_ea74_63b9_b139,
    0xb5_e38c_cd7b,
];
const OUT_OF: [u64; LIMBS] = [
    0xc_8df5_9872_6f0a,
    0x1_750a_6af9_5c8f,
    0x1_e961_b47b_1bc8,
    0x5_5f15_d319_e67c,
    0x4_b0aa_7275_3019,
    0x8067_2d9b_a6c6,
    0xf_8a24_6ee7_7b4a,
    0x4_3836_76a9_7a5e,
    0xec80_06ea_9e5d,
    0x349_6e2e_117e,
];

impl<const N: usize> Wide<N> {
    const ZERO: [[u64; 8]; LIMBS] = [[0; 8]; LIMBS];

    /// Limb by limb.
    fn load(limbs: &[[u64; 8]; LIMBS]) -> Self {
        // SAFETY: the instructions are there ([`Ifma`]); each load reads the 64 bytes of its row.
        Self(core::array::from_fn(|at| unsafe { load(&limbs[at]) }))
    }

    /// The same number in each lane.
    fn number(limbs: &[u64; LIMBS]) -> Self {
        let mut all = Self::ZERO;
        for (row, limb) in all.iter_mut().zip(limbs) {
            *row = [*limb; 8];
        }
        Self::load(&all)
    }
}

impl<const N: usize> Lanes<N> for Wide<N> {
    fn of(elements: &[Fp; N]) -> Self {
        let mut all = Self::ZERO;
        for (lane, Fp(limbs)) in elements.iter().enumerate() {
            for (at, row) in all.iter_mut().enumerate() {
                row[lane] = bits(limbs, 52 * at) & LIMB_MASK;
            }
        }
        Self::load(&all).mul(&Self::number(&INTO))
    }

    fn elements(&self) -> [Fp; N] {
        let mut all = Self::ZERO;
        for (row, limb) in all.iter_mut().zip(self.mul(&Self::number(&OUT_OF)).0) {
            // SAFETY: the instructions are there ([`Ifma`]); writes the 64 bytes of a row.
            unsafe { store(row, limb) };
        }
        core::array::from_fn(|lane| {
            // Below 1.004p: the factor is below p.
            let mut limbs = [0; 8];
            for (at, row) in all.iter().enumerate() {
                put_bits(&mut limbs, 52 * at, row[lane]);
            }
            Fp(below_p(&limbs))
        })
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        // SAFETY: the instructions are there ([`Ifma`]).
        Self(unsafe { mul(&self.0, &other.0) })
    }

    #[inline]
    fn permuted(&self, from: [usize; N]) -> Self {
        // SAFETY: the instructions are there ([`Ifma`]).
        Self(unsafe { permute(&self.0, &indices(from)) })
    }

    #[inline]
    fn butterfly(&self, from: [usize; N], own: [Own; N]) -> Self {
        let plus = lanes(own.map(|own| own == Own::Plus));
        let minus = lanes(own.map(|own| own == Own::Minus));
        // SAFETY: the instructions are there ([`Ifma`]).
        Self(unsafe { butterfly(&self.0, &indices(from), plus, minus) })
    }

    #[inline]
    fn blend(&self, other: &Self, theirs: [bool; N]) -> Self {
        // SAFETY: the instructions are there ([`Ifma`]).
        Self(unsafe { blend(&self.0, &other.0, lanes(theirs)) })
    }

    #[inline]
    fn select(&self, other: &Self, masks: &[u64; N]) -> Self {
        let mut all = [0; 8];
        all[..N].copy_from_slice(masks);
        // SAFETY: the instructions are there ([`Ifma`]).
        Self(unsafe { select(&self.0, &other.0, &all) })
    }
}

/// 64 bits of a number from one of its bits on; zeros beyond it.
fn bits(limbs: &[u64; 8], from: usize) -> u64 {
    let (limb, shift) = (from / 64, from % 64);
    let low = limbs[limb] >> shift;
    match limbs.get(limb + 1) {
        Some(next) if shift > 0 => low | next << (64 - shift),
        _ => low,
    }
}

/// Puts 52 bits into a number that has zeros there.
fn put_bits(limbs: &mut [u64; 8], from: usize, value: u64) {
    let (limb, shift) = (from / 64, from % 64);
    limbs[limb] |= value << shift;
    if shift > 12
        && let Some(next) = limbs.get_mut(limb + 1)
    {
        *next |= value >> (64 - shift);
    }
}

/// Indices for eight lanes.
#[inline(always)]
fn indices<const N: usize>(from: [usize; N]) -> [u64; 8] {
    core::array::from_fn(|at| if at < N { from[at] as u64 } else { at as u64 })
}

/// A bit for each lane.
#[inline(always)]
fn lanes<const N: usize>(which: [bool; N]) -> u8 {
    (0..N).fold(0, |bits, at| bits | u8::from(which[at]) << at)
}

#[target_feature(enable = "avx512f")]
fn load(row: &[u64; 8]) -> __m512i {
    // SAFETY: reads the 64 bytes of the row, at any alignment.
    unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn store(row: &mut [u64; 8], limb: __m512i) {
    // SAFETY: writes the 64 bytes of the row, at any alignment.
    unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), limb) }
}

#[target_feature(enable = "avx512f")]
fn everywhere(number: u64) -> __m512i {
    _mm512_set1_epi64(number.cast_signed())
}

/// a·b/2^520 mod p, below 1.4p if both are below 16p.
#[target_feature(enable = "avx512f,avx512ifma")]
fn mul(a: &[__m512i; LIMBS], b: &[__m512i; LIMBS]) -> [__m512i; LIMBS] {
    let inverse = everywhere(NEGATIVE_INVERSE);
    let mut total = [_mm512_setzero_si512(); LIMBS];
    for digit in b {
        for at in 0..LIMBS {
            total[at] = _mm512_madd52lo_epu64(total[at], a[at], *digit);
        }
        let factor = _mm512_madd52lo_epu64(_mm512_setzero_si512(), total[0], inverse);
        for at in 0..LIMBS {
            total[at] = _mm512_madd52lo_epu64(total[at], everywhere(P52[at]), factor);
        }
        // The lowest limb is zero but for its carry. Limbs stay below 2^58.
        let carry = _mm512_srli_epi64::<LIMB_BITS>(total[0]);
        total = [
            _mm512_add_epi64(total[1], carry),
            total[2],
            total[3],
            total[4],
            total[5],
            total[6],
            total[7],
            total[8],
            total[9],
            _mm512_setzero_si512(),
        ];
        for at in 0..LIMBS {
            total[at] = _mm512_madd52hi_epu64(total[at], a[at], *digit);
        }
        for at in 0..LIMBS {
            total[at] = _mm512_madd52hi_epu64(total[at], everywhere(P52[at]), factor);
        }
    }
    carried(total)
}

/// Brings limbs, signed, back to 52 bits; the number must not be negative.
#[target_feature(enable = "avx512f")]
#[inline]
fn carried(mut limbs: [__m512i; LIMBS]) -> [__m512i; LIMBS] {
    let mask = everywhere(LIMB_MASK);
    for at in 0..LIMBS - 1 {
        let carry = _mm512_srai_epi64::<LIMB_BITS>(limbs[at]);
        limbs[at] = _mm512_and_si512(limbs[at], mask);
        limbs[at + 1] = _mm512_add_epi64(limbs[at + 1], carry);
    }
    limbs
}

#[target_feature(enable = "avx512f")]
fn permute(limbs: &[__m512i; LIMBS], from: &[u64; 8]) -> [__m512i; LIMBS] {
    let from = load(from);
    let mut out = *limbs;
    for limb in &mut out {
        *limb = _mm512_permutexvar_epi64(from, *limb);
    }
    out
}

/// What comes from elsewhere, plus the lane's own, or 4p more minus it.
#[target_feature(enable = "avx512f")]
fn butterfly(limbs: &[__m512i; LIMBS], from: &[u64; 8], plus: u8, minus: u8) -> [__m512i; LIMBS] {
    let from = load(from);
    let mut out = *limbs;
    for (limb, four_p) in out.iter_mut().zip(FOUR_P) {
        let own = *limb;
        let sum = _mm512_permutexvar_epi64(from, own);
        let sum = _mm512_mask_add_epi64(sum, plus, sum, own);
        let sum = _mm512_mask_sub_epi64(sum, minus, sum, own);
        *limb = _mm512_mask_add_epi64(sum, minus, sum, everywhere(four_p));
    }
    carried(out)
}

#[target_feature(enable = "avx512f")]
fn blend(a: &[__m512i; LIMBS], b: &[__m512i; LIMBS], theirs: u8) -> [__m512i; LIMBS] {
    let mut out = *a;
    for (own, other) in out.iter_mut().zip(b) {
        *own = _mm512_mask_blend_epi64(theirs, *own, *other);
    }
    out
}

#[target_feature(enable = "avx512f")]
fn select(a: &[__m512i; LIMBS], b: &[__m512i; LIMBS], masks: &[u64; 8]) -> [__m512i; LIMBS] {
    let masks = load(masks);
    // Bit by bit: the other's where the mask has a one.
    let mut out = *a;
    for (own, other) in out.iter_mut().zip(b) {
        *own = _mm512_ternarylogic_epi64::<0xCA>(masks, *other, *own);
    }
    out
}
