//! XMSS-SHA2_10_256: verification by the crate `xmss`, signing here.
//!
//! The crate rebuilds the whole tree for each signature (0.6 s) and lets nobody sign with a single
//! leaf, so leaves and one-time signatures are computed here; tests compare both byte for byte.
//! Names and section numbers are those of RFC 8391.

use sha2::{Digest, Sha256};
use xmss::{DetachedSignature, VerifyingKey, XmssSha2_10_256};
use zeroize::Zeroizing;

use crate::key::SignError;
use crate::randomness::draw;
use crate::tree::{LEAVES, Node, Path};

/// RFC 8391, section 8: XMSS-SHA2_10_256.
pub(crate) const PUBLIC_KEY_PREFIX: [u8; 4] = [0, 0, 0, 1];
/// Chains of a one-time key: 64 for the hash, 3 for its checksum.
const CHAINS: usize = 67;
const HASH_CHAINS: usize = 64;
/// The last value of a chain (w - 1).
const CHAIN_END: u32 = 15;

/// Kinds of addresses, section 2.5.
const OTS: u32 = 0;
const L_TREE: u32 = 1;
const HASH_TREE: u32 = 2;

pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    // The crate would take an index past the tree for one of another tree.
    let index = signature.first_chunk().map(|b| u32::from_be_bytes(*b));
    if index.is_none_or(|index| index >= LEAVES) {
        return false;
    }
    let key = VerifyingKey::<XmssSha2_10_256>::try_from(public_key);
    let signature = DetachedSignature::<XmssSha2_10_256>::try_from(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify_detached(&signature, message).is_ok(),
        _ => false,
    }
}

/// An address: eight big-endian words, section 2.5; layer and tree are always 0.
#[derive(Clone, Copy)]
struct Address([u32; 8]);

impl Address {
    /// `place` is the leaf of an OTS or L-tree address.
    fn new(kind: u32, place: u32) -> Self {
        Self([0, 0, 0, kind, place, 0, 0, 0])
    }

    fn bytes(&self, key_and_mask: u32) -> [u8; 32] {
        let mut bytes = [0; 32];
        let words = self.0[..7].iter().chain([&key_and_mask]);
        for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }
}

/// The public part that leaves and nodes are hashed with.
pub(crate) struct Scheme {
    seed: [u8; 32],
    /// SHA-256 after toByte(3, 32) and SEED: one whole block, the same for every PRF call.
    prf: Sha256,
}

impl Scheme {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let prf = padded(3).chain_update(seed);
        Self { seed, prf }
    }

    pub(crate) fn public_key(&self, root: &Node) -> Vec<u8> {
        [PUBLIC_KEY_PREFIX.as_slice(), root, &self.seed].concat()
    }

    /// The leaf of a one-time key: algorithms 4 and 8.
    pub(crate) fn leaf(&self, index: u32, seed: &[u8; 32]) -> Node {
        let mut nodes: Vec<Node> = (0..CHAINS)
            .map(|chain| self.chain(index, chain, seed, CHAIN_END))
            .collect();
        let mut address = Address::new(L_TREE, index);
        while nodes.len() > 1 {
            address.0[6] = 0;
            let odd = (nodes.len() % 2 == 1).then(|| nodes[nodes.len() - 1]);
            nodes = nodes
                .chunks_exact(2)
                .map(|pair| {
                    let node = self.hash_pair(&address, &pair[0], &pair[1]);
                    address.0[6] += 1;
                    node
                })
                .collect();
            nodes.extend(odd);
            address.0[5] += 1;
        }
        nodes[0]
    }

    /// The node over two nodes of `height`; `index` is its own among those of its height.
    pub(crate) fn parent(&self, height: u32, index: u32, left: &Node, right: &Node) -> Node {
        let mut address = Address::new(HASH_TREE, 0);
        (address.0[5], address.0[6]) = (height, index);
        self.hash_pair(&address, left, right)
    }

    /// Algorithms 5, 11 and 12: index, r, the one-time signature, the path.
    pub(crate) fn sign(
        &self,
        index: u32,
        seed: &[u8; 32],
        root: &Node,
        path: &Path,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        Ok(self.sign_with(draw(), index, seed, root, path, message))
    }

    fn sign_with(
        &self,
        randomizer: Node,
        index: u32,
        seed: &[u8; 32],
        root: &Node,
        path: &Path,
        message: &[u8],
    ) -> Vec<u8> {
        let mut hash = padded(2).chain_update(randomizer).chain_update(root);
        hash.update([0; 28]);
        hash.update(index.to_be_bytes());
        let digest: Node = hash.chain_update(message).finalize().into();
        let mut signature = index.to_be_bytes().to_vec();
        signature.extend(randomizer);
        for (chain, steps) in chain_lengths(&digest).into_iter().enumerate() {
            signature.extend(self.chain(index, chain, seed, steps));
        }
        signature.extend(path.concat());
        signature
    }

    /// Algorithm 2 from the chain's secret, which is SP 800-208's PRF_keygen of the leaf's seed.
    fn chain(&self, index: u32, chain: usize, seed: &[u8; 32], steps: u32) -> Node {
        let mut address = Address::new(OTS, index);
        address.0[5] = u32::try_from(chain).expect("67 chains");
        let secret = padded(4).chain_update(seed).chain_update(self.seed);
        let mut value: Zeroizing<Node> =
            Zeroizing::new(secret.chain_update(address.bytes(0)).finalize().into());
        for step in 0..steps {
            address.0[6] = step;
            let key = self.prf(&address, 0);
            let mask = self.prf(&address, 1);
            let hash = padded(0).chain_update(key).chain_update(xor(&value, &mask));
            *value = hash.finalize().into();
        }
        *value
    }

    /// RAND_HASH, algorithm 7.
    fn hash_pair(&self, address: &Address, left: &Node, right: &Node) -> Node {
        let key = self.prf(address, 0);
        let (one, two) = (self.prf(address, 1), self.prf(address, 2));
        let hash = padded(1).chain_update(key).chain_update(xor(left, &one));
        hash.chain_update(xor(right, &two)).finalize().into()
    }

    fn prf(&self, address: &Address, key_and_mask: u32) -> Node {
        let hash = self.prf.clone();
        hash.chain_update(address.bytes(key_and_mask))
            .finalize()
            .into()
    }
}

/// SHA-256 after toByte(kind, 32), section 5.1.
fn padded(kind: u8) -> Sha256 {
    let mut block = [0; 32];
    block[31] = kind;
    Sha256::new_with_prefix(block)
}

fn xor(a: &Node, b: &Node) -> Node {
    core::array::from_fn(|at| a[at] ^ b[at])
}

/// How far each chain goes: base 16 of the digest, then of its checksum (algorithms 1 and 5).
fn chain_lengths(digest: &Node) -> [u32; CHAINS] {
    let mut lengths = [0; CHAINS];
    for (pair, byte) in lengths.chunks_exact_mut(2).zip(digest) {
        (pair[0], pair[1]) = (u32::from(byte >> 4), u32::from(byte & 15));
    }
    let rest: u32 = lengths[..HASH_CHAINS].iter().map(|l| CHAIN_END - l).sum();
    for (at, shift) in [8, 4, 0].into_iter().enumerate() {
        lengths[HASH_CHAINS + at] = rest >> shift & 15;
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use xmss::KeyPair;

    /// The crate takes one seed for all leaves, we one for each; the same seed for each leaf must
    /// give the crate's key and, with the crate's randomizer, its signatures.
    #[test]
    fn keys_and_signatures_are_byte_for_byte_those_of_the_library() {
        let seed: [u8; 96] = core::array::from_fn(|at| u8::try_from(at).unwrap());
        let mut theirs = KeyPair::<XmssSha2_10_256>::from_seed(&seed).unwrap();
        let [secret, prf, public] = [0, 32, 64].map(|at| seed[at..][..32].try_into().unwrap());
        let ours = Scheme::new(public);
        let tree = Tree::grow(
            |index| ours.leaf(index, &secret),
            |height, index, left, right| ours.parent(height, index, left, right),
        );
        let public_key = ours.public_key(tree.root());
        assert_eq!(public_key, theirs.verifying_key().as_ref());
        for index in 0..3_u32 {
            let message = format!("message {index}");
            let signature = theirs.signing_key().sign_detached(message.as_bytes());
            let randomizer = Scheme::new(prf).prf(&Address([0, 0, 0, 0, 0, 0, 0, 0]), index);
            let path = tree.path(index);
            let mine = ours.sign_with(
                randomizer,
                index,
                &secret,
                tree.root(),
                &path,
                message.as_bytes(),
            );
            assert_eq!(mine, signature.unwrap().as_ref(), "index {index}");
            assert!(verify(&public_key, message.as_bytes(), &mine));
        }
    }
}
