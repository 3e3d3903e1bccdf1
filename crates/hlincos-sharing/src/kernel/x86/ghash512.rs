//! The GHASH sum, four blocks in a register and up to 32 under one reduction.
//!
//! Blocks are taken with their bytes reversed, as POLYVAL does; the key is multiplied by x once,
//! so that the sums agree with GHASH.
//!
//! Source: NIST SP 800-38D, section 6.4; RFC 8452, section 3 and appendix A; Gueron and Kounavis,
//! "Intel Carry-Less Multiplication Instruction and its Usage for Computing the GCM Mode", 2014.

use core::arch::x86_64::{
    __m128i, __m512i, _mm_clmulepi64_si128, _mm_loadu_si128, _mm_set_epi64x, _mm_setzero_si128,
    _mm_shuffle_epi32, _mm_storeu_si128, _mm_xor_si128, _mm512_broadcast_i32x4,
    _mm512_bslli_epi128, _mm512_bsrli_epi128, _mm512_clmulepi64_epi128, _mm512_extracti32x4_epi32,
    _mm512_inserti32x4, _mm512_loadu_si512, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512, _mm512_zextsi128_si512,
};

use zeroize::{Zeroize, ZeroizeOnDrop};

const BLOCK_BYTES: usize = 16;
const VECTOR_BYTES: usize = 64;
/// Registers summed under one reduction.
const TOGETHER: usize = 8;

/// A sum under way.
///
/// Contract: made only where a `Kernel` of this path is, so that using it is safe.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Ghash {
    /// Powers 32 to 1 of the key, times x: the power for the first of 32 blocks first.
    powers: [[u8; VECTOR_BYTES]; TOGETHER],
    sum: [u8; BLOCK_BYTES],
}

impl Ghash {
    /// Begins a sum; the caller has a `Kernel` of this path.
    pub(in crate::kernel) fn new(key: &[u8; BLOCK_BYTES]) -> Self {
        // Reversed bytes as an integer; times x in POLYVAL's field.
        let key = u128::from_be_bytes(*key);
        let carry = 0_u128.wrapping_sub(key >> 127);
        let key = key << 1 ^ carry & 0xC200_0000_0000_0000_0000_0000_0000_0001;
        let mut ghash = Self {
            powers: [[0; VECTOR_BYTES]; TOGETHER],
            sum: [0; BLOCK_BYTES],
        };
        // SAFETY: the caller has a `Kernel` of this path.
        unsafe { powers(key, &mut ghash.powers) }
        ghash
    }

    /// Adds whole blocks.
    ///
    /// # Panics
    /// When a block is not whole: a bug of the caller in this crate.
    pub(crate) fn update(&mut self, blocks: &[u8]) {
        let (blocks, rest) = blocks.as_chunks::<BLOCK_BYTES>();
        assert!(rest.is_empty(), "whole blocks");
        // SAFETY: a `Ghash` is made only where a `Kernel` of this path is.
        unsafe { update(self, blocks) }
    }

    /// The sum, in GHASH's byte order.
    pub(crate) fn sum(&self) -> [u8; BLOCK_BYTES] {
        let mut sum = self.sum;
        sum.reverse();
        sum
    }
}

#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq")]
fn powers(key: u128, out: &mut [[u8; VECTOR_BYTES]; TOGETHER]) {
    let [high, low] = [key >> 64, key & u128::from(u64::MAX)]
        .map(|half| u64::try_from(half).expect("64 bits").cast_signed());
    let one = _mm512_zextsi128_si512(_mm_set_epi64x(high, low));
    let lane = |vector: __m512i| _mm512_extracti32x4_epi32::<0>(vector);
    let two = multiply(one, one);
    // Powers 2 and 1, times the second: 4 and 3.
    let pair = _mm512_inserti32x4::<1>(two, lane(one));
    let upper = multiply(pair, _mm512_broadcast_i32x4(lane(two)));
    let mut last = _mm512_inserti32x4::<2>(upper, lane(two));
    last = _mm512_inserti32x4::<3>(last, lane(one));
    let four = _mm512_broadcast_i32x4(lane(upper));
    let eight = multiply(four, four);
    let sixteen = multiply(eight, eight);
    let mut powers = [last; TOGETHER];
    powers[6] = multiply(last, four);
    for at in [5, 4] {
        powers[at] = multiply(powers[at + 2], eight);
    }
    for at in [3, 2, 1, 0] {
        powers[at] = multiply(powers[at + 4], sixteen);
    }
    for (out, power) in out.iter_mut().zip(powers) {
        // SAFETY: 64 bytes are stored into 64.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), power) }
    }
}

/// Products in each lane, reduced.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq")]
fn multiply(a: __m512i, b: __m512i) -> __m512i {
    let mut product = Product::zero();
    product.add(a, b);
    let low = _mm512_xor_si512(product.low, _mm512_bslli_epi128::<8>(product.middle));
    let high = _mm512_xor_si512(product.high, _mm512_bsrli_epi128::<8>(product.middle));
    let poly = _mm512_broadcast_i32x4(_mm_set_epi64x(POLYNOMIAL, 1));
    let fold = |low: __m512i| {
        let swapped = core::arch::x86_64::_mm512_shuffle_epi32::<0x4E>(low);
        _mm512_xor_si512(swapped, _mm512_clmulepi64_epi128::<0x10>(low, poly))
    };
    _mm512_xor_si512(high, fold(fold(low)))
}

/// The upper half of POLYVAL's polynomial, without its highest term.
const POLYNOMIAL: i64 = 0xC200_0000_0000_0000_u64.cast_signed();

/// Sums of 256-bit products in each lane.
#[derive(Clone, Copy)]
struct Product {
    low: __m512i,
    middle: __m512i,
    high: __m512i,
}

impl Product {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn zero() -> Self {
        let zero = _mm512_setzero_si512();
        Self {
            low: zero,
            middle: zero,
            high: zero,
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,vpclmulqdq")]
    fn add(&mut self, a: __m512i, b: __m512i) {
        self.low = _mm512_xor_si512(self.low, _mm512_clmulepi64_epi128::<0x00>(a, b));
        self.high = _mm512_xor_si512(self.high, _mm512_clmulepi64_epi128::<0x11>(a, b));
        let (cross, other) = (
            _mm512_clmulepi64_epi128::<0x01>(a, b),
            _mm512_clmulepi64_epi128::<0x10>(a, b),
        );
        self.middle = _mm512_ternarylogic_epi64::<0x96>(self.middle, cross, other);
    }

    /// The lanes' sum, reduced.
    #[inline]
    #[target_feature(enable = "avx512f,pclmulqdq,vpclmulqdq")]
    fn reduce(self) -> __m128i {
        let sum = |vector: __m512i| {
            let halves = (
                _mm_xor_si128(
                    _mm512_extracti32x4_epi32::<0>(vector),
                    _mm512_extracti32x4_epi32::<1>(vector),
                ),
                _mm_xor_si128(
                    _mm512_extracti32x4_epi32::<2>(vector),
                    _mm512_extracti32x4_epi32::<3>(vector),
                ),
            );
            _mm_xor_si128(halves.0, halves.1)
        };
        let middle = sum(self.middle);
        let zero = _mm_setzero_si128();
        let low = _mm_xor_si128(
            sum(self.low),
            core::arch::x86_64::_mm_unpacklo_epi64(zero, middle),
        );
        let high = _mm_xor_si128(
            sum(self.high),
            core::arch::x86_64::_mm_unpackhi_epi64(middle, zero),
        );
        let poly = _mm_set_epi64x(POLYNOMIAL, 1);
        let fold = |low: __m128i| {
            _mm_xor_si128(
                _mm_shuffle_epi32::<0x4E>(low),
                _mm_clmulepi64_si128::<0x10>(low, poly),
            )
        };
        _mm_xor_si128(high, fold(fold(low)))
    }
}

/// A sum under way, in registers.
#[derive(Clone, Copy)]
pub(super) struct Running {
    powers: [__m512i; TOGETHER],
    sum: __m128i,
}

impl Running {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn load(ghash: &Ghash) -> Self {
        let mut powers = [_mm512_setzero_si512(); TOGETHER];
        for (power, bytes) in powers.iter_mut().zip(&ghash.powers) {
            // SAFETY: 64 bytes are loaded from 64.
            *power = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
        }
        // SAFETY: 16 bytes are loaded from 16.
        let sum = unsafe { _mm_loadu_si128(ghash.sum.as_ptr().cast()) };
        Self { powers, sum }
    }

    /// For where no sum is wanted.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn none() -> Self {
        Self {
            powers: [_mm512_setzero_si512(); TOGETHER],
            sum: _mm_setzero_si128(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn store(self, ghash: &mut Ghash) {
        // SAFETY: 16 bytes are stored into 16.
        unsafe { _mm_storeu_si128(ghash.sum.as_mut_ptr().cast(), self.sum) }
    }

    /// Adds `V` registers of blocks, as they lie in memory.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,pclmulqdq,vpclmulqdq")]
    pub(super) fn add<const V: usize>(&mut self, blocks: [__m512i; V]) {
        let order = _mm512_broadcast_i32x4(reversed());
        let mut product = Product::zero();
        for (at, block) in blocks.into_iter().enumerate() {
            let mut block = _mm512_shuffle_epi8(block, order);
            if at == 0 {
                block = _mm512_xor_si512(block, _mm512_zextsi128_si512(self.sum));
            }
            product.add(block, self.powers[TOGETHER - V + at]);
        }
        self.sum = product.reduce();
    }
}

/// The order that reverses the bytes of a block.
#[inline]
#[target_feature(enable = "sse2")]
fn reversed() -> __m128i {
    _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0A0B_0C0D_0E0F)
}

#[target_feature(enable = "avx512f,avx512bw,pclmulqdq,vpclmulqdq")]
fn update(ghash: &mut Ghash, blocks: &[[u8; BLOCK_BYTES]]) {
    let mut running = Running::load(ghash);
    let (many, rest) = blocks.as_chunks::<{ 4 * TOGETHER }>();
    for blocks in many {
        let mut vectors = [_mm512_setzero_si512(); TOGETHER];
        let bytes = blocks.as_flattened().as_chunks::<VECTOR_BYTES>().0;
        for (vector, bytes) in vectors.iter_mut().zip(bytes) {
            // SAFETY: 64 bytes are loaded from 64.
            *vector = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
        }
        running.add(vectors);
    }
    let (some, few) = rest.as_chunks::<4>();
    for blocks in some {
        // SAFETY: 64 bytes are loaded from 64.
        let vector = unsafe { _mm512_loadu_si512(blocks.as_flattened().as_ptr().cast()) };
        running.add([vector]);
    }
    if !few.is_empty() {
        // The key's first power belongs to the last lane, so the blocks stand at the end, and
        // the sum goes where the first of them stands.
        let first = 4 - few.len();
        let mut bytes = [[0_u8; BLOCK_BYTES]; 4];
        bytes[first..].copy_from_slice(few);
        let mut sum = [0; BLOCK_BYTES];
        // SAFETY: 16 bytes are stored into 16.
        unsafe { _mm_storeu_si128(sum.as_mut_ptr().cast(), running.sum) }
        sum.reverse();
        for (byte, sum) in bytes[first].iter_mut().zip(sum) {
            *byte ^= sum;
        }
        running.sum = _mm_setzero_si128();
        // SAFETY: 64 bytes are loaded from 64.
        running.add([unsafe { _mm512_loadu_si512(bytes.as_flattened().as_ptr().cast()) }]);
        bytes.zeroize();
    }
    running.store(ghash);
}
