//! All that rustls asks of whoever brings algorithms: the one place that a release with another
//! interface changes.

mod exchange;
mod signing;
mod verifying;

use std::sync::{Arc, LazyLock};

use hlincos_pki::{KeyPair, SignatureAlgorithm};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{ClientConfig, Error, NamedGroup, ServerConfig, SignatureScheme};

pub(crate) use verifying::{Own, Peers};

use crate::Exchange;
use crate::suite::PARTY_SIGNATURES;

type Verification = &'static dyn SignatureVerificationAlgorithm;

/// Signatures in chains.
static CHAINS: LazyLock<[Verification; SignatureAlgorithm::ALL.len()]> =
    LazyLock::new(|| SignatureAlgorithm::ALL.map(SignatureAlgorithm::verification));
static PARTIES: LazyLock<[[Verification; 1]; PARTY_SIGNATURES.len()]> =
    LazyLock::new(|| PARTY_SIGNATURES.map(|one| [one.verification()]));
/// Signatures of parties in the handshake, by their code points.
static HANDSHAKES: LazyLock<Vec<(SignatureScheme, &'static [Verification])>> =
    LazyLock::new(|| {
        let parties = PARTY_SIGNATURES.into_iter().zip(PARTIES.iter());
        let scheme = |one| signing::scheme(one).expect("parties' signatures have code points");
        parties
            .map(|(one, verification)| (scheme(one), &verification[..]))
            .collect()
    });

/// The one provider: ciphers and randomness of aws-lc-rs, exchanges and signatures of suites.
///
/// The first exchange is the one whose share a caller sends.
#[must_use]
pub fn provider(exchanges: &[Exchange]) -> CryptoProvider {
    CryptoProvider {
        kx_groups: exchanges.iter().map(|one| exchange::group(*one)).collect(),
        signature_verification_algorithms: verification(),
        ..aws_lc_rs::default_provider()
    }
}

fn verification() -> WebPkiSupportedAlgorithms {
    WebPkiSupportedAlgorithms {
        all: &*CHAINS,
        mapping: &HANDSHAKES,
    }
}

/// The exchange that a connection uses.
pub(crate) fn exchange_of(group: NamedGroup) -> Option<Exchange> {
    Exchange::from_code_point(group.into())
}

/// Certificates and key in the library's shape.
pub(crate) fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: &Arc<KeyPair>,
) -> Result<CertifiedKey, Error> {
    signing::certified(chain, key)
}

/// A server's configuration.
pub(crate) fn server(
    exchanges: &[Exchange],
    own: Own,
    peers: Arc<Peers>,
) -> Result<ServerConfig, Error> {
    let config = ServerConfig::builder_with_provider(Arc::new(provider(exchanges)))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(peers)
        .with_cert_resolver(Arc::new(own));
    Ok(config)
}

/// A client's configuration.
pub(crate) fn client(
    exchange: Exchange,
    own: Own,
    peers: Arc<Peers>,
) -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(provider(&[exchange])))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(peers)
        .with_client_cert_resolver(Arc::new(own));
    Ok(config)
}
