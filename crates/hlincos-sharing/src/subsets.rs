//! Subsets of the first m numbers, in lexicographic order.

use alloc::vec::Vec;

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

#[cfg(test)]
mod tests {
    use super::*;

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
