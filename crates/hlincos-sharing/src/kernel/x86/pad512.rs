//! One-time pad and GHASH sum in one pass: what is encrypted never leaves the registers between.

use core::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_setzero_si512, _mm512_storeu_si512, _mm512_xor_si512,
};

use super::ghash512::{Ghash, Running};

const VECTOR_BYTES: usize = 64;
const TOGETHER: usize = 8;
/// Bytes of one step.
const STEP_BYTES: usize = TOGETHER * VECTOR_BYTES;

/// `out = text xor pad` as far as whole steps reach, summing what goes out, wiping the pad; tells
/// how many bytes.
///
/// Shape: three of one length.
pub(crate) fn seal(ghash: &mut Ghash, text: &[u8], pad: &mut [u8], out: &mut [u8]) -> usize {
    let len = text.len() / STEP_BYTES * STEP_BYTES;
    // SAFETY: a `Ghash` is made only where a `Kernel` of this path is.
    unsafe { seal_steps(ghash, &text[..len], &mut pad[..len], &mut out[..len]) }
    len
}

/// `out = text xor pad` as far as whole steps reach, summing the text; tells how many bytes.
///
/// Shape: three of one length.
pub(crate) fn open(ghash: &mut Ghash, text: &[u8], pad: &[u8], out: &mut [u8]) -> usize {
    let len = text.len() / STEP_BYTES * STEP_BYTES;
    // SAFETY: a `Ghash` is made only where a `Kernel` of this path is.
    unsafe { open_steps(ghash, &text[..len], &pad[..len], &mut out[..len]) }
    len
}

type Vectors = [[u8; VECTOR_BYTES]; TOGETHER];

#[target_feature(enable = "avx512f,avx512bw,pclmulqdq,vpclmulqdq")]
fn seal_steps(ghash: &mut Ghash, text: &[u8], pad: &mut [u8], out: &mut [u8]) {
    let mut running = Running::load(ghash);
    let texts = steps(text);
    let (pads, _) = pad.as_chunks_mut::<VECTOR_BYTES>();
    let (pads, _) = pads.as_chunks_mut::<TOGETHER>();
    let (outs, _) = out.as_chunks_mut::<VECTOR_BYTES>();
    let (outs, _) = outs.as_chunks_mut::<TOGETHER>();
    for ((text, pad), out) in texts.iter().zip(pads).zip(outs) {
        let mut sealed = [_mm512_setzero_si512(); TOGETHER];
        for (at, sealed) in sealed.iter_mut().enumerate() {
            *sealed = _mm512_xor_si512(load(&text[at]), load(&pad[at]));
            store(&mut pad[at], _mm512_setzero_si512());
            store(&mut out[at], *sealed);
        }
        running.add(sealed);
    }
    running.store(ghash);
}

#[target_feature(enable = "avx512f,avx512bw,pclmulqdq,vpclmulqdq")]
fn open_steps(ghash: &mut Ghash, text: &[u8], pad: &[u8], out: &mut [u8]) {
    let mut running = Running::load(ghash);
    let (outs, _) = out.as_chunks_mut::<VECTOR_BYTES>();
    let (outs, _) = outs.as_chunks_mut::<TOGETHER>();
    for ((text, pad), out) in steps(text).iter().zip(steps(pad)).zip(outs) {
        let mut sealed = [_mm512_setzero_si512(); TOGETHER];
        for (at, sealed) in sealed.iter_mut().enumerate() {
            *sealed = load(&text[at]);
            store(&mut out[at], _mm512_xor_si512(*sealed, load(&pad[at])));
        }
        running.add(sealed);
    }
    running.store(ghash);
}

fn steps(bytes: &[u8]) -> &[Vectors] {
    bytes
        .as_chunks::<VECTOR_BYTES>()
        .0
        .as_chunks::<TOGETHER>()
        .0
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; VECTOR_BYTES]) -> __m512i {
    // SAFETY: 64 bytes are loaded from 64.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(bytes: &mut [u8; VECTOR_BYTES], vector: __m512i) {
    // SAFETY: 64 bytes are stored into 64.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), vector) }
}
