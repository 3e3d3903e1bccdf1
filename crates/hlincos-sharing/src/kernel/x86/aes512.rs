//! AES-256 in counter mode, four blocks in a register.
//!
//! Source: NIST FIPS 197; SP 800-38A, section 6.5.

use core::arch::x86_64::{
    __m128i, __m512i, _mm_aeskeygenassist_si128, _mm_loadu_si128, _mm_shuffle_epi32,
    _mm_slli_si128, _mm_storeu_si128, _mm_xor_si128, _mm512_add_epi64, _mm512_aesenc_epi128,
    _mm512_aesenclast_epi128, _mm512_broadcast_i32x4, _mm512_set_epi64, _mm512_setzero_si512,
    _mm512_shuffle_epi8, _mm512_storeu_si512, _mm512_xor_si512,
};

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Rounds of AES-256, and the key added before them.
const ROUND_KEYS: usize = 15;

/// Registers of keystream made together, so that one round's latency hides behind the others.
const TOGETHER: usize = 8;

/// Bytes of one register.
const VECTOR_BYTES: usize = 64;

/// The round keys of an AES-256 key.
///
/// Contract: made only where a `Kernel` of this path is, so that using it is safe.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct RoundKeys([[u8; 16]; ROUND_KEYS]);

impl RoundKeys {
    /// Expands a key; the caller has a `Kernel` of this path.
    pub(in crate::kernel) fn new(key: &[u8; 32]) -> Self {
        let mut keys = Self([[0; 16]; ROUND_KEYS]);
        // SAFETY: the caller has a `Kernel` of this path.
        unsafe { expand(key, &mut keys.0) }
        keys
    }

    /// Writes the keystream from a block on.
    pub(crate) fn fill(&self, nonce: [u8; 8], block: u64, out: &mut [u8]) {
        // SAFETY: round keys are made only where a `Kernel` of this path is.
        unsafe { fill(self, nonce, block, out) }
    }
}

/// FIPS 197, section 5.2.
#[target_feature(enable = "aes,avx")]
fn expand(key: &[u8; 32], keys: &mut [[u8; 16]; ROUND_KEYS]) {
    /// Adds each word to all later ones.
    #[inline(always)]
    fn sums(mut key: __m128i) -> __m128i {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            key = _mm_xor_si128(key, _mm_slli_si128::<4>(key));
            _mm_xor_si128(key, _mm_slli_si128::<8>(key))
        }
    }
    let (low, high) = key.split_at(16);
    // SAFETY: both halves have 16 bytes.
    let (mut even, mut odd) = unsafe {
        (
            _mm_loadu_si128(low.as_ptr().cast()),
            _mm_loadu_si128(high.as_ptr().cast()),
        )
    };
    let mut put = |at: usize, key: __m128i| {
        // SAFETY: a round key has 16 bytes.
        unsafe { _mm_storeu_si128(keys[at].as_mut_ptr().cast(), key) }
    };
    put(0, even);
    put(1, odd);
    macro_rules! pair {
        ($at:literal, $constant:literal) => {
            let assist = _mm_aeskeygenassist_si128::<$constant>(odd);
            even = _mm_xor_si128(sums(even), _mm_shuffle_epi32::<0xFF>(assist));
            put($at, even);
            if $at + 1 < ROUND_KEYS {
                let assist = _mm_aeskeygenassist_si128::<0>(even);
                odd = _mm_xor_si128(sums(odd), _mm_shuffle_epi32::<0xAA>(assist));
                put($at + 1, odd);
            }
        };
    }
    pair!(2, 0x01);
    pair!(4, 0x02);
    pair!(6, 0x04);
    pair!(8, 0x08);
    pair!(10, 0x10);
    pair!(12, 0x20);
    pair!(14, 0x40);
}

/// Round keys in registers, each four times.
#[derive(Clone, Copy)]
pub(super) struct Rounds([__m512i; ROUND_KEYS]);

impl Rounds {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn load(keys: &RoundKeys) -> Self {
        let mut rounds = [_mm512_setzero_si512(); ROUND_KEYS];
        for (round, key) in rounds.iter_mut().zip(&keys.0) {
            // SAFETY: a round key has 16 bytes.
            *round = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(key.as_ptr().cast()) });
        }
        Self(rounds)
    }

    /// Encrypts registers side by side.
    #[inline]
    #[target_feature(enable = "avx512f,vaes")]
    pub(super) fn encrypt<const R: usize, const V: usize>(
        &self,
        mut blocks: [[__m512i; V]; R],
    ) -> [[__m512i; V]; R] {
        for block in blocks.as_flattened_mut() {
            *block = _mm512_xor_si512(*block, self.0[0]);
        }
        for round in 1..ROUND_KEYS - 1 {
            for block in blocks.as_flattened_mut() {
                *block = _mm512_aesenc_epi128(*block, self.0[round]);
            }
        }
        for block in blocks.as_flattened_mut() {
            *block = _mm512_aesenclast_epi128(*block, self.0[ROUND_KEYS - 1]);
        }
        blocks
    }
}

/// Counter blocks to come: the nonce, then the block's number, most significant byte first.
#[derive(Clone, Copy)]
pub(super) struct Counter(__m512i);

impl Counter {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn at(nonce: [u8; 8], block: u64) -> Self {
        let nonce = u64::from_be_bytes(nonce).swap_bytes().cast_signed();
        let number = |lane: u64| block.wrapping_add(lane).cast_signed();
        Self(_mm512_set_epi64(
            number(3),
            nonce,
            number(2),
            nonce,
            number(1),
            nonce,
            number(0),
            nonce,
        ))
    }

    /// The next `V` registers of counter blocks.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn next<const V: usize>(&mut self) -> [__m512i; V] {
        let four = _mm512_set_epi64(4, 0, 4, 0, 4, 0, 4, 0);
        // Bytes 8 to 15 of each lane the other way round.
        let (low, high) = (0x0706_0504_0302_0100, 0x0809_0A0B_0C0D_0E0F);
        let order = _mm512_set_epi64(high, low, high, low, high, low, high, low);
        let mut blocks = [_mm512_setzero_si512(); V];
        for block in &mut blocks {
            *block = _mm512_shuffle_epi8(self.0, order);
            self.0 = _mm512_add_epi64(self.0, four);
        }
        blocks
    }
}

#[target_feature(enable = "avx512f,avx512bw,vaes")]
fn fill(keys: &RoundKeys, nonce: [u8; 8], block: u64, out: &mut [u8]) {
    let rounds = Rounds::load(keys);
    let mut counter = Counter::at(nonce, block);
    let (many, rest) = out.as_chunks_mut::<{ TOGETHER * VECTOR_BYTES }>();
    for out in many {
        let [blocks] = rounds.encrypt::<1, TOGETHER>([counter.next()]);
        for (out, block) in out.as_chunks_mut::<VECTOR_BYTES>().0.iter_mut().zip(blocks) {
            // SAFETY: 64 bytes are stored into 64.
            unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), block) }
        }
    }
    for out in rest.chunks_mut(2 * VECTOR_BYTES) {
        let [blocks] = rounds.encrypt::<1, 2>([counter.next()]);
        let mut bytes = [[0; VECTOR_BYTES]; 2];
        for (bytes, block) in bytes.iter_mut().zip(blocks) {
            // SAFETY: 64 bytes are stored into 64.
            unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), block) }
        }
        out.copy_from_slice(&bytes.as_flattened()[..out.len()]);
        bytes.zeroize();
    }
}
