//! TLS 1.3 with quantum-safe suites, both ends authenticated.
//!
//! - [`Suite`]: root, key exchange and signature, as data; [`Policy`]: which may be used by whom;
//! - [`LivePolicy`]: the authority's signed policy, watched while servers run;
//! - [`server_config`], [`client_config`]: what TCP and QUIC take.
//!
//! Tickets are off: a resumed connection would not look at the certificate again. All that rustls
//! asks of algorithms is in the private module `adapter`.

mod adapter;
mod clock;
mod credential;
mod policy;
mod suite;
mod trust;
mod words;

use std::sync::Arc;

use hlincos_pki::Identity;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, ServerConfig};

use crate::adapter::{Own, Peers};
use crate::trust::Trust;

pub use adapter::provider;
pub use credential::{Credential, CredentialError};
pub use policy::{
    Algorithm, DocumentError, LivePolicy, Policy, PolicyError, PolicyFileError, Rule, State,
    SuiteRefused, Use, sign as sign_policy, verify as verify_policy,
};
pub use suite::{Exchange, ExchangeError, PARTY_SIGNATURES, Suite};
pub use trust::TrustError;
pub use words::explain;

/// The grade's words for a connection made by these configurations: every suite has this much.
pub const LINK_NAME: &str = "TLS 1.3 X25519MLKEM768";

/// A TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The library refuses it.
    #[error("certificate and key make no TLS configuration: {}", words::explain(.0))]
    Configuration(#[from] rustls::Error),
    /// Roots or revocation lists cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// What a server needs: own credential, and clients of the same roots only.
///
/// It takes every exchange; the policy in force decides on each handshake.
///
/// # Errors
/// [`TlsError`] when certificate and key do not fit.
pub fn server_config(credential: &Credential) -> Result<Arc<ServerConfig>, TlsError> {
    let (own, peers) = parts(credential, None)?;
    let mut config = adapter::server(&Exchange::ALL, own, peers)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// What a client needs: own credential, and servers of the same roots only.
///
/// It offers the credential's exchange alone.
///
/// # Errors
/// [`TlsError`] when certificate and key do not fit.
pub fn client_config(credential: &Credential) -> Result<Arc<ClientConfig>, TlsError> {
    let exchange = credential.exchange;
    let (own, peers) = parts(credential, Some(exchange))?;
    let mut config = adapter::client(exchange, own, peers)?;
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

fn parts(
    credential: &Credential,
    exchange: Option<Exchange>,
) -> Result<(Own, Arc<Peers>), TlsError> {
    let own = Own {
        certified: Arc::new(adapter::certified(
            credential.chain.clone(),
            &credential.key,
        )?),
        policy: credential.policy.clone(),
        own: credential.own,
    };
    let peers = Peers {
        trust: Trust::new(credential.roots.clone(), credential.lists.clone())?,
        policy: credential.policy.clone(),
        exchange,
        own: credential.own,
    };
    Ok((own, Arc::new(peers)))
}

#[cfg(test)]
mod tests;
