//! Dealing and combining in one pass: coefficients are made in registers and never stored, and the
//! tag is summed over what passes by.

use core::arch::x86_64::{__m512i, _MM_HINT_ET0, _mm_prefetch, _mm512_setzero_si512};

use super::aes512::{Counter, RoundKeys, Rounds};
use super::avx512::Affine64;
use super::ghash512::{Ghash, Running};
use crate::kernel::lanes::{Vector, chosen, values_few};

/// Where the keystream of each row begins.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'a> {
    pub(crate) keys: &'a RoundKeys,
    pub(crate) nonce: [u8; 8],
    /// The block where the first row begins, and how many each has.
    pub(crate) first: u64,
    pub(crate) row_blocks: u64,
}

/// Deals from a place in the secret as far as whole steps reach; tells how many bytes.
///
/// Shape: n outs that reach to the secret's length; the stream begins at that place.
pub(in crate::kernel) fn deal(
    threshold: (u8, u8),
    stream: Stream<'_>,
    ghash: Option<&mut Ghash>,
    secret: &[u8],
    outs: &mut [&mut [u8]],
    from: usize,
) -> usize {
    // SAFETY (all): round keys are made only where a `Kernel` of this path is.
    unsafe {
        match threshold {
            (2, 3) => deal_few::<2, 3, 1, 8>(stream, ghash, secret, outs, from),
            (3, 5) => deal_few::<3, 5, 2, 4>(stream, ghash, secret, outs, from),
            (5, 9) => deal_few::<5, 9, 4, 2>(stream, ghash, secret, outs, from),
            _ => 0,
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,gfni,vaes,pclmulqdq,vpclmulqdq")]
fn deal_few<const K: usize, const N: usize, const R: usize, const V: usize>(
    stream: Stream<'_>,
    ghash: Option<&mut Ghash>,
    secret: &[u8],
    outs: &mut [&mut [u8]],
    start: usize,
) -> usize {
    match ghash {
        Some(ghash) => {
            let mut running = Running::load(ghash);
            let done = steps::<K, N, R, V, true>(stream, &mut running, secret, outs, start);
            running.store(ghash);
            done
        }
        None => {
            let mut unused = Running::none();
            steps::<K, N, R, V, false>(stream, &mut unused, secret, outs, start)
        }
    }
}

/// `R` rows of coefficients, `V` registers of the secret in a step.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,gfni,vaes,pclmulqdq,vpclmulqdq")]
fn steps<const K: usize, const N: usize, const R: usize, const V: usize, const TAGGED: bool>(
    stream: Stream<'_>,
    running: &mut Running,
    secret: &[u8],
    outs: &mut [&mut [u8]],
    start: usize,
) -> usize {
    let rounds = Rounds::load(stream.keys);
    let mut counters = [Counter::at(stream.nonce, 0); R];
    for (row, counter) in (0_u64..).zip(&mut counters) {
        *counter = Counter::at(stream.nonce, stream.first + row * stream.row_blocks);
    }
    let step = V * Affine64::BYTES;
    let len = (secret.len() - start) / step * step;
    let secret = &secret[start..start + len];
    let mut rest = outs.iter_mut();
    let outs: [&mut [u8]; N] =
        core::array::from_fn(|_| &mut rest.next().expect("n outs")[start..start + len]);
    for from in (0..len).step_by(step) {
        let mut blocks = [[_mm512_setzero_si512(); V]; R];
        for (blocks, counter) in blocks.iter_mut().zip(&mut counters) {
            *blocks = counter.next();
        }
        for out in &outs {
            prefetch::<V>(out, from + AHEAD_BYTES);
        }
        let rows = rounds.encrypt(blocks);
        let mut passed = [_mm512_setzero_si512(); V];
        for v in 0..V {
            let at = from + v * Affine64::BYTES;
            let constant = Affine64::load(secret, at);
            passed[v] = constant.0;
            let mut coefficients = [Affine64::zero(); 4];
            for row in 0..R {
                coefficients[row] = Affine64(rows[row][v]);
            }
            let values = values_few::<Affine64, K, N>(constant, coefficients);
            for x in 0..N {
                values[x].store(outs[x], at);
            }
        }
        if TAGGED {
            running.add(passed);
        }
    }
    len
}

/// Asks for lines that are written soon: outside the nearest caches a store waits for its line.
#[inline]
#[target_feature(enable = "avx512f")]
fn prefetch<const V: usize>(out: &[u8], from: usize) {
    for v in 0..V {
        let line = out.as_ptr().wrapping_add(from + v * Affine64::BYTES);
        _mm_prefetch::<_MM_HINT_ET0>(line.cast());
    }
}

/// How far ahead: four steps of (2,3), better at 1 MiB than two, and no worse at 64 KiB.
const AHEAD_BYTES: usize = 2_048;

/// Combines from the start as far as whole steps reach, summing the tag; tells how many bytes.
///
/// Shape: every row with a weight other than 0 reaches to `out.len()`.
pub(in crate::kernel) fn combine(
    rows: &[&[u8]],
    weights: &[u8],
    ghash: &mut Ghash,
    out: &mut [u8],
) -> usize {
    // SAFETY (all): a `Ghash` is made only where a `Kernel` of this path is.
    unsafe {
        match weights.iter().filter(|weight| **weight != 0).count() {
            2 => combine_few::<2>(rows, weights, ghash, out),
            3 => combine_few::<3>(rows, weights, ghash, out),
            4 => combine_few::<4>(rows, weights, ghash, out),
            5 => combine_few::<5>(rows, weights, ghash, out),
            _ => 0,
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,gfni,pclmulqdq,vpclmulqdq")]
fn combine_few<const M: usize>(
    rows: &[&[u8]],
    weights: &[u8],
    ghash: &mut Ghash,
    out: &mut [u8],
) -> usize {
    const V: usize = 8;
    let step = V * Affine64::BYTES;
    let len = out.len() / step * step;
    let out = &mut out[..len];
    let chosen = chosen::<Affine64, M>(rows, weights, 0, len);
    let mut running = Running::load(ghash);
    for from in (0..len).step_by(step) {
        let mut sums: [__m512i; V] = [_mm512_setzero_si512(); V];
        for (v, kept) in sums.iter_mut().enumerate() {
            let at = from + v * Affine64::BYTES;
            let mut sum = Affine64::zero();
            for (row, factor) in chosen {
                sum = sum.add(Affine64::times(Affine64::load(row, at).operand(), factor));
            }
            sum.store(out, at);
            *kept = sum.0;
        }
        running.add(sums);
    }
    running.store(ghash);
    len
}
