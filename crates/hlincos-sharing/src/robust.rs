//! Combining answers of which some may be wrong: find k that are right, name the others.

use alloc::vec;
use alloc::vec::Vec;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::amd::verifies;
use crate::protected::{PROTECTED_CHUNK_BYTES, TAG_BYTES};
use crate::shamir::evaluate_into;
use crate::{Point, Threshold, secret_len};

/// Subsets of k answers that are tried for one chunk before giving up.
///
/// Enough for every subset of up to 16 answers (12,870), and for one or two liars among many.
pub const SUBSETS_MAX: usize = 20_000;

/// A secret that k answers agree on.
#[derive(Debug)]
pub struct Combined {
    /// The secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// Points whose answers do not lie on the polynomial, in ascending order.
    pub culprits: Vec<Point>,
}

/// Why answers could not be combined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RobustError {
    /// Fewer than k answers of one length: ask further sites.
    #[error("{have} of the {need} shares needed are there; ask further sites")]
    TooFew {
        /// Answers that could be used.
        have: usize,
        /// k.
        need: usize,
    },
    /// A point stands twice: the caller mixed sites up.
    #[error("the point {0} stands twice among the shares")]
    SamePoint(Point),
    /// A point is none of the n.
    #[error("the point {0} is beyond the number of shares")]
    BeyondN(Point),
    /// No k answers carry a valid tag: with exactly k, one or more of them is wrong; with more,
    /// fewer than k are right. Ask further sites; nobody can be named.
    #[error("no {need} of the {have} shares agree; ask further sites")]
    NoAgreement {
        /// Answers that were tried.
        have: usize,
        /// k.
        need: usize,
    },
    /// So many answers are wrong that trying all subsets would take too long.
    #[error("no agreement within {SUBSETS_MAX} subsets of the {have} shares; give fewer shares")]
    GaveUp {
        /// Answers that were tried.
        have: usize,
    },
}

/// Combines k or more answers, corrects wrong ones and names their points.
///
/// Shape: k to n answers at distinct points. Answers whose length is not that of most are
/// culprits. Every chunk must carry its tag.
/// Security: while fewer than k answers are wrong and k or more are right, the secret comes out
/// right and exactly the wrong answers are named, but for (d+2)/2^128 per subset tried. With k
/// or more colluding liars it says nothing. Liars must not see others' answers before theirs.
/// Time: depends on which answers are wrong, not on the secret; linear when none is.
///
/// # Errors
/// [`RobustError`].
///
/// Source: `spec/sharing.md`, section 5.
pub fn combine_robust(
    threshold: Threshold,
    answers: &[(Point, &[u8])],
) -> Result<Combined, RobustError> {
    let k = usize::from(threshold.k());
    check_points(threshold, answers)?;
    let len = usual_len(answers).ok_or(RobustError::TooFew { have: 0, need: k })?;
    let usable: Vec<(Point, &[u8])> = answers
        .iter()
        .filter(|(_, share)| share.len() == len)
        .copied()
        .collect();
    if usable.len() < k {
        return Err(RobustError::TooFew {
            have: usable.len(),
            need: k,
        });
    }
    let no_agreement = RobustError::NoAgreement {
        have: usable.len(),
        need: k,
    };
    let secret_len = secret_len(len).ok_or(no_agreement)?;

    let mut secret = Zeroizing::new(Vec::with_capacity(secret_len));
    let mut wrong = vec![false; usable.len()];
    let mut good: Vec<usize> = (0..k).collect();
    let mut piece = Zeroizing::new(vec![0; len.min(PROTECTED_CHUNK_BYTES)]);
    let mut at = 0;
    while at < len {
        let until = len.min(at + PROTECTED_CHUNK_BYTES);
        let column: Vec<(Point, &[u8])> = usable
            .iter()
            .map(|(point, share)| (*point, &share[at..until]))
            .collect();
        let piece = &mut piece[..until - at];
        find_agreement(&column, k, &mut good, piece)?;
        mark_wrong(&column, &good, &mut wrong);
        secret.extend_from_slice(&piece[..piece.len() - TAG_BYTES]);
        at = until;
    }
    let mut culprits: Vec<Point> = answers
        .iter()
        .filter(|(_, share)| share.len() != len)
        .chain(
            usable
                .iter()
                .zip(&wrong)
                .filter(|(_, wrong)| **wrong)
                .map(|(answer, _)| answer),
        )
        .map(|(point, _)| *point)
        .collect();
    culprits.sort_unstable();
    Ok(Combined { secret, culprits })
}

fn check_points(threshold: Threshold, answers: &[(Point, &[u8])]) -> Result<(), RobustError> {
    let mut points: Vec<Point> = answers.iter().map(|(point, _)| *point).collect();
    points.sort_unstable();
    if let Some(pair) = points.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(RobustError::SamePoint(pair[0]));
    }
    match points.last() {
        Some(last) if last.get() > threshold.n() => Err(RobustError::BeyondN(*last)),
        _ => Ok(()),
    }
}

/// The length that most answers have; the longest of those that are equally frequent.
fn usual_len(answers: &[(Point, &[u8])]) -> Option<usize> {
    let votes = |len: usize| {
        answers
            .iter()
            .filter(|(_, share)| share.len() == len)
            .count()
    };
    answers
        .iter()
        .map(|(_, share)| share.len())
        .max_by_key(|len| (votes(*len), *len))
}

/// Puts the chunk into `piece` from k answers that carry its tag: the last good ones first, then
/// every other subset.
fn find_agreement(
    column: &[(Point, &[u8])],
    k: usize,
    good: &mut Vec<usize>,
    piece: &mut [u8],
) -> Result<(), RobustError> {
    let mut try_subset = |subset: &[usize]| {
        let shares: Vec<(Point, &[u8])> = subset.iter().map(|index| column[*index]).collect();
        evaluate_into(&shares, 0, piece);
        verifies(piece)
    };
    if try_subset(good) {
        return Ok(());
    }
    let mut subset: Vec<usize> = (0..k).collect();
    for _ in 0..SUBSETS_MAX {
        if try_subset(&subset) {
            *good = subset;
            return Ok(());
        }
        if !next_subset(&mut subset, column.len()) {
            return Err(RobustError::NoAgreement {
                have: column.len(),
                need: k,
            });
        }
    }
    Err(RobustError::GaveUp { have: column.len() })
}

/// The next subset in lexicographic order; `false` after the last.
fn next_subset(subset: &mut [usize], of: usize) -> bool {
    let k = subset.len();
    let Some(at) = (0..k).rev().find(|at| subset[*at] < of - k + at) else {
        return false;
    };
    subset[at] += 1;
    for later in at + 1..k {
        subset[later] = subset[later - 1] + 1;
    }
    true
}

/// Compares every other answer with the polynomial through the good ones.
fn mark_wrong(column: &[(Point, &[u8])], good: &[usize], wrong: &mut [bool]) {
    let shares: Vec<(Point, &[u8])> = good.iter().map(|index| column[*index]).collect();
    let mut expected = Zeroizing::new(Vec::new());
    for (index, (point, share)) in column.iter().enumerate() {
        if good.contains(&index) {
            continue;
        }
        expected.resize(share.len(), 0);
        evaluate_into(&shares, point.get(), &mut expected);
        if !bool::from(expected.ct_eq(share)) {
            wrong[index] = true;
        }
    }
}
