//! TLS 1.3 with X25519MLKEM768 and ML-DSA-65, both ends authenticated. Nothing else is offered.
//!
//! Tickets are off: a resumed connection would not look at the certificate again.

mod credential;
mod words;

use std::sync::Arc;

use hlincos_pki::Identity;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::kx_group::X25519MLKEM768;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SignatureScheme};

pub use credential::{Credential, CredentialError};
pub use words::explain;

/// The grade's words for a connection made by these configurations: they allow nothing else.
pub const LINK_NAME: &str = "TLS 1.3 X25519MLKEM768 ML-DSA-65";

/// A TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
#[error("certificate and key make no TLS configuration: {}", words::explain(.0))]
pub struct TlsError(#[from] rustls::Error);

/// The one provider: aws-lc-rs, cut down to what the product uses.
#[must_use]
pub fn provider() -> CryptoProvider {
    let full = aws_lc_rs::default_provider();
    let mapping = full.signature_verification_algorithms.mapping;
    let ml_dsa = mapping
        .iter()
        .position(|(scheme, _)| *scheme == SignatureScheme::ML_DSA_65)
        .expect("this release of rustls verifies ML-DSA-65");
    CryptoProvider {
        kx_groups: vec![X25519MLKEM768],
        signature_verification_algorithms: WebPkiSupportedAlgorithms {
            all: mapping[ml_dsa].1,
            mapping: &mapping[ml_dsa..=ml_dsa],
        },
        ..full
    }
}

/// What a server needs: own credential, and clients of the same root only.
///
/// # Errors
/// [`TlsError`] when certificate and key do not fit.
pub fn server_config(credential: &Credential) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(provider());
    let clients = WebPkiClientVerifier::builder_with_provider(roots(credential)?, provider.clone())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(
            vec![credential.certificate.clone()],
            credential.key.clone_key(),
        )?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// What a client needs: own credential, and servers of the same root only.
///
/// # Errors
/// [`TlsError`] when certificate and key do not fit.
pub fn client_config(credential: &Credential) -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots(credential)?)
        .with_client_auth_cert(
            vec![credential.certificate.clone()],
            credential.key.clone_key(),
        )?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The name that a server must prove.
///
/// # Panics
/// Never: the names of parties are DNS names.
#[must_use]
pub fn server_name(identity: &Identity) -> ServerName<'static> {
    ServerName::try_from(identity.dns_name()).expect("a party's name is a DNS name")
}

fn roots(credential: &Credential) -> Result<Arc<RootCertStore>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::clone(&credential.root))?;
    Ok(Arc::new(roots))
}

#[cfg(test)]
mod tests;
