//! Handles and object names: what a shareholder may call the things it keeps.
//!
//! Both differ from site to site, so two sites cannot match their folders or objects by name.

use core::fmt;

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::identifier::{BundleId, Subject};

/// The 32 bytes from which every handle is computed.
///
/// Security: who has it and a shareholder's folder list can test guesses of patient identifiers;
/// it opens no share.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DirectoryKey([u8; 32]);

impl DirectoryKey {
    /// Wraps 32 secret bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A public name of the vault that this key opens: equal for equal keys, 16 hex digits.
    ///
    /// Security: a PRF output, says nothing of the key.
    #[must_use]
    pub fn vault(&self) -> String {
        let tag = prf(&self.0, &[b"hlincos v1 vault"]);
        tag[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for DirectoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectoryKey(..)")
    }
}

/// Pseudonym of a subject's folder at one site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub [u8; 32]);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("..")
    }
}

/// A bundle's name at one site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectName(pub [u8; 16]);

/// The two keys of one site: for folders a PRF, for objects a permutation.
#[derive(Clone)]
pub struct SiteKeys {
    folder: [u8; 32],
    object: aes::Aes256,
}

impl Drop for SiteKeys {
    fn drop(&mut self) {
        self.folder.zeroize();
    }
}

impl fmt::Debug for SiteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteKeys(..)")
    }
}

impl SiteKeys {
    /// Derives a site's keys from the directory key and the site's name.
    ///
    /// Source: RFC 5869; `spec/handle.md`, section 2.
    #[must_use]
    pub fn derive(key: &DirectoryKey, site: &str) -> Self {
        let expand = |purpose: &[u8]| {
            let mut out = [0_u8; 32];
            Hkdf::<Sha256>::new(None, &key.0)
                .expand_multi_info(&[purpose, &[0], site.as_bytes()], &mut out)
                .expect("32 bytes are within HKDF's limit of 255 blocks");
            out
        };
        let mut object_key = expand(b"hlincos v1 object");
        let object = aes::Aes256::new(&Array::from(object_key));
        object_key.zeroize();
        Self {
            folder: expand(b"hlincos v1 folder"),
            object,
        }
    }

    /// The subject's folder at this site.
    ///
    /// Security: computational (HMAC-SHA-256 as a PRF); a break links folders to guessed
    /// identifiers, never to contents.
    /// Source: `spec/handle.md`, section 3.
    #[must_use]
    pub fn handle(&self, subject: &Subject) -> Handle {
        let mut message = vec![subject.code()];
        for part in subject.parts() {
            let len = u8::try_from(part.len()).expect("subjects keep their limits, all under 256");
            message.push(len);
            message.extend_from_slice(part.as_bytes());
        }
        let handle = Handle(prf(&self.folder, &[&message]));
        message.zeroize();
        handle
    }

    /// The bundle's name at this site: AES-256 as a permutation of 16 bytes.
    #[must_use]
    pub fn object_name(&self, id: BundleId) -> ObjectName {
        let mut block = Array::from(id.0);
        self.object.encrypt_block(&mut block);
        ObjectName(block.into())
    }

    /// The bundle behind a name at this site; any 16 bytes are the name of some identifier.
    #[must_use]
    pub fn bundle_id(&self, name: ObjectName) -> BundleId {
        let mut block = Array::from(name.0);
        self.object.decrypt_block(&mut block);
        BundleId(block.into())
    }
}

fn prf(key: &[u8; 32], message: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    message.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(site: &str) -> SiteKeys {
        SiteKeys::derive(&DirectoryKey::new([7; 32]), site)
    }

    #[test]
    fn two_sites_name_the_same_folder_and_object_differently() {
        let subject = Subject::patient("1318814790", "0000781125").unwrap();
        let id = BundleId([9; 16]);
        assert_ne!(
            keys("osaka").handle(&subject),
            keys("nagoya").handle(&subject)
        );
        assert_ne!(
            keys("osaka").object_name(id),
            keys("nagoya").object_name(id)
        );
    }

    #[test]
    fn an_object_name_leads_back_to_its_bundle_only_with_the_right_site_key() {
        let id = BundleId(*b"0123456789abcdef");
        let name = keys("osaka").object_name(id);
        assert_eq!(keys("osaka").bundle_id(name), id);
        assert_ne!(keys("nagoya").bundle_id(name), id);
    }

    #[test]
    fn moving_a_character_between_facility_and_patient_changes_the_handle() {
        let a = Subject::patient("12", "345").unwrap();
        let b = Subject::patient("123", "45").unwrap();
        assert_ne!(keys("osaka").handle(&a), keys("osaka").handle(&b));
    }
}
