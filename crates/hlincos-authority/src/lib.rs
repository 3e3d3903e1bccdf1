//! The certificate authority's folder: make it, issue from it.
//!
//! `root.crt.pem`, `root.key.pem` (mode 0600) and `issued.tsv`, a ledger of every certificate
//! that is on disk before the certificate leaves the folder.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hlincos_pki::{
    Certificate, CertificateError, Identity, IssueError, KeyError, KeyPair, Party,
    SignatureAlgorithm, make_root,
};

const ROOT_CERTIFICATE: &str = "root.crt.pem";
const ROOT_KEY: &str = "root.key.pem";
const LEDGER: &str = "issued.tsv";
/// A root outlives what it issues; the next one is made in good time.
const ROOT_LIFETIME: Duration = Duration::from_secs(20 * 365 * 86_400);

/// Why the authority did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// Something is there that would be overwritten.
    #[error("{0} is there already and is never overwritten; choose another folder or name")]
    Exists(PathBuf),
    /// There is no authority in the folder.
    #[error("{0} is no authority's folder; make one with `hlincos ca init`")]
    Missing(PathBuf),
    /// Others may read the root's key.
    #[error("others may read the root's key {0}; run: chmod 600 {0}")]
    Open(PathBuf),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// The root's certificate is none.
    #[error("{0}: {1}")]
    Certificate(PathBuf, CertificateError),
    /// The root's key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Issuing failed.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// Makes an authority in a folder.
///
/// # Errors
/// [`AuthorityError`]; an authority that is there is never overwritten.
pub fn init(dir: &Path, name: &str) -> Result<(), AuthorityError> {
    private_folder(dir)?;
    for file in [ROOT_CERTIFICATE, ROOT_KEY, LEDGER] {
        refuse_existing(&dir.join(file))?;
    }
    let key = KeyPair::generate(SignatureAlgorithm::MlDsa65)?;
    let certificate = make_root(name, &key, now(), ROOT_LIFETIME)?;
    write_new(&dir.join(ROOT_KEY), key.to_pkcs8_pem()?.as_bytes(), 0o600)?;
    write_new(
        &dir.join(ROOT_CERTIFICATE),
        pem(&certificate, dir)?.as_bytes(),
        0o644,
    )?;
    write_new(
        &dir.join(LEDGER),
        b"serial\tparty\tnot after (unix)\n",
        0o644,
    )
}

/// Issues a certificate for a new key and writes both, with the root's certificate, into `out`.
///
/// # Errors
/// [`AuthorityError`]; certificates and keys that are there are never overwritten.
pub fn issue(
    dir: &Path,
    identity: &Identity,
    out: &Path,
    lifetime: Duration,
) -> Result<(), AuthorityError> {
    let (root, root_key) = load(dir)?;
    private_folder(out)?;
    let certificate_path = out.join(format!("{}.crt.pem", identity.name));
    let key_path = out.join(format!("{}.key.pem", identity.name));
    refuse_existing(&certificate_path)?;
    refuse_existing(&key_path)?;
    let key = KeyPair::generate(SignatureAlgorithm::MlDsa65)?;
    let party = Party::new(identity.clone(), &key);
    let certificate = hlincos_pki::issue(&root, &root_key, &party, now(), lifetime)?;
    let line = format!(
        "{}\t{}\t{}\n",
        certificate.serial(),
        identity.dns_name(),
        certificate.not_after().as_secs()
    );
    // The ledger first: a certificate that nobody noted could never be revoked.
    append(&dir.join(LEDGER), line.as_bytes())?;
    write_new(&key_path, key.to_pkcs8_pem()?.as_bytes(), 0o600)?;
    write_new(&certificate_path, pem(&certificate, out)?.as_bytes(), 0o644)?;
    let root_path = out.join(ROOT_CERTIFICATE);
    let root_pem = pem(&root, dir)?;
    match fs::read_to_string(&root_path) {
        Ok(there) if there == root_pem => Ok(()),
        Ok(_) => Err(AuthorityError::Exists(root_path)),
        Err(_) => write_new(&root_path, root_pem.as_bytes(), 0o644),
    }
}

fn load(dir: &Path) -> Result<(Certificate, KeyPair), AuthorityError> {
    let (certificate, key) = (dir.join(ROOT_CERTIFICATE), dir.join(ROOT_KEY));
    let meta = fs::metadata(&key).map_err(|_| AuthorityError::Missing(dir.to_owned()))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(AuthorityError::Open(key));
    }
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|error| AuthorityError::File(path.to_owned(), error))
    };
    let root = Certificate::from_pem(&read(&certificate)?)
        .map_err(|error| AuthorityError::Certificate(certificate, error))?;
    let key = KeyPair::from_pkcs8_pem(&zeroize::Zeroizing::new(read(&key)?))?;
    Ok((root, key))
}

fn pem(certificate: &Certificate, dir: &Path) -> Result<String, AuthorityError> {
    certificate
        .to_pem()
        .map_err(|error| AuthorityError::Certificate(dir.to_owned(), error))
}

fn private_folder(dir: &Path) -> Result<(), AuthorityError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| AuthorityError::File(dir.to_owned(), error))
}

fn refuse_existing(path: &Path) -> Result<(), AuthorityError> {
    if path.exists() {
        Err(AuthorityError::Exists(path.to_owned()))
    } else {
        Ok(())
    }
}

/// Writes a file that is not there yet; it has its mode from its first instant.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let file = |error| AuthorityError::File(path.to_owned(), error);
    let mut new = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(file)?;
    new.write_all(bytes)
        .and_then(|()| new.sync_all())
        .map_err(file)
}

fn append(path: &Path, line: &[u8]) -> Result<(), AuthorityError> {
    let file = |error| AuthorityError::File(path.to_owned(), error);
    let mut ledger = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(file)?;
    ledger
        .write_all(line)
        .and_then(|()| ledger.sync_all())
        .map_err(file)
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn party(name: &str) -> Identity {
        Identity {
            role: hlincos_pki::Role::Shareholder,
            name: name.parse().unwrap(),
        }
    }

    #[test]
    fn an_authority_issues_what_it_noted_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (ca, out) = (folder.path().join("ca"), folder.path().join("osaka"));
        init(&ca, "test root").unwrap();
        assert!(matches!(init(&ca, "again"), Err(AuthorityError::Exists(_))));
        issue(&ca, &party("osaka"), &out, DAY).unwrap();
        assert!(matches!(
            issue(&ca, &party("osaka"), &out, DAY),
            Err(AuthorityError::Exists(_))
        ));
        let ledger = fs::read_to_string(ca.join(LEDGER)).unwrap();
        assert_eq!(ledger.lines().count(), 2);
        assert!(ledger.contains("osaka.shareholder.hlincos.internal"));
        for key in [ca.join(ROOT_KEY), out.join("osaka.key.pem")] {
            assert_eq!(
                fs::metadata(key).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let pem = fs::read_to_string(out.join("osaka.crt.pem")).unwrap();
        let der = Certificate::from_pem(&pem).unwrap().to_der().unwrap();
        assert_eq!(Identity::from_certificate(&der).unwrap(), party("osaka"));
    }

    #[test]
    fn a_folder_without_authority_and_an_open_key_are_refused_with_the_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let error = issue(folder.path(), &party("x"), folder.path(), DAY).unwrap_err();
        assert!(error.to_string().contains("hlincos ca init"));
        init(folder.path(), "test root").unwrap();
        let key = folder.path().join(ROOT_KEY);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let error = issue(folder.path(), &party("x"), folder.path(), DAY).unwrap_err();
        assert!(error.to_string().contains("chmod 600"));
    }
}
