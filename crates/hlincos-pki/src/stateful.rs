//! Keys whose leaves sign once: HSS and XMSS.
//!
//! Two messages under one leaf let anybody forge a third. So a signature takes a [`OneTimeIndex`]
//! by value, and who keeps the key (`hlincos-authority`) makes one only after its spending is on
//! disk.

use core::ops::Range;

use der::SecretDocument;
use zeroize::Zeroizing;

use crate::algorithm::{hss, xmss};
use crate::key::{from_pkcs8, to_pkcs8};
use crate::leaf_seeds::LeafSeeds;
use crate::randomness::draw;
use crate::tree::{LEAVES, Node, Tree};
use crate::{KeyError, PublicKey, SignError, SignatureAlgorithm};

/// The number of a leaf that nobody has used and nobody will use again.
///
/// Neither copied nor cloned: a signature takes it.
#[derive(Debug, PartialEq, Eq)]
pub struct OneTimeIndex(u32);

impl OneTimeIndex {
    /// Takes a number for spent.
    ///
    /// Security: the caller has written that it is spent, durably, before this call. Calling it
    /// twice with one number gives the key away.
    #[must_use]
    pub const fn danger_spent(index: u32) -> Self {
        Self(index)
    }

    /// The number.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.0
    }
}

/// A private key over a range of leaves of one tree. Its seeds are wiped when dropped.
pub struct StatefulKey {
    public: PublicKey,
    seeds: LeafSeeds,
}

/// How leaves and nodes are hashed.
enum Scheme {
    Hss(hss::Scheme),
    Xmss(xmss::Scheme),
}

impl StatefulKey {
    /// Makes a new key over all 1,024 leaves, with its tree.
    ///
    /// Randomness: 48 (HSS) or 64 (XMSS) bytes, drawn from the operating system.
    /// Time: about half a second.
    ///
    /// # Errors
    /// [`KeyError::Stateful`] for any other algorithm.
    pub fn generate(algorithm: SignatureAlgorithm) -> Result<(Self, Tree), KeyError> {
        let (scheme, salt) = match algorithm {
            SignatureAlgorithm::Hss => {
                let id = draw::<{ hss::ID_BYTES }>();
                (Scheme::Hss(hss::Scheme::new(id)), id.to_vec())
            }
            SignatureAlgorithm::Xmss => {
                let seed = draw::<32>();
                (Scheme::Xmss(xmss::Scheme::new(seed)), seed.to_vec())
            }
            _ => return Err(KeyError::Stateful),
        };
        let seeds = LeafSeeds::whole(draw());
        let tree = scheme.grow(|index| {
            let seed = seeds.leaf(index, &salt);
            seed.expect("the seeds are over all leaves")
        });
        let public = PublicKey::new(algorithm, &scheme.public_key(tree.root()))?;
        Ok((Self { public, seeds }, tree))
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.public.algorithm()
    }

    /// The public key; a split key has that of the whole.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The leaves whose secrets this key has.
    #[must_use]
    pub fn range(&self) -> Range<u32> {
        self.seeds.range()
    }

    /// A key over a part of the leaves, which cannot sign with the others.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] unless the part is not empty and within [`Self::range`].
    pub fn narrowed(&self, part: &Range<u32>) -> Result<Self, KeyError> {
        let seeds = self.seeds.narrowed(part, self.salt());
        if part.is_empty() || seeds.range() != *part {
            return Err(KeyError::Malformed);
        }
        let public = self.public.clone();
        Ok(Self { public, seeds })
    }

    /// Rebuilds the tree from kept leaves.
    ///
    /// Time: about a millisecond.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] unless they are this key's.
    pub fn load_tree(&self, leaves: &[u8]) -> Result<Tree, KeyError> {
        let scheme = self.scheme();
        let tree = Tree::from_leaves(leaves, |height, index, left, right| {
            scheme.parent(height, index, left, right)
        });
        tree.filter(|tree| scheme.public_key(tree.root()) == self.public.as_bytes())
            .ok_or(KeyError::Malformed)
    }

    /// Signs bytes with one leaf.
    ///
    /// Randomness: 32 bytes, drawn from the operating system.
    ///
    /// # Errors
    /// [`SignError::Leaf`] when the leaf is not in [`Self::range`].
    pub fn sign(
        &self,
        tree: &Tree,
        index: OneTimeIndex,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        let OneTimeIndex(index) = index;
        let seed = self
            .seeds
            .leaf(index, self.salt())
            .ok_or(SignError::Leaf(index))?;
        let path = tree.path(index);
        match self.scheme() {
            Scheme::Hss(scheme) => scheme.sign(index, &seed, &path, message),
            Scheme::Xmss(scheme) => scheme.sign(index, &seed, tree.root(), &path, message),
        }
    }

    /// Writes the key as PKCS#8 in DER, not encrypted: the public key, then the seeds.
    ///
    /// # Errors
    /// [`KeyError::Malformed`]: never for a key that was made.
    pub fn to_pkcs8_der(&self) -> Result<SecretDocument, KeyError> {
        let seeds = self.seeds.to_bytes();
        let mut octets = Zeroizing::new(Vec::with_capacity(
            self.public.as_bytes().len() + seeds.len(),
        ));
        octets.extend(self.public.as_bytes());
        octets.extend(seeds.iter());
        to_pkcs8(self.algorithm(), &octets)
    }

    /// Reads what [`Self::to_pkcs8_der`] wrote.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let (algorithm, octets) = from_pkcs8(der)?;
        if !algorithm.is_stateful() {
            return Err(KeyError::Malformed);
        }
        let (public, seeds) = octets
            .split_at_checked(algorithm.public_key_bytes())
            .ok_or(KeyError::Malformed)?;
        let public = PublicKey::new(algorithm, public)?;
        let seeds = LeafSeeds::from_bytes(seeds).ok_or(KeyError::Malformed)?;
        Ok(Self { public, seeds })
    }

    /// The public part that leaves are hashed with: I of HSS, SEED of XMSS.
    fn salt(&self) -> &[u8] {
        let bytes = self.public.as_bytes();
        match self.algorithm() {
            SignatureAlgorithm::Hss => &bytes[hss::PUBLIC_KEY_PREFIX.len()..][..hss::ID_BYTES],
            _ => &bytes[bytes.len() - 32..],
        }
    }

    fn scheme(&self) -> Scheme {
        let salt = self.salt();
        match self.algorithm() {
            SignatureAlgorithm::Hss => Scheme::Hss(hss::Scheme::new(
                salt.try_into()
                    .expect("the salt's length is the identifier's"),
            )),
            _ => Scheme::Xmss(xmss::Scheme::new(
                salt.try_into().expect("the salt's length is the seed's"),
            )),
        }
    }
}

impl Scheme {
    fn grow(&self, seed: impl Fn(u32) -> Zeroizing<[u8; 32]>) -> Tree {
        Tree::grow(
            |index| match self {
                Self::Hss(scheme) => scheme.leaf(index, LEAVES + index, &seed(index)),
                Self::Xmss(scheme) => scheme.leaf(index, &seed(index)),
            },
            |height, index, left, right| self.parent(height, index, left, right),
        )
    }

    fn parent(&self, height: u32, index: u32, left: &Node, right: &Node) -> Node {
        match self {
            // RFC 8554 numbers the nodes from the root on, RFC 8391 within each height.
            Self::Hss(scheme) => scheme.parent((LEAVES >> (height + 1)) + index, left, right),
            Self::Xmss(scheme) => scheme.parent(height, index, left, right),
        }
    }

    fn public_key(&self, root: &Node) -> Vec<u8> {
        match self {
            Self::Hss(scheme) => scheme.public_key(root),
            Self::Xmss(scheme) => scheme.public_key(root),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEFUL: [SignatureAlgorithm; 2] = [SignatureAlgorithm::Hss, SignatureAlgorithm::Xmss];

    fn spent(index: u32) -> OneTimeIndex {
        OneTimeIndex::danger_spent(index)
    }

    #[test]
    fn every_part_of_a_split_key_signs_its_own_leaves_and_no_others() {
        for algorithm in STATEFUL {
            let (key, tree) = StatefulKey::generate(algorithm).unwrap();
            let der = key.to_pkcs8_der().unwrap();
            let key = StatefulKey::from_pkcs8_der(der.as_bytes()).unwrap();
            let tree = key.load_tree(&tree.leaves()).unwrap();
            assert_eq!(key.range(), 0..LEAVES);
            for (part, other) in [(0..3, 3), (3..513, 2), (513..1023, 1023), (1023..1024, 0)] {
                let part_key = key.narrowed(&part).unwrap();
                let der = part_key.to_pkcs8_der().unwrap();
                let part_key = StatefulKey::from_pkcs8_der(der.as_bytes()).unwrap();
                assert_eq!(part_key.range(), part);
                for index in [part.start, part.end - 1] {
                    let signature = part_key.sign(&tree, spent(index), b"m").unwrap();
                    assert_eq!(signature.len(), algorithm.signature_bytes());
                    assert_eq!(key.public_key().verify(b"m", &signature), Ok(()));
                    assert!(key.public_key().verify(b"n", &signature).is_err());
                }
                let refused = part_key.sign(&tree, spent(other), b"m");
                assert!(matches!(refused, Err(SignError::Leaf(at)) if at == other));
                assert!(part_key.narrowed(&(other..other + 1)).is_err());
            }
        }
    }

    #[test]
    fn a_signature_with_any_field_changed_does_not_verify() {
        for algorithm in STATEFUL {
            let (key, tree) = StatefulKey::generate(algorithm).unwrap();
            let signature = key.sign(&tree, spent(5), b"m").unwrap();
            for at in (0..signature.len()).step_by(61) {
                let mut wrong = signature.clone();
                wrong[at] ^= 1;
                assert!(key.public_key().verify(b"m", &wrong).is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn the_tree_of_another_key_or_a_changed_leaf_is_refused() {
        let (key, tree) = StatefulKey::generate(SignatureAlgorithm::Hss).unwrap();
        let (other, _) = StatefulKey::generate(SignatureAlgorithm::Hss).unwrap();
        assert!(other.load_tree(&tree.leaves()).is_err());
        let mut leaves = tree.leaves();
        assert!(key.load_tree(&leaves[32..]).is_err());
        leaves[7] ^= 1;
        assert!(key.load_tree(&leaves).is_err());
    }

    #[test]
    fn stateful_and_stateless_keys_are_not_taken_for_each_other() {
        let (key, _) = StatefulKey::generate(SignatureAlgorithm::Hss).unwrap();
        let der = key.to_pkcs8_der().unwrap();
        assert_eq!(
            crate::KeyPair::from_pkcs8_der(der.as_bytes()).err(),
            Some(KeyError::Stateful)
        );
        let key = crate::KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
        let der = key.to_pkcs8_der().unwrap();
        assert!(StatefulKey::from_pkcs8_der(der.as_bytes()).is_err());
    }
}
