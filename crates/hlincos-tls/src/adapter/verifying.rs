//! What rustls asks during a handshake: whom to believe, and whether the suite may be used.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use hlincos_pki::{ChainError, ShownChain, Usage, VerifiedIdentity};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, verify_server_name};
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError,
    PeerIncompatible, SignatureScheme,
};

use super::{exchange_of, verification};
use crate::policy::{LivePolicy, SuiteRefused, Use};
use crate::trust::Trust;
use crate::{Exchange, clock};

/// Verifies peers: their chains by our rules, their suites by the policy in force.
pub(crate) struct Peers {
    pub(crate) trust: Trust,
    pub(crate) policy: Arc<LivePolicy>,
    /// The only exchange there is; a server that offers several learns it later.
    pub(crate) exchange: Option<Exchange>,
    /// Whether the own certificate may be used so, asked on each connection made.
    pub(crate) own: Use,
}

impl Peers {
    /// The party that a chain is of, if it may speak here now.
    pub(crate) fn judge(
        &self,
        shown: &ShownChain,
        usage: Usage,
        exchange: Option<Exchange>,
        now: Duration,
    ) -> Result<VerifiedIdentity, Error> {
        let policy = self.policy.current();
        let verifier = self.trust.verifier();
        let believed = policy.believed();
        let verified = verifier.verify_by(shown, usage, now, &believed);
        let verified = verified.map_err(of_chain)?;
        let theirs = Use {
            root: verified.root(),
            signature: verified.algorithm(),
            role: verified.identity().role,
        };
        policy.permits(theirs, exchange, now).map_err(of_policy)?;
        Ok(verified)
    }

    fn judge_certificates(
        &self,
        first: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
    ) -> Result<(), Error> {
        let mut chain = vec![first.clone()];
        chain.extend_from_slice(others);
        let shown = ShownChain::new(&chain).map_err(|error| of_chain(error.into()))?;
        let now = Duration::from_secs(now.as_secs());
        self.judge(&shown, usage, self.exchange, now).map(drop)
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peers")
    }
}

impl ClientCertVerifier for Peers {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A party has one certificate; hints would tell it nothing.
        &[]
    }

    fn verify_client_cert(
        &self,
        first: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge_certificates(first, others, Usage::Client, now)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &verification())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        verification().supported_schemes()
    }
}

impl ServerCertVerifier for Peers {
    fn verify_server_cert(
        &self,
        first: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let policy = self.policy.current();
        let ours = policy.permits(self.own, self.exchange, Duration::from_secs(now.as_secs()));
        ours.map_err(of_policy)?;
        self.judge_certificates(first, others, Usage::Server, now)?;
        verify_server_name(&ParsedCertificate::try_from(first)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &verification())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        verification().supported_schemes()
    }
}

/// The own certificate, shown where the policy in force allows it.
pub(crate) struct Own {
    pub(crate) certified: Arc<CertifiedKey>,
    pub(crate) policy: Arc<LivePolicy>,
    pub(crate) own: Use,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

impl ResolvesServerCert for Own {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls takes the first group of the caller that it knows.
        let offered = hello.named_groups().unwrap_or_default().iter();
        let exchange = offered.copied().find_map(exchange_of);
        // Without one rustls itself refuses, with the alert that says so.
        let Some(exchange) = exchange else {
            return Some(self.certified.clone());
        };
        let policy = self.policy.current();
        match policy.permits(self.own, Some(exchange), clock::now()) {
            Ok(()) => Some(self.certified.clone()),
            Err(error) => {
                tracing::info!(%error, "a caller was turned away");
                None
            }
        }
    }
}

impl ResolvesClientCert for Own {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.certified.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A chain's refusal in rustls's words, which choose the alert.
fn of_chain(error: ChainError) -> Error {
    Error::InvalidCertificate(match error {
        ChainError::None | ChainError::Identity(_) => CertificateError::BadEncoding,
        ChainError::UnknownIssuer => CertificateError::UnknownIssuer,
        ChainError::Expired => CertificateError::Expired,
        ChainError::NotYetValid => CertificateError::NotValidYet,
        ChainError::Revoked => CertificateError::Revoked,
        ChainError::RevocationUnknown => CertificateError::UnknownRevocationStatus,
        ChainError::Usage => CertificateError::InvalidPurpose,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    })
}

fn of_policy(error: SuiteRefused) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
}
