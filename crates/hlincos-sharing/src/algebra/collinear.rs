//! Whether verification values lie on one polynomial, and which do not.

use alloc::vec::Vec;

use super::linear_hash::VALUE_BYTES;
use crate::Kernel;
use crate::field::{inverse, mul};
use crate::outliers::without_outliers;

/// A holder's point and value.
pub(crate) type Value = (u8, [u8; VALUE_BYTES]);

/// What can be said of values that ought to lie on one polynomial of few coefficients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Located {
    /// They do, or are too few to tell.
    AllFit,
    /// All but these, by index, and no other polynomial leaves as few out.
    Off(Vec<usize>),
    /// They do not, and it cannot be told which are wrong.
    Unknown,
}

/// Looks for the polynomial of `coefficients` that leaves at most half of what is to spare out.
///
/// Shape: distinct points.
pub(crate) fn locate(values: &[Value], coefficients: usize) -> Located {
    let spare = values.len().saturating_sub(coefficients);
    if spare == 0 {
        return Located::AllFit;
    }
    let column: Vec<(u8, &[u8])> = values.iter().map(|(x, v)| (*x, v.as_slice())).collect();
    // A few bytes: no vectors needed.
    match without_outliers(Kernel::PORTABLE, &column, coefficients) {
        Some(kept) if kept.len() == values.len() => Located::AllFit,
        Some(kept) if values.len() - kept.len() <= spare / 2 => {
            Located::Off((0..values.len()).filter(|at| !kept.contains(at)).collect())
        }
        _ => Located::Unknown,
    }
}

/// Whether they all do.
pub(crate) fn fit(values: &[Value], coefficients: usize) -> bool {
    locate(values, coefficients) == Located::AllFit
}

/// Values of a polynomial that is 0 at 0, divided by its root: one coefficient less.
pub(crate) fn without_root(values: &[Value]) -> Vec<Value> {
    let divided = |(x, value): &Value| (*x, value.map(|byte| mul(byte, inverse(*x))));
    values.iter().map(divided).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(coefficients: &[u8], n: u8) -> Vec<Value> {
        let at = |x: u8| coefficients.iter().rev().fold(0, |sum, a| mul(sum, x) ^ a);
        (1..=n).map(|x| (x, [at(x); VALUE_BYTES])).collect()
    }

    #[test]
    fn half_of_what_is_to_spare_is_located_and_one_more_is_seen() {
        for k in 1..=4_usize {
            for n in k..=9 {
                let good = values(&[3, 1, 4, 1][..k], u8::try_from(n).unwrap());
                assert_eq!(locate(&good, k), Located::AllFit);
                for wrong in 0..n {
                    let mut values = good.clone();
                    values[wrong].1[wrong] ^= 0x40;
                    let expected = match n - k {
                        0 => Located::AllFit,
                        1 => Located::Unknown,
                        _ => Located::Off(alloc::vec![wrong]),
                    };
                    assert_eq!(locate(&values, k), expected, "{k} {n} {wrong}");
                }
            }
        }
    }

    #[test]
    fn a_root_at_zero_is_one_coefficient_less() {
        assert!(fit(&without_root(&values(&[0, 7, 5], 5)), 2));
        assert!(!fit(&without_root(&values(&[1, 7, 5], 5)), 2));
    }
}
