//! The algorithms in the shape that webpki and rustls take.

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use super::SignatureAlgorithm;

/// webpki's view of an algorithm.
#[derive(Debug)]
struct Verification(SignatureAlgorithm);

static VERIFICATIONS: [Verification; SignatureAlgorithm::ALL.len()] = [
    Verification(SignatureAlgorithm::MlDsa65),
    Verification(SignatureAlgorithm::FnDsa512),
    Verification(SignatureAlgorithm::Mayo1),
    Verification(SignatureAlgorithm::Hss),
    Verification(SignatureAlgorithm::Xmss),
    Verification(SignatureAlgorithm::SlhDsa128s),
    Verification(SignatureAlgorithm::SlhDsa128f),
];

impl SignatureAlgorithm {
    /// The algorithm in the shape that webpki and rustls take.
    #[must_use]
    pub fn verification(self) -> &'static dyn SignatureVerificationAlgorithm {
        let found = VERIFICATIONS.iter().find(|one| one.0 == self);
        found.expect("the table has all algorithms")
    }
}

impl SignatureVerificationAlgorithm for Verification {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let verified = self.0.verify(public_key, message, signature);
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(self.0.identifier_der())
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(self.0.identifier_der())
    }
}
