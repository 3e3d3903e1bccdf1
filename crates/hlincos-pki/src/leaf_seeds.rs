//! The secret of a stateful key: seeds of whole subtrees, so that a part can be handed over.
//!
//! A node's seed gives its two children's and so those of all leaves below, and nothing else.
//! Whoever holds the seeds over a range of leaves can sign with these leaves alone: a split key
//! needs no promise not to use the other part. `spec/certificates.md`, section 6, has the bytes.

use core::ops::Range;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::tree::LEAVES;

/// Bytes of a seed in a key file: u16 place in the tree, then the seed.
pub(crate) const ENTRY_BYTES: usize = 2 + SEED_BYTES;
/// More subtrees than a range of 1,024 leaves can need: two of each height below the root.
pub(crate) const SUBTREES_MAX: usize = 18;

const SEED_BYTES: usize = 32;
/// Leading zeros of a leaf's place, 1024 to 2047, in 16 bits.
const LEAF_ZEROS: u32 = 5;
const LABEL: &[u8; 24] = b"hlincos leaf seed 1\0\0\0\0\0";

/// Seeds over one contiguous range of leaves, from left to right.
#[derive(Clone)]
pub(crate) struct LeafSeeds {
    subtrees: Vec<Subtree>,
}

/// One node's seed; `place` is the node's number in the tree, 1 for the root.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Subtree {
    place: u16,
    seed: [u8; SEED_BYTES],
}

impl Subtree {
    fn range(&self) -> Range<u32> {
        let height = self.place.leading_zeros() - LEAF_ZEROS;
        let place = u32::from(self.place);
        (place << height) - LEAVES..((place + 1) << height) - LEAVES
    }

    fn is_leaf(&self) -> bool {
        u32::from(self.place) >= LEAVES
    }

    fn children(&self, public: &[u8]) -> [Self; 2] {
        [0, 1].map(|side| {
            let place = 2 * self.place + side;
            let hash = Sha256::new_with_prefix(LABEL)
                .chain_update(place.to_be_bytes())
                .chain_update(self.seed)
                .chain_update(public);
            Self {
                place,
                seed: hash.finalize().into(),
            }
        })
    }
}

impl LeafSeeds {
    /// The whole tree.
    pub(crate) fn whole(seed: [u8; SEED_BYTES]) -> Self {
        let subtrees = vec![Subtree { place: 1, seed }];
        Self { subtrees }
    }

    /// The leaves that can sign.
    pub(crate) fn range(&self) -> Range<u32> {
        match (self.subtrees.first(), self.subtrees.last()) {
            (Some(first), Some(last)) => first.range().start..last.range().end,
            _ => 0..0,
        }
    }

    /// The seed of a leaf in the range. `public` sets keys apart.
    pub(crate) fn leaf(&self, index: u32, public: &[u8]) -> Option<Zeroizing<[u8; SEED_BYTES]>> {
        let mut node = self
            .subtrees
            .iter()
            .find(|subtree| subtree.range().contains(&index))?
            .clone();
        while !node.is_leaf() {
            let [left, right] = node.children(public);
            node = if left.range().contains(&index) {
                left
            } else {
                right
            };
        }
        Some(Zeroizing::new(node.seed))
    }

    /// The seeds over the leaves of `wanted` alone.
    pub(crate) fn narrowed(&self, wanted: &Range<u32>, public: &[u8]) -> Self {
        let mut subtrees = Vec::new();
        let mut open: Vec<Subtree> = self.subtrees.iter().rev().cloned().collect();
        while let Some(subtree) = open.pop() {
            let range = subtree.range();
            let outside = range.end <= wanted.start || wanted.end <= range.start;
            let inside = wanted.start <= range.start && range.end <= wanted.end;
            if inside {
                subtrees.push(subtree);
            } else if !outside {
                let [left, right] = subtree.children(public);
                open.extend([right, left]);
            }
        }
        Self { subtrees }
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.subtrees.len() * ENTRY_BYTES));
        for subtree in &self.subtrees {
            bytes.extend(subtree.place.to_be_bytes());
            bytes.extend(subtree.seed);
        }
        bytes
    }

    /// Reads what `to_bytes` wrote; nothing unless the ranges adjoin from left to right.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() || entries.is_empty() || entries.len() > SUBTREES_MAX {
            return None;
        }
        let subtrees: Vec<Subtree> = entries
            .iter()
            .map(|entry| {
                let (place, seed) = entry.split_first_chunk()?;
                let place = u16::from_be_bytes(*place);
                let seed = seed.try_into().ok()?;
                let legal = (1..2 * LEAVES).contains(&u32::from(place));
                legal.then_some(Subtree { place, seed })
            })
            .collect::<Option<_>>()?;
        let adjoin = |pair: &[Subtree]| pair[0].range().end == pair[1].range().start;
        let whole = subtrees.windows(2).all(adjoin);
        whole.then_some(Self { subtrees })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    /// `spec/vectors/leaf-seeds`, made by `spec/reference/certificates.py`.
    #[test]
    fn leaves_have_the_seeds_of_the_second_hand() {
        let hss = include_str!("../../../spec/vectors/leaf-seeds/hss.json");
        let xmss = include_str!("../../../spec/vectors/leaf-seeds/xmss.json");
        for (name, text) in [("hss", hss), ("xmss", xmss)] {
            let vector: serde_json::Value = serde_json::from_str(text).unwrap();
            let root = hex(vector["root_seed"].as_str().unwrap());
            let public = hex(vector["public"].as_str().unwrap());
            let seeds = LeafSeeds::whole(root.try_into().unwrap());
            let leaves = vector["leaves"].as_object().unwrap();
            assert_eq!(leaves.len(), 5);
            for (index, seed) in leaves {
                let index = index.parse().unwrap();
                let expected = hex(seed.as_str().unwrap());
                let found = seeds.leaf(index, &public).unwrap();
                assert_eq!(found.as_slice(), expected, "{name}, leaf {index}");
            }
        }
    }

    #[test]
    fn every_range_keeps_its_own_leaves_alone_and_survives_its_bytes() {
        let public = [5; 16];
        let whole = LeafSeeds::whole([3; 32]);
        for (start, end) in [
            (0, 1),
            (1, 1024),
            (511, 513),
            (512, 1024),
            (300, 301),
            (1, 1023),
        ] {
            let part = whole.narrowed(&(start..end), &public);
            assert_eq!(part.range(), start..end);
            assert!(part.subtrees.len() <= SUBTREES_MAX);
            let part = LeafSeeds::from_bytes(&part.to_bytes()).unwrap();
            for index in [0, 1, 299, 300, 301, 511, 512, 513, 1022, 1023] {
                let seed = part.leaf(index, &public);
                if (start..end).contains(&index) {
                    assert_eq!(seed, whole.leaf(index, &public));
                } else {
                    assert!(seed.is_none(), "{index} in {start}..{end}");
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_no_seeds_of_adjoining_subtrees_are_refused() {
        let public = [5; 16];
        let part = LeafSeeds::whole([3; 32]).narrowed(&(1..1023), &public);
        let bytes = part.to_bytes();
        for wrong in [
            &[][..],
            &bytes[1..],
            &bytes[..bytes.len() - 1],
            &[&bytes[..ENTRY_BYTES], &bytes[2 * ENTRY_BYTES..]].concat(),
            &[&bytes[..], &bytes[..]].concat(),
            &[&[0, 0][..], &[9; 32]].concat(),
            &[&[8, 0][..], &[9; 32]].concat(),
        ] {
            assert!(LeafSeeds::from_bytes(wrong).is_none());
        }
    }
}
