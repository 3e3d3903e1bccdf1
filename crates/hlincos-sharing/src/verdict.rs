//! Telling who is wrong, once a chunk's protected bytes are known.
//!
//! Answers that differ from the polynomial found need not be wrong: k-1 who collude can choose
//! offsets that cancel at 0 together with a right answer, so that the secret comes out right and
//! the *others* seem to differ. So a site is named only if no explanation clears it.
//!
//! An explanation is a polynomial of degree below k with the known bytes at 0 that leaves at most
//! k-1 of the m answers out and holds k or more. The true polynomial is one while fewer than k
//! lie and k or more answer right. Two explanations meet at 0 and in at most k-2 other points.
//!
//! Source: `spec/sharing.md`, section 6.

use alloc::vec;
use alloc::vec::Vec;

use crate::Kernel;
use crate::polynomial::Polynomial;
use crate::subsets::{few_subsets, subsets};

/// What is known of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Every explanation holds it.
    Fits,
    /// Some explanation leaves it out, or there are too many to try.
    Suspect,
    /// No explanation holds it.
    Culprit,
}

/// Judges every answer.
///
/// Shape: `good` are k indices into the column whose interpolation at 0 is `piece`.
pub(crate) fn judge(
    kernel: Kernel,
    column: &[(u8, &[u8])],
    k: usize,
    good: &[usize],
    piece: &[u8],
) -> Vec<Verdict> {
    let m = column.len();
    let fits = fitting(kernel, column, good, None);
    let misses = fits.iter().filter(|fits| !**fits).count();
    // Were this not the true polynomial, it would hold at most k-2 of the right answers, which
    // are k or more and at least m-k+1: 2 or m-2k+3 right ones would differ.
    if misses <= 1.max((m + 2).saturating_sub(2 * k)) {
        let verdict = |fits| {
            if fits {
                Verdict::Fits
            } else {
                Verdict::Culprit
            }
        };
        return fits.into_iter().map(verdict).collect();
    }
    let Some(explanations) = explanations(kernel, column, k, piece) else {
        let verdict = |fits| {
            if fits {
                Verdict::Fits
            } else {
                Verdict::Suspect
            }
        };
        return fits.into_iter().map(verdict).collect();
    };
    (0..m)
        .map(|at| {
            let held = explanations.iter().filter(|fits| fits[at]).count();
            match held {
                // More than k-1 lie, or two lots of liars: nothing is certain.
                _ if explanations.is_empty() => Verdict::Suspect,
                0 => Verdict::Culprit,
                held if held == explanations.len() => Verdict::Fits,
                _ => Verdict::Suspect,
            }
        })
        .collect()
}

/// Every explanation, as the answers that it holds; `None` when there are too many to try.
fn explanations(
    kernel: Kernel,
    column: &[(u8, &[u8])],
    k: usize,
    piece: &[u8],
) -> Option<Vec<Vec<bool>>> {
    let m = column.len();
    few_subsets(k - 1, m)?;
    let least = k.max(m + 1 - k);
    let mut found: Vec<Vec<bool>> = Vec::new();
    for subset in subsets(k - 1, m) {
        // k-1 answers and the known bytes make one polynomial: it may have been found before.
        if found.iter().any(|fits| subset.iter().all(|at| fits[*at])) {
            continue;
        }
        let fits = fitting(kernel, column, &subset, Some(piece));
        if fits.iter().filter(|fits| **fits).count() >= least {
            found.push(fits);
        }
    }
    Some(found)
}

/// Which answers lie on the polynomial through some of them, and through `at_zero` if given.
fn fitting(
    kernel: Kernel,
    column: &[(u8, &[u8])],
    through: &[usize],
    at_zero: Option<&[u8]>,
) -> Vec<bool> {
    let given = through.iter().map(|index| column[*index]);
    let polynomial = Polynomial::through(kernel, given.chain(at_zero.map(|piece| (0, piece))));
    let mut fits = vec![false; column.len()];
    for (index, (x, told)) in column.iter().enumerate() {
        fits[index] = through.contains(&index) || polynomial.passes(*x, told);
    }
    fits
}
