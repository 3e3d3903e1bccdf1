//! Any signer of ours in the shape that the X.509 builders want.

use der::asn1::BitString;
use signature::Keypair;
use spki::{AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier};
use x509_cert::builder::Builder;

use crate::{CertificateSigner, IssueError, PublicKey};

struct Shape<'a>(&'a dyn CertificateSigner);

impl Keypair for Shape<'_> {
    type VerifyingKey = PublicKey;
    fn verifying_key(&self) -> PublicKey {
        self.0.public_key().clone()
    }
}

impl DynSignatureAlgorithmIdentifier for Shape<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.0.public_key().algorithm().identifier())
    }
}

/// Builds and signs; the signer's own refusal comes back whole.
pub(crate) fn build<B: Builder>(
    mut builder: B,
    signer: &dyn CertificateSigner,
) -> Result<B::Output, IssueError> {
    let shape = Shape(signer);
    let blob = builder.finalize(&shape)?;
    let signature = BitString::from_bytes(&signer.sign(&blob)?)?;
    Ok(builder.assemble(signature, &shape)?)
}
