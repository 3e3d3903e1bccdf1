//! Subsets of the first m numbers, in lexicographic order.

use alloc::vec::Vec;

use crate::robust::SUBSETS_MAX;

/// Every subset of `size` of the numbers below `of`, each ascending.
///
/// Shape: `size <= of`.
pub(crate) fn subsets(size: usize, of: usize) -> impl Iterator<Item = Vec<usize>> {
    let first = (size <= of).then(|| (0..size).collect::<Vec<_>>());
    core::iter::successors(first, move |subset| {
        let mut next = subset.clone();
        let at = (0..size).rev().find(|at| next[*at] < of - size + at)?;
        next[at] += 1;
        for later in at + 1..size {
            next[later] = next[later - 1] + 1;
        }
        Some(next)
    })
}

/// How many there are; `None` beyond [`SUBSETS_MAX`].
pub(crate) fn few_subsets(size: usize, of: usize) -> Option<usize> {
    // Each step is a binomial coefficient, so the division is exact and they only grow.
    (1..=size.min(of.saturating_sub(size))).try_fold(1, |count, chosen| {
        let next = count * (of + 1 - chosen) / chosen;
        (next <= SUBSETS_MAX).then_some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_are_counted_and_all_of_sixteen_are_few() {
        for of in 0..=18 {
            for size in 0..=of {
                let count = Some(subsets(size, of).count()).filter(|count| *count <= SUBSETS_MAX);
                assert_eq!(few_subsets(size, of), count, "{size} of {of}");
                assert!(of > 16 || count.is_some());
            }
        }
        assert_eq!(few_subsets(127, 255), None);
        assert_eq!(few_subsets(254, 255), Some(255));
    }

    #[test]
    fn every_subset_comes_once_and_in_order() {
        for of in 0..=9_u32 {
            for size in 0..=of + 1 {
                let all: Vec<Vec<usize>> = subsets(size as usize, of as usize).collect();
                let expected = (0_u32..1 << of).filter(|set| set.count_ones() == size);
                assert_eq!(all.len(), expected.count());
                assert!(all.is_sorted_by(|a, b| a < b));
                assert!(all.iter().flatten().all(|number| *number < of as usize));
            }
        }
    }
}
