//! HSS with one level: LMS_SHA256_M32_H10 over LMOTS_SHA256_N32_W8, by the crate `lms-signature`.
//!
//! The crate signs with single leaves; the tree above them is kept by [`crate::Tree`], since the
//! crate's own key rebuilds it (half a second) whenever it is loaded.

use lms_signature::lms::{LmsMode, LmsSha256M32H10, Signature, VerifyingKey};
use lms_signature::ots::{LmsOtsSha256N32W8, SigningKey};
use sha2::digest::array::Array;
use sha2::digest::consts::U56;
use sha2::{Digest, Sha256};
use signature::{RandomizedSignerMut, SignatureEncoding, Verifier};

use crate::key::SignError;
use crate::randomness::Randomness;
use crate::tree::{Node, Path};

/// Bytes of the identifier I, RFC 8554, section 3.2.
pub(crate) const ID_BYTES: usize = 16;
/// u32 L = 1, then the two type codes: what every public key of ours begins with.
pub(crate) const PUBLIC_KEY_PREFIX: [u8; 12] = [0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 4];
/// u32 Nspk = L - 1 = 0.
const SIGNATURE_PREFIX: [u8; 4] = [0; 4];
/// RFC 8554, sections 5.3 and 9.
const D_LEAF: [u8; 2] = [0x82, 0x82];
const D_INTR: [u8; 2] = [0x83, 0x83];

type Lms = LmsSha256M32H10<LmsOtsSha256N32W8>;

pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = public_key.strip_prefix(&PUBLIC_KEY_PREFIX[..4]);
    let signature = signature.strip_prefix(&SIGNATURE_PREFIX);
    match (key, signature) {
        (Some(key), Some(signature)) => verify_lms::<Lms>(key, message, signature),
        _ => false,
    }
}

/// One LMS signature, of any height and width: the one place that calls the library's verifier.
fn verify_lms<Mode: LmsMode>(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::<Mode>::try_from(public_key);
    let signature = Signature::<Mode>::try_from(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
        _ => false,
    }
}

/// The public part that leaves and nodes are hashed with.
pub(crate) struct Scheme {
    id: [u8; ID_BYTES],
}

impl Scheme {
    pub(crate) fn new(id: [u8; ID_BYTES]) -> Self {
        Self { id }
    }

    pub(crate) fn public_key(&self, root: &Node) -> Vec<u8> {
        [PUBLIC_KEY_PREFIX.as_slice(), &self.id, root].concat()
    }

    /// RFC 8554, section 5.3: H(I, r, D_LEAF, OTS_PUB_HASH).
    pub(crate) fn leaf(&self, index: u32, place: u32, seed: &[u8; 32]) -> Node {
        let key = SigningKey::<LmsOtsSha256N32W8>::new_from_seed(index, self.id, seed);
        // u32 type, I, u32 q, then K (RFC 8554, section 4.3).
        let public: Array<u8, U56> = key.public().into();
        self.hash(place, D_LEAF, &[&public[24..]])
    }

    /// RFC 8554, section 5.3: H(I, r, D_INTR, left, right).
    pub(crate) fn parent(&self, place: u32, left: &Node, right: &Node) -> Node {
        self.hash(place, D_INTR, &[left, right])
    }

    fn hash(&self, place: u32, kind: [u8; 2], parts: &[&[u8]]) -> Node {
        let mut hash = Sha256::new_with_prefix(self.id);
        hash.update(place.to_be_bytes());
        hash.update(kind);
        for part in parts {
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// RFC 8554, sections 5.4 and 6.2: Nspk, q, the one-time signature, the type, the path.
    pub(crate) fn sign(
        &self,
        index: u32,
        seed: &[u8; 32],
        path: &Path,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        let mut key = SigningKey::<LmsOtsSha256N32W8>::new_from_seed(index, self.id, seed);
        let once = key
            .try_sign_with_rng(&mut Randomness, message)
            .map_err(|_| SignError::Key)?;
        let mut signature = SIGNATURE_PREFIX.to_vec();
        signature.extend(index.to_be_bytes());
        signature.extend(once.to_vec());
        signature.extend(&PUBLIC_KEY_PREFIX[4..8]);
        signature.extend(path.concat());
        Ok(signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use lms_signature::lms::{LmsSha256M32H5, SigningKey as WholeKey};

    /// The crate takes one seed for all leaves, we one for each; the same seed for each leaf must
    /// give the crate's key.
    #[test]
    fn the_retained_tree_is_that_of_the_library() {
        let (id, seed) = ([7; ID_BYTES], [9; 32]);
        let theirs = WholeKey::<Lms>::new_from_seed(id, seed).unwrap().public();
        let ours = Scheme::new(id);
        let tree = Tree::grow(
            |index| ours.leaf(index, 1024 + index, &seed),
            |height, index, left, right| ours.parent((1024 >> (height + 1)) + index, left, right),
        );
        assert_eq!(theirs.k(), tree.root());
    }

    /// RFC 8554, appendix F, test case 1: two levels of H5 and W8, one LMS signature each.
    #[test]
    fn both_levels_of_the_standards_own_example_verify() {
        let text = include_str!("../../../../spec/vectors/signatures/lms-sha256-m32-h5-w8.json");
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let cases = document["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 2);
        for case in cases {
            let field = |name: &str| -> Vec<u8> {
                let text = case[name].as_str().unwrap();
                let pairs = text.as_bytes().as_chunks::<2>().0.iter();
                pairs
                    .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
                    .collect()
            };
            let (key, message) = (field("public_key"), field("message"));
            let mut signature = field("signature");
            let holds = verify_lms::<LmsSha256M32H5<LmsOtsSha256N32W8>>;
            assert!(holds(&key, &message, &signature));
            signature[700] ^= 1;
            assert!(!holds(&key, &message, &signature));
        }
    }
}
