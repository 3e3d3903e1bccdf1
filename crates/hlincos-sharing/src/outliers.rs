//! Finding wrong answers by the redundancy among them alone: Reed-Solomon decoding.
//!
//! Shares of one byte are a codeword of a generalised Reed-Solomon code. Up to half of what m
//! answers have beyond k can be found wrong in time that grows as a power of m, where trying
//! subsets would take for ever.
//!
//! Source: Peterson and Weldon, "Error-Correcting Codes", 1972, chapter 9; Massey, "Shift-Register
//! Synthesis and BCH Decoding", IEEE Transactions on Information Theory 15, 1969.

use alloc::vec;
use alloc::vec::Vec;

use crate::Kernel;
use crate::field::{inverse, mul};
use crate::polynomial::scales;

/// Drops wrong answers until the others lie on one polynomial of degree below k.
///
/// Shape: m >= k answers of one length at distinct points; returns indices of at least k.
/// If at most (m-k)/2 of them are wrong, exactly those that are wrong are dropped; if more are,
/// the result is `None` or not to be trusted.
/// Time: depends on where answers are wrong and how, not on the secret: what is computed
/// vanishes for right answers whatever they are.
pub(crate) fn without_outliers(
    kernel: Kernel,
    column: &[(u8, &[u8])],
    k: usize,
) -> Option<Vec<usize>> {
    let mut kept: Vec<usize> = (0..column.len()).collect();
    loop {
        let rest: Vec<(u8, &[u8])> = kept.iter().map(|index| column[*index]).collect();
        let Some(syndromes) = first_syndromes(kernel, &rest, k) else {
            return Some(kept);
        };
        let locator = shortest_recurrence(&syndromes);
        let errors = locator.len() - 1;
        let is_wrong = |x: u8| evaluate(&locator, inverse(x)) == 0;
        let before = kept.len();
        kept.retain(|index| !is_wrong(column[*index].0));
        // More wrong ones than can be told leave a locator that does not fit.
        if errors == 0 || 2 * errors > syndromes.len() || before - kept.len() != errors {
            return None;
        }
    }
}

/// The syndromes at the first byte position that is seen to be inconsistent; `None` when all
/// answers lie on one polynomial of degree below k.
///
/// The sum over i of u_i x_i^j f(x_i), with u_i one divided by the differences of x_i from the
/// other points, is 0 for every f of degree below k and j below m-k.
fn first_syndromes(kernel: Kernel, column: &[(u8, &[u8])], k: usize) -> Option<Vec<u8>> {
    let points: Vec<u8> = column.iter().map(|(x, _)| *x).collect();
    let len = column.first().map_or(0, |(_, value)| value.len());
    let mut sum = vec![0; len];
    let mut factors = scales(&points);
    let mut table = Vec::new();
    for _ in k..column.len() {
        table.push(factors.clone());
        for (factor, x) in factors.iter_mut().zip(&points) {
            *factor = mul(*factor, *x);
        }
    }
    let values: Vec<&[u8]> = column.iter().map(|(_, value)| *value).collect();
    let at = table.iter().find_map(|factors| {
        kernel.weighted_sum(&values, factors, 0, &mut sum);
        sum.iter().position(|byte| *byte != 0)
    })?;
    let syndrome = |factors: &Vec<u8>| {
        let terms = column.iter().zip(factors);
        terms.fold(0, |sum, ((_, value), factor)| sum ^ mul(value[at], *factor))
    };
    Some(table.iter().map(syndrome).collect())
}

/// The shortest linear recurrence that gives the sequence: Berlekamp and Massey's algorithm.
///
/// Returns 1 + c_1 z + ... + c_l z^l; its roots are one divided by the points of the errors.
fn shortest_recurrence(sequence: &[u8]) -> Vec<u8> {
    let (mut current, mut before) = (vec![1_u8], vec![1_u8]);
    let (mut length, mut gap, mut last) = (0, 1, 1_u8);
    for at in 0..sequence.len() {
        let terms = current.iter().zip(sequence[..=at].iter().rev());
        let discrepancy = terms.fold(0, |sum, (c, s)| sum ^ mul(*c, *s));
        if discrepancy == 0 {
            gap += 1;
            continue;
        }
        let mut next = current.clone();
        next.resize(next.len().max(before.len() + gap), 0);
        let factor = mul(discrepancy, inverse(last));
        for (next, before) in next[gap..].iter_mut().zip(&before) {
            *next ^= mul(*before, factor);
        }
        if 2 * length <= at {
            (length, before, last, gap) = (at + 1 - length, current, discrepancy, 1);
        } else {
            gap += 1;
        }
        current = next;
    }
    current.resize(length + 1, 0);
    current
}

/// The value of a polynomial, lowest coefficient first.
fn evaluate(polynomial: &[u8], z: u8) -> u8 {
    let step = |value, coefficient: &u8| mul(value, z) ^ coefficient;
    polynomial.iter().rev().fold(0, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polynomial::weights_at;

    /// Values at points 1 to m of polynomials through some bytes at points 1 to k.
    fn codeword(k: u8, m: u8, len: usize) -> Vec<Vec<u8>> {
        let base = |x: u8| -> Vec<u8> {
            (0..len)
                .map(|at| mul(x, at.to_be_bytes()[7]) ^ mul(x, x) ^ 0x1D)
                .collect()
        };
        let mut rows: Vec<Vec<u8>> = (1..=k).map(base).collect();
        for x in k + 1..=m {
            let given: Vec<&[u8]> = rows[..usize::from(k)].iter().map(Vec::as_slice).collect();
            let points: Vec<u8> = (1..=k).collect();
            let mut row = vec![0; len];
            Kernel::best().weighted_sum(&given, &weights_at(&points, x), 0, &mut row);
            rows.push(row);
        }
        rows
    }

    fn kept(rows: &[Vec<u8>], k: u8) -> Option<Vec<usize>> {
        let column: Vec<(u8, &[u8])> = (1..=255).zip(rows.iter().map(Vec::as_slice)).collect();
        without_outliers(Kernel::best(), &column, usize::from(k))
    }

    #[test]
    fn right_answers_are_all_kept() {
        for (k, m) in [(2, 2), (2, 3), (5, 9), (128, 255)] {
            let rows = codeword(k, m, 10);
            assert_eq!(kept(&rows, k), Some((0..usize::from(m)).collect()));
        }
    }

    #[test]
    fn up_to_half_of_those_to_spare_are_dropped_wherever_they_are_wrong() {
        for (k, m) in [(2, 4), (2, 9), (5, 9), (5, 40), (100, 201)] {
            for errors in 1..=usize::from((m - k) / 2) {
                let mut rows = codeword(k, m, 30);
                let wrong: Vec<usize> = (0..errors).map(|i| i * 7 % usize::from(m)).collect();
                for (i, at) in wrong.iter().enumerate() {
                    // Some lie in the same byte, some alone, some twice.
                    rows[*at][i % 3] ^= 0x11;
                    rows[*at][29 - i % 9] ^= (i * 5).to_be_bytes()[7];
                }
                let right = (0..usize::from(m)).filter(|at| !wrong.contains(at));
                assert_eq!(kept(&rows, k), Some(right.collect()), "({k},{m}) {errors}");
            }
        }
    }

    #[test]
    fn more_are_not_taken_for_right() {
        let mut rows = codeword(2, 4, 8);
        rows[0][0] ^= 1;
        rows[1][0] ^= 7;
        let kept = kept(&rows, 2);
        assert!(kept.is_none_or(|kept| kept.len() < 4));
    }
}
