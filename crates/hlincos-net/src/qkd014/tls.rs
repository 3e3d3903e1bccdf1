//! Where a key manager is, who it must prove to be, and what we show it.
//!
//! A key manager is a vendor's device: its certificates are ordinary ones (ECDSA, RSA) of whatever
//! authority its operator runs, so these connections do not use the product's own TLS.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use der::Decode;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use zeroize::Zeroizing;

use super::client::Method;

/// One key manager, as it is configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Host and port.
    pub address: String,
    /// The DNS name or IP address that its certificate must hold; the host when absent.
    pub server_name: Option<String>,
    /// Its KME id: must stand in the certificate too (as a DNS name, URI, e-mail or IP address among
    /// the alternative names, or as the common name), and in every status.
    pub kme_id: Option<String>,
    /// The id by which it knows us; every status must name it.
    pub sae_id: Option<String>,
    /// Own certificate, and those between it and the authority, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM (PKCS#8, PKCS#1 or SEC1), mode 0600.
    pub key: PathBuf,
    /// The certificates of the authorities that its certificate may come from, PEM.
    pub ca: PathBuf,
    /// How keys are asked for where the standard leaves a choice.
    #[serde(default)]
    pub method: Method,
    /// How long an answer is waited for.
    #[serde(default = "timeout_s")]
    pub timeout_s: u64,
}

const fn timeout_s() -> u64 {
    10
}

/// Why a key manager cannot be called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{0} cannot be read ({1}); it comes from the operator of the key manager")]
    Read(PathBuf, io::Error),
    /// The key is readable by others.
    #[error("others may read the private key {0}; run: chmod 600 {0}")]
    Open(PathBuf),
    /// A file does not hold what it should.
    #[error("{0} holds no {1} in PEM; ask the operator of the key manager for one")]
    Malformed(PathBuf, &'static str),
    /// The name is none.
    #[error("{0:?} is no DNS name and no IP address; set server_name to what its certificate says")]
    Name(String),
    /// Certificate and key make no TLS configuration.
    #[error("certificate and key cannot be used: {0}; do they belong together?")]
    Tls(#[from] rustls::Error),
}

impl Config {
    /// Makes relative paths relative to a folder: that of the file they stand in.
    pub fn resolve(&mut self, folder: &Path) {
        for path in [&mut self.certificate, &mut self.key, &mut self.ca] {
            *path = folder.join(&*path);
        }
    }

    /// The name that the certificate must hold.
    pub(super) fn name(&self) -> Result<ServerName<'static>, ConfigError> {
        let host = match self.address.rsplit_once(':') {
            Some((host, _)) => host.trim_start_matches('[').trim_end_matches(']'),
            None => &self.address,
        };
        let name = self.server_name.as_deref().unwrap_or(host);
        ServerName::try_from(name.to_owned()).map_err(|_| ConfigError::Name(name.to_owned()))
    }

    /// TLS 1.2 or 1.3, as the standard wants; X25519MLKEM768 where the key manager has it.
    pub(super) fn tls(&self) -> Result<Arc<ClientConfig>, ConfigError> {
        let mut roots = RootCertStore::empty();
        for ca in certificates(&self.ca, "certificate of an authority")? {
            roots.add(ca)?;
        }
        let own = certificates(&self.certificate, "certificate")?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(own, private_key(&self.key)?)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed connection would not look at the certificate again.
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(path).map_err(|error| ConfigError::Read(path.to_owned(), error))
}

fn certificates(
    path: &Path,
    what: &'static str,
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let malformed = || ConfigError::Malformed(path.to_owned(), what);
    let pem = read(path)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let all = all.map_err(|_| malformed())?;
    if all.is_empty() {
        return Err(malformed());
    }
    Ok(all)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, ConfigError> {
    let meta = fs::metadata(path).map_err(|error| ConfigError::Read(path.to_owned(), error))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(ConfigError::Open(path.to_owned()));
    }
    let pem = Zeroizing::new(read(path)?);
    PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| ConfigError::Malformed(path.to_owned(), "private key"))
}

/// Whether a certificate (DER), whose chain was verified before, names a party: as a DNS name, URI,
/// e-mail or IP address among its alternative names, or as its common name.
#[must_use]
pub fn certificate_names(certificate: &[u8], id: &str) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return false;
    };
    let fields = certificate.tbs_certificate();
    let common = fields.subject().common_name();
    if common.is_ok_and(|name| name.is_some_and(|name| name.value() == id)) {
        return true;
    }
    let Ok(Some((_, alternative))) = fields.get_extension::<SubjectAltName>() else {
        return false;
    };
    alternative.0.iter().any(|name| is(name, id))
}

fn is(name: &GeneralName, id: &str) -> bool {
    match name {
        GeneralName::DnsName(name) => name.as_str().eq_ignore_ascii_case(id),
        GeneralName::UniformResourceIdentifier(name) | GeneralName::Rfc822Name(name) => {
            name.as_str() == id
        }
        GeneralName::IpAddress(bytes) => match (bytes.as_bytes(), id.parse()) {
            (bytes, Ok(IpAddr::V4(address))) => bytes == address.octets(),
            (bytes, Ok(IpAddr::V6(address))) => bytes == address.octets(),
            _ => false,
        },
        _ => false,
    }
}
