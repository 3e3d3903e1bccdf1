//! An authority's folder, from its making to its last one-time key.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod ledger;
mod lifecycle;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hlincos_authority::{Authority, AuthorityError, IssueRequest, Issuer, Passphrase, RootKind};
use hlincos_pki::{
    Certificate, ChainError, Crl, HcRole, Identity, Role, ShownChain, SignatureAlgorithm, Usage,
    VerifiedIdentity, Verifier,
};
use zeroize::Zeroizing;

const DAY: Duration = Duration::from_secs(86_400);

fn kind(algorithm: SignatureAlgorithm) -> RootKind {
    RootKind::new(algorithm).unwrap()
}

fn secret(text: &str) -> Passphrase {
    Some(Zeroizing::new(text.as_bytes().to_vec()))
}

fn doctor(name: &str) -> Identity {
    Identity {
        role: Role::Clinician,
        name: name.parse().unwrap(),
    }
}

fn issue(authority: &Authority, name: &str, out: &Path) -> Result<(), AuthorityError> {
    issue_by(authority, name, out, None)
}

fn issue_by(
    authority: &Authority,
    name: &str,
    out: &Path,
    issuer: Option<Issuer>,
) -> Result<(), AuthorityError> {
    let roles: [HcRole; 1] = ["医師".parse().unwrap()];
    let request = IssueRequest {
        identity: &doctor(name),
        algorithm: SignatureAlgorithm::MlDsa65,
        roles: &roles,
        institution: None,
        lifetime: DAY,
        issuer,
        passphrase: None,
    };
    authority.issue(request, out)
}

/// What a verifier that knows the root and these lists makes of a party's file.
fn verify(out: &Path, name: &str, crls: Option<&Path>) -> Result<VerifiedIdentity, ChainError> {
    let root = pem(&out.join("root.crt.pem"));
    let mut verifier = Verifier::new(&[root[0].to_der().unwrap().into()]).unwrap();
    if let Some(path) = crls {
        let lists = Crl::all_from_pem(&fs::read_to_string(path).unwrap()).unwrap();
        let ders: Vec<Vec<u8>> = lists.iter().map(|crl| crl.to_der().unwrap()).collect();
        verifier = verifier.with_crls(&ders).unwrap();
    }
    let chain = pem(&out.join(format!("{name}.crt.pem")));
    let ders: Vec<_> = chain
        .iter()
        .map(|one| one.to_der().unwrap().into())
        .collect();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    verifier.verify(&ShownChain::new(&ders).unwrap(), Usage::Client, now)
}

fn pem(path: &Path) -> Vec<Certificate> {
    Certificate::chain_from_pem(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A folder for a test, and paths in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn hss(&self) -> Authority {
        let kind = kind(SignatureAlgorithm::Hss);
        Authority::init(&self.at("ca"), "test root", kind, None).unwrap()
    }
}
