//! The signature algorithms of the product behind one enum: names, encodings, verification.
//!
//! One small adapter per algorithm; nobody else names the library behind it. Private keys are
//! [`crate::KeyPair`] (stateless) and [`crate::StatefulKey`] (hash trees whose leaves sign once).

pub(crate) mod fn_dsa;
pub(crate) mod hss;
pub(crate) mod mayo;
pub(crate) mod ml_dsa;
pub(crate) mod slh_dsa;
pub(crate) mod xmss;

use core::fmt;
use core::str::FromStr;

use spki::{AlgorithmIdentifierOwned, ObjectIdentifier};

/// A signature algorithm with its one parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignatureAlgorithm {
    /// ML-DSA-65: FIPS 204, in certificates RFC 9881.
    MlDsa65,
    /// FN-DSA-512 as the library has it before FIPS 206 is published; the identifier is experimental.
    FnDsa512,
    /// MAYO-1, round 3 of NIST's additional signatures; the identifier is experimental.
    Mayo1,
    /// HSS with one level, LMS_SHA256_M32_H10 and LMOTS_SHA256_N32_W8: RFC 8554, RFC 9802.
    Hss,
    /// XMSS-SHA2_10_256: RFC 8391, in certificates RFC 9802.
    Xmss,
    /// SLH-DSA-SHA2-128s: FIPS 205, in certificates RFC 9909.
    SlhDsa128s,
    /// SLH-DSA-SHA2-128f: FIPS 205, in certificates RFC 9909.
    SlhDsa128f,
}

/// A signature is not of this message by this key, or key or signature are malformed.
///
/// It does not say which: a forger learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct VerifyError;

/// The word names no signature algorithm of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a signature algorithm is one of ml-dsa-65, fn-dsa-512, mayo-1, hss, xmss, slh-dsa-128s, \
     slh-dsa-128f"
)]
pub struct AlgorithmError;

/// What stands about an algorithm in standards.
struct Facts {
    name: &'static str,
    oid: ObjectIdentifier,
    public_key_bytes: usize,
    signature_bytes: usize,
}

impl SignatureAlgorithm {
    /// All algorithms.
    pub const ALL: [Self; 7] = [
        Self::MlDsa65,
        Self::FnDsa512,
        Self::Mayo1,
        Self::Hss,
        Self::Xmss,
        Self::SlhDsa128s,
        Self::SlhDsa128f,
    ];

    const fn facts(self) -> Facts {
        let (name, oid, public_key_bytes, signature_bytes) = match self {
            Self::MlDsa65 => ("ml-dsa-65", "2.16.840.1.101.3.4.3.18", 1952, 3309),
            Self::FnDsa512 => ("fn-dsa-512", "1.3.9999.3.11", 897, 666),
            Self::Mayo1 => ("mayo-1", "1.3.9999.8.1.3", 1420, 454),
            Self::Hss => ("hss", "1.2.840.113549.1.9.16.3.17", 60, 1456),
            Self::Xmss => ("xmss", "1.3.6.1.5.5.7.6.34", 68, 2500),
            Self::SlhDsa128s => ("slh-dsa-128s", "2.16.840.1.101.3.4.3.20", 32, 7856),
            Self::SlhDsa128f => ("slh-dsa-128f", "2.16.840.1.101.3.4.3.21", 32, 17_088),
        };
        Facts {
            name,
            oid: ObjectIdentifier::new_unwrap(oid),
            public_key_bytes,
            signature_bytes,
        }
    }

    /// The object identifier, of keys and signatures alike.
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        self.facts().oid
    }

    /// The contents of the `AlgorithmIdentifier` in DER: the identifier, no parameters.
    ///
    /// This is what webpki compares; the enclosing SEQUENCE is not part of it.
    #[must_use]
    pub const fn identifier_der(self) -> &'static [u8] {
        match self {
            Self::MlDsa65 => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x12",
            Self::FnDsa512 => b"\x06\x05\x2B\xCE\x0F\x03\x0B",
            Self::Mayo1 => b"\x06\x06\x2B\xCE\x0F\x08\x01\x03",
            Self::Hss => b"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x03\x11",
            Self::Xmss => b"\x06\x08\x2B\x06\x01\x05\x05\x07\x06\x22",
            Self::SlhDsa128s => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x14",
            Self::SlhDsa128f => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x15",
        }
    }

    /// Bytes of a public key, as the BIT STRING of a certificate holds it.
    #[must_use]
    pub const fn public_key_bytes(self) -> usize {
        self.facts().public_key_bytes
    }

    /// Bytes of a signature, as the BIT STRING of a certificate holds it.
    #[must_use]
    pub const fn signature_bytes(self) -> usize {
        self.facts().signature_bytes
    }

    /// Whether each signature spends a leaf that must never sign again.
    #[must_use]
    pub const fn is_stateful(self) -> bool {
        matches!(self, Self::Hss | Self::Xmss)
    }

    /// The algorithm of an object identifier.
    #[must_use]
    pub fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.oid() == *oid)
    }

    pub(crate) const fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned {
            oid: self.oid(),
            parameters: None,
        }
    }

    /// Verifies a signature.
    ///
    /// Shape: `public_key` and `signature` are the contents of the BIT STRINGs in certificates.
    /// Time: not constant; nothing here is secret.
    ///
    /// # Errors
    /// [`VerifyError`], also when a length or a parameter set is another than the one above.
    pub fn verify(
        self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let lengths = (public_key.len(), signature.len());
        if lengths != (self.public_key_bytes(), self.signature_bytes()) {
            return Err(VerifyError);
        }
        let holds = match self {
            Self::MlDsa65 => ml_dsa::verify(public_key, message, signature),
            Self::FnDsa512 => fn_dsa::verify(public_key, message, signature),
            Self::Mayo1 => mayo::verify(public_key, message, signature),
            Self::Hss => hss::verify(public_key, message, signature),
            Self::Xmss => xmss::verify(public_key, message, signature),
            Self::SlhDsa128s => slh_dsa::verify_128s(public_key, message, signature),
            Self::SlhDsa128f => slh_dsa::verify_128f(public_key, message, signature),
        };
        if holds { Ok(()) } else { Err(VerifyError) }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}

impl FromStr for SignatureAlgorithm {
    type Err = AlgorithmError;
    fn from_str(text: &str) -> Result<Self, AlgorithmError> {
        Self::ALL
            .into_iter()
            .find(|one| one.facts().name == text)
            .ok_or(AlgorithmError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;

    #[test]
    fn names_and_identifiers_are_read_back_and_no_two_are_alike() {
        for one in SignatureAlgorithm::ALL {
            assert_eq!(one.to_string().parse(), Ok(one));
            assert_eq!(SignatureAlgorithm::from_oid(&one.oid()), Some(one));
            assert_eq!(one.oid().to_der().unwrap(), one.identifier_der());
        }
        assert_eq!(
            "ml-dsa-44".parse::<SignatureAlgorithm>(),
            Err(AlgorithmError)
        );
    }
}
