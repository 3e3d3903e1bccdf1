//! An authority's folder and its signers.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hlincos_pki::{
    Certificate, CertificateSigner, KeyError, KeyPair, LEAVES, PrivateKey, PublicKey,
    SignatureAlgorithm, StatefulKey, make_issuing, make_root,
};
use zeroize::Zeroizing;

use crate::AuthorityError;
use crate::files::{private_folder, read, read_if_there, read_secret, refuse_existing, write_new};
use crate::registry::{ISSUED_HEADER, Issued, Issuer, REVOKED_HEADER, Registry};
use crate::signer::{RootSigner, State};

pub(crate) const ROOT_CERTIFICATE: &str = "root.crt.pem";
const ROOT_KEY: &str = "root.key.pem";
const ROOT_TREE: &str = "root.tree";
const ISSUING_CERTIFICATE: &str = "issuing.crt.pem";
const ISSUING_KEY: &str = "issuing.key.pem";
const ISSUED: &str = "issued.tsv";
const REVOKED: &str = "revoked.tsv";
/// A root outlives what it issues; the next one is made in good time.
const ROOT_LIFETIME: Duration = Duration::from_secs(20 * 365 * 86_400);
const ISSUING_LIFETIME: Duration = Duration::from_secs(5 * 365 * 86_400);

/// A passphrase; none means that keys lie open, but for the file's mode.
pub type Passphrase = Option<Zeroizing<Vec<u8>>>;

/// What a root signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootKind(SignatureAlgorithm);

impl RootKind {
    /// A root may be of any algorithm that is no experiment.
    ///
    /// # Errors
    /// The algorithm, when it is one whose standard is not published.
    pub fn new(algorithm: SignatureAlgorithm) -> Result<Self, SignatureAlgorithm> {
        match algorithm {
            SignatureAlgorithm::FnDsa512 | SignatureAlgorithm::Mayo1 => Err(algorithm),
            _ => Ok(Self(algorithm)),
        }
    }
}

/// An authority's folder, opened.
pub struct Authority {
    pub(crate) dir: PathBuf,
    pub(crate) root: Certificate,
    pub(crate) passphrase: Passphrase,
}

/// Who signs, with the certificates that a party shows after its own.
pub(crate) struct Signer {
    pub(crate) issuer: Issuer,
    pub(crate) certificate: Certificate,
    pub(crate) chain: Vec<Certificate>,
    key: Key,
}

enum Key {
    Stateless(Box<KeyPair>),
    Root(Box<RootSigner>),
}

impl Authority {
    /// Makes an authority in a folder.
    ///
    /// Time: half a second for a stateful root, a third more for a passphrase.
    ///
    /// # Errors
    /// [`AuthorityError`]; an authority that is there is never overwritten.
    pub fn init(
        dir: &Path,
        name: &str,
        kind: RootKind,
        passphrase: Passphrase,
    ) -> Result<Self, AuthorityError> {
        private_folder(dir)?;
        for file in [ROOT_CERTIFICATE, ROOT_KEY, ROOT_TREE, ISSUED] {
            refuse_existing(&dir.join(file))?;
        }
        let RootKind(algorithm) = kind;
        write_new(&dir.join(ISSUED), ISSUED_HEADER.as_bytes(), 0o644)?;
        write_new(&dir.join(REVOKED), REVOKED_HEADER.as_bytes(), 0o644)?;
        let root = if algorithm.is_stateful() {
            let (key, tree) = StatefulKey::generate(algorithm).map_err(AuthorityError::Generate)?;
            write_new(&dir.join(ROOT_TREE), &tree.leaves(), 0o644)?;
            let state = State::new(dir, key.public_key());
            state.create(&(0..LEAVES))?;
            // The key comes last: a folder without it cannot sign, whatever else is missing.
            let copy = key
                .narrowed(&key.range())
                .map_err(AuthorityError::Generate)?;
            write_key(&dir.join(ROOT_KEY), &copy.into(), &passphrase)?;
            let signer = RootSigner::new(key, tree, state, now);
            make_root(name, &signer, now(), ROOT_LIFETIME)?
        } else {
            let key = KeyPair::generate(algorithm).map_err(AuthorityError::Generate)?;
            let root = make_root(name, &key, now(), ROOT_LIFETIME)?;
            write_key(&dir.join(ROOT_KEY), &key.into(), &passphrase)?;
            root
        };
        write_certificates(&dir.join(ROOT_CERTIFICATE), &[&root])?;
        let dir = dir.to_owned();
        Ok(Self {
            dir,
            root,
            passphrase,
        })
    }

    /// Opens an authority's folder. Keys are read when they are needed.
    ///
    /// # Errors
    /// [`AuthorityError::Missing`] when it is none.
    pub fn open(dir: &Path, passphrase: Passphrase) -> Result<Self, AuthorityError> {
        let path = dir.join(ROOT_CERTIFICATE);
        if !path.exists() {
            return Err(AuthorityError::Missing(dir.to_owned()));
        }
        Ok(Self {
            dir: dir.to_owned(),
            root: read_certificate(&path)?,
            passphrase,
        })
    }

    /// Makes the issuing authority: its certificate is signed by the root.
    ///
    /// # Errors
    /// [`AuthorityError`]; one that is there is never overwritten.
    pub fn make_issuing(
        &self,
        name: &str,
        algorithm: SignatureAlgorithm,
    ) -> Result<(), AuthorityError> {
        let (certificate, key) = (ISSUING_CERTIFICATE, ISSUING_KEY);
        let (certificate, key) = (self.dir.join(certificate), self.dir.join(key));
        refuse_existing(&certificate)?;
        refuse_existing(&key)?;
        let pair = KeyPair::generate(algorithm).map_err(AuthorityError::Generate)?;
        let root = self.root_signer()?;
        let public = CertificateSigner::public_key(&pair);
        let issuing = make_issuing(name, public, &self.root, &root, now(), ISSUING_LIFETIME)?;
        self.note(&issuing, name, &root)?;
        write_key(&key, &pair.into(), &self.passphrase)?;
        write_certificates(&certificate, &[&issuing])
    }

    /// Every certificate that was issued, oldest first.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn list(&self) -> Result<Vec<Issued>, AuthorityError> {
        Ok(Registry::open(&self.dir)?.issued().to_vec())
    }

    /// One certificate, by its serial number, its DNS name or its party's name.
    ///
    /// # Errors
    /// [`AuthorityError::Unknown`], [`AuthorityError::Several`].
    pub fn show(&self, what: &str) -> Result<Issued, AuthorityError> {
        Ok(Registry::open(&self.dir)?.find(what)?.clone())
    }

    /// The root's algorithm.
    ///
    /// # Errors
    /// [`AuthorityError::Key`] when it is none of ours.
    pub fn algorithm(&self) -> Result<SignatureAlgorithm, AuthorityError> {
        Ok(self.root_key()?.algorithm())
    }

    /// Signatures that a stateful root has left; nothing for the others.
    ///
    /// # Errors
    /// [`AuthorityError::State`] when its records do not agree.
    pub fn signatures_left(&self) -> Result<Option<u32>, AuthorityError> {
        if !self.algorithm()?.is_stateful() {
            return Ok(None);
        }
        let free = self.state()?.free()?;
        Ok(Some(free.end - free.start))
    }

    pub(crate) fn root_key(&self) -> Result<PublicKey, AuthorityError> {
        PublicKey::of(&self.root).map_err(|error| self.key_error(ROOT_CERTIFICATE, error))
    }

    pub(crate) fn state(&self) -> Result<State, AuthorityError> {
        Ok(State::new(&self.dir, &self.root_key()?))
    }

    pub(crate) fn has_issuing(&self) -> bool {
        self.dir.join(ISSUING_CERTIFICATE).exists()
    }

    pub(crate) fn signer(&self, issuer: Issuer) -> Result<Signer, AuthorityError> {
        match issuer {
            Issuer::Root => self.root_signer(),
            Issuer::Issuing => self.issuing_signer(),
        }
    }

    fn root_signer(&self) -> Result<Signer, AuthorityError> {
        let key = match self.private_key(ROOT_KEY, &self.root)? {
            PrivateKey::Stateless(key) => Key::Stateless(key),
            PrivateKey::Stateful(key) => {
                let tree = read_if_there(&self.dir.join(ROOT_TREE))?.unwrap_or_default();
                let tree = key
                    .load_tree(&tree)
                    .map_err(|error| self.key_error(ROOT_TREE, error))?;
                let signer = RootSigner::new(*key, tree, self.state()?, now);
                Key::Root(Box::new(signer))
            }
        };
        Ok(Signer {
            issuer: Issuer::Root,
            certificate: self.root.clone(),
            chain: Vec::new(),
            key,
        })
    }

    fn issuing_signer(&self) -> Result<Signer, AuthorityError> {
        if !self.has_issuing() {
            return Err(AuthorityError::NoIssuing(self.dir.clone()));
        }
        let certificate = read_certificate(&self.dir.join(ISSUING_CERTIFICATE))?;
        let PrivateKey::Stateless(key) = self.private_key(ISSUING_KEY, &certificate)? else {
            return Err(self.key_error(ISSUING_KEY, KeyError::Stateful));
        };
        Ok(Signer {
            issuer: Issuer::Issuing,
            chain: vec![certificate.clone()],
            certificate,
            key: Key::Stateless(key),
        })
    }

    /// A private key, if it is the certificate's.
    fn private_key(
        &self,
        file: &str,
        certificate: &Certificate,
    ) -> Result<PrivateKey, AuthorityError> {
        let path = self.dir.join(file);
        let pem = read_secret(&path)?;
        let passphrase = self.passphrase.as_ref().map(|secret| secret.as_slice());
        let key =
            PrivateKey::from_pem(&pem, passphrase).map_err(|error| self.key_error(file, error))?;
        let public = match &key {
            PrivateKey::Stateless(key) => CertificateSigner::public_key(&**key),
            PrivateKey::Stateful(key) => key.public_key(),
        };
        if PublicKey::of(certificate).as_ref() != Ok(public) {
            return Err(AuthorityError::AnotherKey(path));
        }
        Ok(key)
    }

    /// The stateful root's key as it lies in its file.
    pub(crate) fn stateful_key(&self) -> Result<StatefulKey, AuthorityError> {
        match self.private_key(ROOT_KEY, &self.root)? {
            PrivateKey::Stateful(key) => Ok(*key),
            PrivateKey::Stateless(_) => Err(AuthorityError::Stateless(self.dir.clone())),
        }
    }

    /// Notes a certificate: one that nobody noted could never be revoked.
    pub(crate) fn note(
        &self,
        certificate: &Certificate,
        party: &str,
        signer: &Signer,
    ) -> Result<(), AuthorityError> {
        let one = Issued {
            serial: certificate.serial(),
            party: party.to_owned(),
            not_after: certificate.not_after().as_secs(),
            issuer: signer.issuer,
            index: signer.last_index(),
            revoked_at: None,
            reason: None,
        };
        Registry::open(&self.dir)?.note_issued(&one)
    }

    fn key_error(&self, file: &str, error: KeyError) -> AuthorityError {
        AuthorityError::Key(self.dir.join(file), error)
    }
}

impl Signer {
    fn last_index(&self) -> Option<u32> {
        match &self.key {
            Key::Stateless(_) => None,
            Key::Root(signer) => signer.last_index(),
        }
    }
}

impl CertificateSigner for Signer {
    fn public_key(&self) -> &PublicKey {
        match &self.key {
            Key::Stateless(key) => CertificateSigner::public_key(&**key),
            Key::Root(signer) => signer.public_key(),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, hlincos_pki::SignError> {
        match &self.key {
            Key::Stateless(key) => key.sign(message),
            Key::Root(signer) => signer.sign(message),
        }
    }
}

/// The files of another signer of the same root, over its part of the leaves.
pub(crate) fn write_part(
    from: &Authority,
    to: &Path,
    key: StatefulKey,
) -> Result<(), AuthorityError> {
    let tree = read_if_there(&from.dir.join(ROOT_TREE))?.unwrap_or_default();
    write_new(&to.join(ISSUED), ISSUED_HEADER.as_bytes(), 0o644)?;
    write_new(&to.join(REVOKED), REVOKED_HEADER.as_bytes(), 0o644)?;
    write_new(&to.join(ROOT_TREE), &tree, 0o644)?;
    State::new(to, key.public_key()).create(&key.range())?;
    write_key(&to.join(ROOT_KEY), &key.into(), &from.passphrase)?;
    write_certificates(&to.join(ROOT_CERTIFICATE), &[&from.root])
}

/// Puts a narrower key in the place of the root's.
pub(crate) fn replace_root_key(
    authority: &Authority,
    key: StatefulKey,
) -> Result<(), AuthorityError> {
    let path = authority.dir.join(ROOT_KEY);
    let pem = to_pem(&path, &key.into(), &authority.passphrase)?;
    crate::files::replace(&path, pem.as_bytes(), 0o600)
}

pub(crate) fn refuse_part(to: &Path) -> Result<(), AuthorityError> {
    private_folder(to)?;
    for file in [ROOT_CERTIFICATE, ROOT_KEY, ROOT_TREE, ISSUED] {
        refuse_existing(&to.join(file))?;
    }
    Ok(())
}

pub(crate) fn write_key(
    path: &Path,
    key: &PrivateKey,
    passphrase: &Passphrase,
) -> Result<(), AuthorityError> {
    write_new(path, to_pem(path, key, passphrase)?.as_bytes(), 0o600)
}

fn to_pem(
    path: &Path,
    key: &PrivateKey,
    passphrase: &Passphrase,
) -> Result<Zeroizing<String>, AuthorityError> {
    let passphrase = passphrase.as_ref().map(|secret| secret.as_slice());
    key.to_pem(passphrase)
        .map_err(|error| AuthorityError::Key(path.to_owned(), error))
}

pub(crate) fn write_certificates(
    path: &Path,
    chain: &[&Certificate],
) -> Result<(), AuthorityError> {
    write_new(path, chain_pem(path, chain)?.as_bytes(), 0o644)
}

pub(crate) fn chain_pem(path: &Path, chain: &[&Certificate]) -> Result<String, AuthorityError> {
    chain
        .iter()
        .map(|one| one.to_pem())
        .collect::<Result<String, _>>()
        .map_err(|error| AuthorityError::Certificate(path.to_owned(), error))
}

pub(crate) fn read_certificate(path: &Path) -> Result<Certificate, AuthorityError> {
    Certificate::from_pem(&read(path)?)
        .map_err(|error| AuthorityError::Certificate(path.to_owned(), error))
}

pub(crate) fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
