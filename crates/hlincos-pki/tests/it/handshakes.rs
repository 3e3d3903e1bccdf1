//! The same refusals over the wire: rustls hands our certificates and lists to webpki.

use std::sync::Arc;
use std::time::Duration;

use hlincos_pki::{
    Certificate, CertificateSigner, EphemeralSigner, Identity, KeyPair, Party, RevocationReason,
    Revoked, Role, SignatureAlgorithm, issue, make_crl, make_issuing, make_root,
};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, SignatureScheme,
};

use super::hex;

const DAY: Duration = Duration::from_secs(86_400);
const NOW: Duration = Duration::from_secs(1_795_611_600);

/// The clock of both ends.
#[derive(Debug)]
struct At(Duration);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(self.0))
    }
}

/// A root of hash trees with an issuing authority of hashes, as in real use.
struct Authority {
    root: Certificate,
    root_signer: EphemeralSigner,
    issuing: Certificate,
    issuing_signer: EphemeralSigner,
}

impl Authority {
    fn new(root: SignatureAlgorithm) -> Self {
        let root_signer = EphemeralSigner::generate(root).unwrap();
        let root = make_root("test root", &root_signer, NOW, 100 * DAY).unwrap();
        let issuing_signer = EphemeralSigner::generate(SignatureAlgorithm::SlhDsa128f).unwrap();
        let key = issuing_signer.public_key();
        let issuing = make_issuing("test", key, &root, &root_signer, NOW, 50 * DAY).unwrap();
        Self {
            root,
            root_signer,
            issuing,
            issuing_signer,
        }
    }

    fn party(&self, role: Role) -> Credential {
        let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
        let name = "somebody".parse().unwrap();
        let party = Party::new(Identity { role, name }, &key);
        let leaf = issue(&self.issuing, &self.issuing_signer, &party, NOW, DAY).unwrap();
        Credential {
            chain: vec![leaf, self.issuing.clone()],
            key,
        }
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut store = RootCertStore::empty();
        store.add(der(&self.root)).unwrap();
        Arc::new(store)
    }

    fn crls(&self, revoked: &[&Certificate]) -> Vec<Vec<u8>> {
        let entries: Vec<Revoked> = revoked
            .iter()
            .map(|certificate| Revoked {
                serial: hex(&certificate.serial()),
                at: NOW,
                reason: RevocationReason::KeyCompromise,
            })
            .collect();
        let root = make_crl(&self.root, &self.root_signer, 1, &[], NOW, DAY).unwrap();
        let issuing = make_crl(&self.issuing, &self.issuing_signer, 1, &entries, NOW, DAY);
        [root, issuing.unwrap()]
            .map(|crl| crl.to_der().unwrap())
            .to_vec()
    }
}

struct Credential {
    chain: Vec<Certificate>,
    key: KeyPair,
}

impl Credential {
    fn ders(&self) -> Vec<CertificateDer<'static>> {
        self.chain.iter().map(der).collect()
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        let der = self.key.to_pkcs8_der().unwrap();
        PrivateKeyDer::try_from(der.as_bytes().to_vec()).unwrap()
    }
}

fn der(certificate: &Certificate) -> CertificateDer<'static> {
    certificate.to_der().unwrap().into()
}

/// rustls with our algorithms for chains, ML-DSA-65 for handshakes.
fn provider() -> Arc<CryptoProvider> {
    let all: Vec<_> = SignatureAlgorithm::ALL
        .map(SignatureAlgorithm::verification)
        .to_vec();
    let ml_dsa: &'static [_] = Vec::leak(vec![SignatureAlgorithm::MlDsa65.verification()]);
    let mapping = vec![(SignatureScheme::ML_DSA_65, ml_dsa)];
    Arc::new(CryptoProvider {
        signature_verification_algorithms: WebPkiSupportedAlgorithms {
            all: Vec::leak(all),
            mapping: Vec::leak(mapping),
        },
        ..aws_lc_rs::default_provider()
    })
}

/// A handshake at a time; both ends require these revocation lists, if there are any.
fn shake(
    trusted: &Authority,
    server: &Credential,
    client: &Credential,
    crls: &[Vec<u8>],
    now: Duration,
) -> Result<(), String> {
    let provider = provider();
    let lists = || crls.iter().map(|crl| crl.clone().into());
    let clients = WebPkiClientVerifier::builder_with_provider(trusted.roots(), provider.clone())
        .with_crls(lists())
        .build()
        .unwrap();
    let servers = WebPkiServerVerifier::builder_with_provider(trusted.roots(), provider.clone())
        .with_crls(lists())
        .build()
        .unwrap();
    let clock = Arc::new(At(now));
    let server = ServerConfig::builder_with_details(provider.clone(), clock.clone())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(server.ders(), server.key())
        .unwrap();
    let client = ClientConfig::builder_with_details(provider, clock)
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_webpki_verifier(servers)
        .with_client_auth_cert(client.ders(), client.key())
        .unwrap();
    let name = ServerName::try_from("somebody.gateway.hlincos.internal").unwrap();
    converse(
        ServerConnection::new(Arc::new(server)).unwrap(),
        ClientConnection::new(Arc::new(client), name).unwrap(),
    )
}

/// Carries bytes to and fro until both ends are done or one refuses.
fn converse(mut server: ServerConnection, mut client: ClientConnection) -> Result<(), String> {
    for _ in 0..10 {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        server.read_all(&bytes)?;
        bytes.clear();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        client.read_all(&bytes)?;
    }
    assert!(!server.is_handshaking() && !client.is_handshaking());
    Ok(())
}

trait ReadAll {
    fn read_all(&mut self, bytes: &[u8]) -> Result<(), String>;
}

impl<Data, T> ReadAll for T
where
    T: std::ops::DerefMut<Target = rustls::ConnectionCommon<Data>>,
{
    fn read_all(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while !bytes.is_empty() {
            self.read_tls(&mut bytes).unwrap();
            let processed = self.process_new_packets();
            processed.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

#[test]
fn rustls_takes_our_chains_with_every_root_and_refuses_every_bad_one() {
    for algorithm in [SignatureAlgorithm::Hss, SignatureAlgorithm::Xmss] {
        let authority = Authority::new(algorithm);
        let gateway = authority.party(Role::Gateway);
        let doctor = authority.party(Role::Clinician);
        let crls = authority.crls(&[]);
        assert_eq!(shake(&authority, &gateway, &doctor, &[], NOW), Ok(()));
        assert_eq!(shake(&authority, &gateway, &doctor, &crls, NOW), Ok(()));

        let check = |what: &str, result: Result<(), String>, word: &str| {
            let error = result.expect_err(what);
            assert!(error.contains("certificate"), "{what}: {error}");
            assert!(error.contains(word), "{what}: {error}");
        };
        let crls = authority.crls(&[&doctor.chain[0]]);
        let revoked = shake(&authority, &gateway, &doctor, &crls, NOW);
        check("revoked client", revoked, "Revoked");
        let crls = authority.crls(&[&gateway.chain[0]]);
        let revoked = shake(&authority, &gateway, &doctor, &crls, NOW);
        check("revoked server", revoked, "Revoked");
        let late = shake(&authority, &gateway, &doctor, &[], NOW + 2 * DAY);
        check("expired", late, "certificate expired");
        let early = shake(&authority, &gateway, &doctor, &[], NOW - DAY);
        check("not yet valid", early, "not valid yet");
        let site = authority.party(Role::Shareholder);
        let calling = shake(&authority, &gateway, &site, &[], NOW);
        check(
            "a server calls",
            calling,
            "does not allow extended key usage for client",
        );
        let other = Authority::new(SignatureAlgorithm::SlhDsa128f);
        let stranger = other.party(Role::Clinician);
        let foreign = shake(&authority, &gateway, &stranger, &[], NOW);
        check("wrong root of the same name", foreign, "Unsupported");
        let other = Authority::new(algorithm);
        let stranger = other.party(Role::Clinician);
        let foreign = shake(&authority, &gateway, &stranger, &[], NOW);
        check("wrong root of the same kind", foreign, "BadSignature");
        // rustls passes over certificates that it does not need, up to 64 KiB; our own verifier
        // counts them (`chains.rs`).
        let mut long = authority.party(Role::Clinician);
        long.chain.extend(vec![long.chain[0].clone(); 4]);
        let oversized = shake(&authority, &gateway, &long, &[], NOW);
        assert!(oversized.unwrap_err().contains("TooLarge"));
    }
}
