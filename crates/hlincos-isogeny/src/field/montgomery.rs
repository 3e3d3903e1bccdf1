//! Montgomery's product by the 128-bit integers of the language.

use super::below_p;
use crate::prime::P;

/// -1/p modulo 2^64.
pub(super) const NEGATIVE_INVERSE: u64 = 0x66c1_301f_632e_294d;

/// a·b/R mod p.
///
/// Shape: `a` below p; `b` any eight limbs.
///
/// Source: Montgomery, "Modular multiplication without trial division", 1985; word by word as in
/// Koç, Acar, Kaliski 1996, "CIOS".
#[inline]
pub(super) fn mul(a: &[u64; 8], b: &[u64; 8]) -> [u64; 8] {
    let mut total = [0; 8];
    for digit in b {
        // total < 2p before and after, as a + p < 2p; nine limbs in between.
        let (low, carry) = multiply_add(total[0], a[0], *digit, 0);
        let factor = low.wrapping_mul(NEGATIVE_INVERSE);
        let (_, mut carry_p) = multiply_add(low, P[0], factor, 0);
        let mut carry_a = carry;
        for at in 1..8 {
            let sum;
            (sum, carry_a) = multiply_add(total[at], a[at], *digit, carry_a);
            (total[at - 1], carry_p) = multiply_add(sum, P[at], factor, carry_p);
        }
        total[7] = carry_a.wrapping_add(carry_p);
    }
    below_p(&total)
}

/// `sum + a * b + carry` as its low and high limb; it never overflows.
#[inline(always)]
fn multiply_add(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(sum) + u128::from(a) * u128::from(b) + u128::from(carry);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    (wide as u64, (wide >> 64) as u64)
}
