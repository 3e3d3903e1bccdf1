//! The eight instructions of the NEON path, byte by byte, so that the path's logic is tested on any
//! machine. Names and types are those of `core::arch::aarch64`.

#![allow(
    clippy::missing_safety_doc,
    non_camel_case_types,
    reason = "they stand for the architecture's own"
)]

pub(super) type uint8x16_t = [u8; 16];

pub(super) unsafe fn vdupq_n_u8(value: u8) -> uint8x16_t {
    [value; 16]
}

pub(super) unsafe fn vld1q_u8(from: *const u8) -> uint8x16_t {
    // SAFETY: as the architecture's, the caller has 16 bytes there.
    unsafe { from.cast::<uint8x16_t>().read_unaligned() }
}

pub(super) unsafe fn vst1q_u8(to: *mut u8, value: uint8x16_t) {
    // SAFETY: as the architecture's, the caller has 16 bytes there.
    unsafe { to.cast::<uint8x16_t>().write_unaligned(value) }
}

pub(super) unsafe fn veorq_u8(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
    core::array::from_fn(|lane| a[lane] ^ b[lane])
}

pub(super) unsafe fn vandq_u8(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
    core::array::from_fn(|lane| a[lane] & b[lane])
}

pub(super) unsafe fn vshrq_n_u8<const BITS: i32>(a: uint8x16_t) -> uint8x16_t {
    a.map(|lane| lane >> BITS)
}

/// An index of 16 or more gives 0.
pub(super) unsafe fn vqtbl1q_u8(table: uint8x16_t, indices: uint8x16_t) -> uint8x16_t {
    indices.map(|index| table.get(usize::from(index)).copied().unwrap_or(0))
}
