//! Montgomery curves by x alone: doubling and differential addition, the ladder.
//!
//! A curve y² = x³ + A·x² + x with A = A'/C is kept as (a, d) = (A' + 2C, A' - 2C), its twisted
//! Edwards form: both formulas want them so. A point is (X : Z), x = X/Z; the point at infinity has
//! Z = 0, and so has whatever became of it.
//!
//! Lanes of four hold two points side by side, X Z X Z; lanes of eight hold two such rows.
//!
//! Source: Montgomery, "Speeding the Pollard and elliptic curve methods of factorization", 1987,
//! section 10; Costello, Smith, "Montgomery curves and their arithmetic", 2017 (ePrint 2017/212).

use crate::field::Fp;
use crate::lanes::{Lanes, Own};
use crate::scalar::Scalar;

/// A curve: A = 2(a + d)/(a - d).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Curve {
    pub(crate) a: Fp,
    pub(crate) d: Fp,
}

impl Curve {
    /// Of the coefficient A.
    pub(crate) fn of(coefficient: &Fp) -> Self {
        let two = Fp::ONE.add(&Fp::ONE);
        Self {
            a: coefficient.add(&two),
            d: coefficient.sub(&two),
        }
    }

    /// What a step multiplies by, in lanes: 4C, A' + 2C, and places for the other point's squares.
    pub(crate) fn constants<L: Lanes<N>, const N: usize>(&self) -> L {
        let four_c = self.a.sub(&self.d);
        L::of(&core::array::from_fn(|at| match at % 4 {
            0 => four_c,
            1 => self.a,
            _ => Fp::ZERO,
        }))
    }
}

/// A pattern of four lanes, for each four.
pub(crate) const fn rows<const N: usize>(pattern: [usize; 4]) -> [usize; N] {
    let (mut all, mut at) = ([0; N], 0);
    while at < N {
        all[at] = at / 4 * 4 + pattern[at % 4];
        at += 1;
    }
    all
}

/// A pattern of two lanes, repeated.
pub(crate) const fn each<T: Copy, const M: usize, const N: usize>(pattern: [T; M]) -> [T; N] {
    let (mut all, mut at) = ([pattern[0]; N], 0);
    while at < N {
        all[at] = pattern[at % M];
        at += 1;
    }
    all
}

/// (X : Z) of each point becomes (X + Z : X - Z).
#[inline(always)]
pub(crate) fn sum_and_difference<L: Lanes<N>, const N: usize>(points: &L) -> L {
    points.butterfly(rows([1, 0, 3, 2]), each([Own::Plus, Own::Minus]))
}

/// R, S becomes 2R, R + S in every row.
///
/// Shape: `points` R S; `difference` anything in the first two lanes, then Z and X of S - R.
#[inline(always)]
pub(crate) fn step<L: Lanes<N>, const N: usize>(points: &L, difference: &L, constants: &L) -> L {
    // s = X + Z, d = X - Z of R, then of S.
    let terms = sum_and_difference(points);
    // s², d² of R; d·s', s·d'.
    let products = terms.permuted(rows([0, 1, 1, 0])).mul(&terms);
    // d², E = s² - d²; U + V, U - V.
    let sums = products.butterfly(
        rows([1, 0, 3, 2]),
        each([Own::Zero, Own::Minus, Own::Plus, Own::Minus]),
    );
    // 4C·d², (A' + 2C)·E; (U + V)², (U - V)².
    let last_two = each([false, false, true, true]);
    let scaled = sums.mul(&constants.blend(&sums, last_two));
    // 4C·d², their sum; the squares.
    let left = scaled.butterfly(
        rows([0, 0, 2, 3]),
        each([Own::Zero, Own::Plus, Own::Zero, Own::Zero]),
    );
    // s², E; Z and X of the difference.
    let right = products
        .blend(&sums, each([false, true, false, false]))
        .blend(difference, last_two);
    left.mul(&right)
}

/// k times the point in each row, in both places of its row.
///
/// Shape: `points` holds each row's point twice. `bits` bounds the length of k.
/// Time: constant in k and the points; linear in `bits`.
pub(crate) fn ladder<L: Lanes<N>, const N: usize>(
    points: &L,
    k: &Scalar,
    bits: usize,
    constants: &L,
) -> L {
    let infinity = L::of(&each([Fp::ONE, Fp::ZERO]));
    let difference = points.permuted(rows([0, 1, 3, 2]));
    let mut state = infinity.blend(points, each([false, false, true, true]));
    let mut swapped = 0;
    for bit in (0..bits).rev() {
        let mask = k.has_bit(bit).word();
        state = swap(&state, mask ^ swapped);
        swapped = mask;
        state = step(&state, &difference, constants);
    }
    swap(&state, swapped).permuted(rows([0, 1, 0, 1]))
}

/// Exchanges the two points of every row if the mask is all ones.
#[inline(always)]
fn swap<L: Lanes<N>, const N: usize>(points: &L, mask: u64) -> L {
    points.select(&points.permuted(rows([2, 3, 0, 1])), &[mask; N])
}
