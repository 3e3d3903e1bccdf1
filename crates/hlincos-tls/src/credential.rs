//! A party's certificates, key, roots and policy, from files that only it can write.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hlincos_pki::{
    Certificate, Identity, KeyPair, PrivateKey, PublicKey, SignatureAlgorithm, Verifier,
};
use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::Exchange;
use crate::policy::{LivePolicy, Policy, PolicyFileError, Use};

/// The policy's file, beside the root certificate.
const POLICY_FILE: &str = "suites.toml";

/// What a party shows and proves, whom it believes, and what it may use.
pub struct Credential {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: Arc<KeyPair>,
    pub(crate) roots: Vec<CertificateDer<'static>>,
    pub(crate) lists: Option<PathBuf>,
    pub(crate) policy: Arc<LivePolicy>,
    pub(crate) exchange: Exchange,
    pub(crate) own: Use,
}

/// Why a credential cannot be used; every text names the file and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A file is not there or not readable.
    #[error("{0} cannot be read ({1}); `hlincos ca issue` writes it")]
    Read(PathBuf, io::Error),
    /// The key is readable by others.
    #[error("others may read the private key {0}; run: chmod 600 {0}")]
    Open(PathBuf),
    /// A file does not hold what its name says.
    #[error("{0} holds no {1} in PEM; issue it again with `hlincos ca issue`")]
    Malformed(PathBuf, &'static str),
    /// The suite policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
}

impl Credential {
    /// Takes PEM texts: the party's certificate with the issuing authority's behind it if there is
    /// one, its key without passphrase, and the roots that are believed, the party's own first.
    ///
    /// The built-in suite policy is in force.
    ///
    /// # Errors
    /// The name of the first text that is not what it should be.
    pub fn from_pem(certificates: &[u8], key: &[u8], roots: &[u8]) -> Result<Self, &'static str> {
        let chain = certificates_of(certificates).ok_or("certificate")?;
        let roots = certificates_of(roots).ok_or("root certificate")?;
        let key = str::from_utf8(key).map_err(|_| "private key")?;
        let Ok(PrivateKey::Stateless(key)) = PrivateKey::from_pem(key, None) else {
            return Err("private key without passphrase that signs at will");
        };
        let own = Use {
            root: algorithm(&roots[0]).ok_or("root certificate of an algorithm of ours")?,
            signature: key.algorithm(),
            role: Identity::from_certificate(&chain[0])
                .map_err(|_| "certificate of a party")?
                .role,
        };
        Ok(Self {
            chain,
            key: key.into(),
            roots,
            lists: None,
            policy: Arc::new(LivePolicy::fixed(Policy::built_in())),
            exchange: Exchange::X25519MlKem768,
            own,
        })
    }

    /// Reads the three files, and watches for the suite policy `suites.toml` beside the root.
    ///
    /// # Errors
    /// [`CredentialError`], also when others may read the key.
    pub fn from_files(
        certificates: &Path,
        key: &Path,
        roots: &Path,
    ) -> Result<Self, CredentialError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| CredentialError::Read(path.to_owned(), error))
        };
        let meta =
            fs::metadata(key).map_err(|error| CredentialError::Read(key.to_owned(), error))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(CredentialError::Open(key.to_owned()));
        }
        let secret = Zeroizing::new(read(key)?);
        let credential = Self::from_pem(&read(certificates)?, &secret, &read(roots)?);
        let credential = credential.map_err(|what| {
            let path = match what.split(' ').next() {
                Some("certificate") => certificates,
                Some("private") => key,
                _ => roots,
            };
            CredentialError::Malformed(path.to_owned(), what)
        })?;
        credential.with_policy_beside(roots)
    }

    fn with_policy_beside(self, roots: &Path) -> Result<Self, CredentialError> {
        let file = roots.with_file_name(POLICY_FILE);
        let verifier = Verifier::new(&self.roots)
            .map_err(|_| CredentialError::Malformed(roots.to_owned(), "root certificate"))?;
        let policy = LivePolicy::open(&file, verifier)?;
        Ok(self.with_policy(Arc::new(policy)))
    }

    /// Puts another policy in force.
    #[must_use]
    pub fn with_policy(mut self, policy: Arc<LivePolicy>) -> Self {
        self.policy = policy;
        self
    }

    /// Makes connections with this exchange; servers take every one that the policy allows.
    #[must_use]
    pub const fn with_exchange(mut self, exchange: Exchange) -> Self {
        self.exchange = exchange;
        self
    }

    /// Believes no chain that the revocation lists in this file do not cover; the file is read
    /// again when it changes.
    #[must_use]
    pub fn with_revocation_lists(mut self, file: PathBuf) -> Self {
        self.lists = Some(file);
        self
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Arc<LivePolicy> {
        &self.policy
    }

    /// Bytes of the certificates that the party shows.
    #[must_use]
    pub fn chain_bytes(&self) -> usize {
        self.chain.iter().map(|one| one.len()).sum()
    }
}

fn certificates_of(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain = Certificate::chain_from_pem(str::from_utf8(pem).ok()?).ok()?;
    let der = chain.iter().map(|one| Some(one.to_der().ok()?.into()));
    der.collect()
}

fn algorithm(root: &CertificateDer<'_>) -> Option<SignatureAlgorithm> {
    let root = Certificate::from_der(root).ok()?;
    Some(PublicKey::of(&root).ok()?.algorithm())
}
