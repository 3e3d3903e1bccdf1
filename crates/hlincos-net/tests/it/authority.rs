//! An authority of the test's own, and what it issues.

use std::time::{Duration, SystemTime};

use hlincos_pki::{
    Certificate, Identity, KeyPair, Party, Role, SignatureAlgorithm, issue, make_root,
};
use hlincos_tls::Credential;

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn identity(role: Role, name: &str) -> Identity {
    Identity {
        role,
        name: name.parse().unwrap(),
    }
}

pub(crate) fn authority() -> (Certificate, KeyPair) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
    let root = make_root("test root", &key, now.unwrap(), DAY).unwrap();
    (root, key)
}

/// A certificate of one authority, and trust in another.
pub(crate) fn credential(
    by: &(Certificate, KeyPair),
    who: &Identity,
    trusted: &Certificate,
) -> Credential {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
    let party = Party::new(who.clone(), &key);
    let certificate = issue(&by.0, &by.1, &party, now.unwrap(), DAY).unwrap();
    Credential::from_pem(
        certificate.to_pem().unwrap().as_bytes(),
        key.to_pkcs8_pem().unwrap().as_bytes(),
        trusted.to_pem().unwrap().as_bytes(),
    )
    .unwrap()
}
