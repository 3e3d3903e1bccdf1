//! Private keys under a passphrase: PKCS#8 in PEM, PBES2 with scrypt and AES-256-CBC (RFC 8018).

use der::pem::LineEnding;
use der::{Decode, SecretDocument};
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::{EncryptionScheme, pbes2, scrypt};
use zeroize::Zeroizing;

use crate::key::from_pkcs8;
use crate::randomness::draw;
use crate::{KeyError, KeyPair, StatefulKey};

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// 128 MiB and a third of a second for each guess (OWASP's recommendation of 2023).
const LOG_N: u8 = 17;
/// A file that asks for more than this is no key of ours: 1 GiB.
const LOG_N_MAX: u64 = 20;
const R: u32 = 8;
const P_MAX: u16 = 4;

/// A private key as it lies in a file.
pub enum PrivateKey {
    /// It may sign at will.
    Stateless(Box<KeyPair>),
    /// Each of its leaves signs once.
    Stateful(Box<StatefulKey>),
}

impl PrivateKey {
    /// Writes the key, under a passphrase if there is one.
    ///
    /// Randomness: 32 bytes with a passphrase.
    /// Time: a third of a second with a passphrase, and 128 MiB.
    ///
    /// # Errors
    /// [`KeyError::Malformed`]: never for a key that was made.
    pub fn to_pem(&self, passphrase: Option<&[u8]>) -> Result<Zeroizing<String>, KeyError> {
        let document = match self {
            Self::Stateless(key) => key.to_pkcs8_der()?,
            Self::Stateful(key) => key.to_pkcs8_der()?,
        };
        let (label, document) = match passphrase {
            None => (PLAIN, document),
            Some(passphrase) => (ENCRYPTED, encrypt(&document, passphrase)?),
        };
        document
            .to_pem(label, LineEnding::LF)
            .map_err(|_| KeyError::Malformed)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`KeyError::Locked`] without a passphrase for a key that has one, [`KeyError::Passphrase`]
    /// with a wrong one, [`KeyError::Malformed`].
    pub fn from_pem(pem: &str, passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| KeyError::Malformed)?;
        match (label, passphrase) {
            (PLAIN, _) => Self::from_der(document.as_bytes()),
            (ENCRYPTED, None) => Err(KeyError::Locked),
            (ENCRYPTED, Some(passphrase)) => {
                let plain = decrypt(document.as_bytes(), passphrase)?;
                // A wrong passphrase gives good padding once in 256 times, and then no key.
                Self::from_der(plain.as_bytes()).map_err(|_| KeyError::Passphrase)
            }
            _ => Err(KeyError::Malformed),
        }
    }

    /// Whether a PEM text is under a passphrase.
    #[must_use]
    pub fn is_locked(pem: &str) -> bool {
        pem.trim_start()
            .starts_with(&format!("-----BEGIN {ENCRYPTED}-----"))
    }

    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let (algorithm, _) = from_pkcs8(der)?;
        Ok(if algorithm.is_stateful() {
            Self::Stateful(Box::new(StatefulKey::from_pkcs8_der(der)?))
        } else {
            Self::Stateless(Box::new(KeyPair::from_pkcs8_der(der)?))
        })
    }
}

impl From<KeyPair> for PrivateKey {
    fn from(key: KeyPair) -> Self {
        Self::Stateless(Box::new(key))
    }
}

impl From<StatefulKey> for PrivateKey {
    fn from(key: StatefulKey) -> Self {
        Self::Stateful(Box::new(key))
    }
}

fn encrypt(document: &SecretDocument, passphrase: &[u8]) -> Result<SecretDocument, KeyError> {
    let cost = scrypt::Params::new(LOG_N, R, 1).map_err(|_| KeyError::Malformed)?;
    let scheme = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &draw::<16>(), draw())
        .map_err(|_| KeyError::Malformed)?;
    let data = scheme
        .encrypt(passphrase, document.as_bytes())
        .map_err(|_| KeyError::Malformed)?;
    let data = der::asn1::OctetStringRef::new(&data).map_err(|_| KeyError::Malformed)?;
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: scheme.into(),
        encrypted_data: data,
    };
    SecretDocument::encode_msg(&info).map_err(|_| KeyError::Malformed)
}

fn decrypt(der: &[u8], passphrase: &[u8]) -> Result<SecretDocument, KeyError> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    let EncryptionScheme::Pbes2(scheme) = &info.encryption_algorithm else {
        return Err(KeyError::Malformed);
    };
    let cost = scheme.kdf.scrypt().ok_or(KeyError::Malformed)?;
    let within = cost.cost_parameter <= 1 << LOG_N_MAX
        && cost.block_size == u16::try_from(R).expect("8")
        && cost.parallelization <= P_MAX;
    if !within {
        return Err(KeyError::Malformed);
    }
    info.decrypt(passphrase).map_err(|_| KeyError::Passphrase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CertificateSigner, SignatureAlgorithm};

    #[test]
    fn a_key_comes_back_under_its_passphrase_and_under_no_other() {
        let key = PrivateKey::from(KeyPair::generate(SignatureAlgorithm::SlhDsa128f).unwrap());
        let pem = key.to_pem(Some(b"correct horse")).unwrap();
        assert!(PrivateKey::is_locked(&pem));
        let again = PrivateKey::from_pem(&pem, Some(b"correct horse"));
        let (PrivateKey::Stateless(key), Ok(PrivateKey::Stateless(again))) = (key, again) else {
            panic!("one stateless key comes back");
        };
        let public = |key: &KeyPair| CertificateSigner::public_key(key).clone();
        assert_eq!(public(&key), public(&again));
        let wrong = PrivateKey::from_pem(&pem, Some(b"wrong horse"));
        assert_eq!(wrong.err(), Some(KeyError::Passphrase));
        assert_eq!(
            PrivateKey::from_pem(&pem, None).err(),
            Some(KeyError::Locked)
        );
    }

    #[test]
    fn a_key_without_passphrase_is_said_to_be_so_and_read() {
        let (key, _) = StatefulKey::generate(SignatureAlgorithm::Hss).unwrap();
        let pem = PrivateKey::from(key).to_pem(None).unwrap();
        assert!(!PrivateKey::is_locked(&pem));
        assert!(matches!(
            PrivateKey::from_pem(&pem, None),
            Ok(PrivateKey::Stateful(_))
        ));
    }

    #[test]
    fn a_key_file_that_asks_for_too_much_memory_is_refused_before_it_gets_it() {
        let cost = scrypt::Params::new(21, R, 1).unwrap();
        let scheme = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &[1; 16], [2; 16]).unwrap();
        let info = EncryptedPrivateKeyInfoRef {
            encryption_algorithm: scheme.into(),
            encrypted_data: der::asn1::OctetStringRef::new(&[0; 32]).unwrap(),
        };
        let document = SecretDocument::encode_msg(&info).unwrap();
        let pem = document.to_pem(ENCRYPTED, LineEnding::LF).unwrap();
        let refused = PrivateKey::from_pem(&pem, Some(b"x"));
        assert_eq!(refused.err(), Some(KeyError::Malformed));
    }
}
