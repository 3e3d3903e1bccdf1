//! Makes a folder with all that a pair needs: certificates, keys, configuration.
//!
//! Certificates are ordinary ones (ECDSA P-256 or RSA, with alternative names; keys in PKCS#8 PEM),
//! as those of vendors' key managers, so that any client can call.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SanType, date_time_ymd,
};
use zeroize::Zeroizing;

use crate::example::example;

const YEARS: i32 = 10;
const NAME_BYTES_MAX: usize = 60;

/// What a folder is made for.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Where the two key managers listen.
    pub listen: [SocketAddr; 2],
    /// Where page and control are.
    pub control: Option<SocketAddr>,
    /// The applications, and which key manager (0 or 1) each belongs to.
    pub saes: Vec<(String, usize)>,
    /// RSA instead of ECDSA.
    pub rsa: bool,
}

/// Why no folder was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// A name cannot be a file's.
    #[error(
        "the SAE id {0:?} has characters beside letters, digits, '.', '_' and '-', or more than {NAME_BYTES_MAX}; edit kme.toml for such ids"
    )]
    Name(String),
    /// A file is there, or cannot be written.
    #[error("{0} cannot be written ({1}); choose a new folder")]
    Write(PathBuf, io::Error),
    /// The library refused.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// Writes `kme.toml`, `ca.pem`, and certificate (`NAME.pem`) and key (`NAME.key`) of both key
/// managers (`kme-a`, `kme-b`) and of every application; gives the path of `kme.toml`.
///
/// Randomness: one key and serial number a certificate, drawn by the library.
/// Security: the authority's key is thrown away; new applications need a new folder.
///
/// # Errors
/// [`CredentialsError`]; nothing that is there is written over.
pub fn init(folder: &Path, options: &InitOptions) -> Result<PathBuf, CredentialsError> {
    for (name, _) in &options.saes {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let dots = name.starts_with('.');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || dots || !name.bytes().all(legal) {
            return Err(CredentialsError::Name(name.clone()));
        }
    }
    fs::create_dir_all(folder)
        .map_err(|error| CredentialsError::Write(folder.to_owned(), error))?;
    let config = folder.join("kme.toml");
    write(&config, example(options).as_bytes(), 0o644)?;
    let issuer = authority(folder, options.rsa)?;
    for (at, listen) in options.listen.iter().enumerate() {
        let name = kme_name(at);
        issue(folder, &issuer, name, Some(*listen), options.rsa)?;
    }
    for (name, _) in &options.saes {
        issue(folder, &issuer, name, None, options.rsa)?;
    }
    Ok(config)
}

/// The id of one of the pair.
pub(crate) const fn kme_name(at: usize) -> &'static str {
    if at == 0 { "kme-a" } else { "kme-b" }
}

fn authority(folder: &Path, rsa: bool) -> Result<Issuer<'static, KeyPair>, CredentialsError> {
    let mut params = params("H-LINCOS simulated key managers", Vec::new());
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = key_pair(rsa)?;
    let certificate = params.self_signed(&key)?;
    write(&folder.join("ca.pem"), certificate.pem().as_bytes(), 0o644)?;
    Ok(Issuer::new(params, key))
}

/// One party's certificate and key; those of a key manager name where it is.
fn issue(
    folder: &Path,
    issuer: &Issuer<'static, KeyPair>,
    name: &str,
    listen: Option<SocketAddr>,
    rsa: bool,
) -> Result<(), CredentialsError> {
    let mut names = vec![SanType::DnsName(name.try_into()?)];
    let usage = match listen {
        Some(listen) => {
            names.push(SanType::DnsName("localhost".try_into()?));
            let mut addresses = vec![
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ];
            if !addresses.contains(&listen.ip()) {
                addresses.push(listen.ip());
            }
            names.extend(addresses.into_iter().map(SanType::IpAddress));
            ExtendedKeyUsagePurpose::ServerAuth
        }
        None => ExtendedKeyUsagePurpose::ClientAuth,
    };
    let mut params = params(name, names);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let key = key_pair(rsa)?;
    let certificate = params.signed_by(&key, issuer)?;
    let secret = Zeroizing::new(key.serialize_pem());
    let path = |extension: &str| folder.join(format!("{name}.{extension}"));
    write(&path("pem"), certificate.pem().as_bytes(), 0o644)?;
    write(&path("key"), secret.as_bytes(), 0o600)
}

fn params(name: &str, names: Vec<SanType>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = names;
    let year = year();
    params.not_before = date_time_ymd(year - 1, 1, 1);
    params.not_after = date_time_ymd(year + YEARS, 1, 1);
    params
}

/// This year, or the one beside it for some hours around New Year: near enough for a validity.
fn year() -> i32 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let years = since.unwrap_or_default().as_secs() / 31_556_952;
    1970 + i32::try_from(years).unwrap_or(0)
}

fn key_pair(rsa: bool) -> Result<KeyPair, rcgen::Error> {
    let algorithm = if rsa {
        &PKCS_RSA_SHA256
    } else {
        &PKCS_ECDSA_P256_SHA256
    };
    KeyPair::generate_for(algorithm)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CredentialsError> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| CredentialsError::Write(path.to_owned(), error))
}
