//! Real handshakes in memory between both ends' configurations.

mod forged;
mod suites;

use std::time::Duration;

use hlincos_pki::{
    Certificate, EphemeralSigner, KeyPair, Party, Role, SignatureAlgorithm, issue, make_root,
};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::kx_group::X25519;
use rustls::version::TLS13;
use rustls::{ClientConnection, HandshakeKind, NamedGroup, RootCertStore, ServerConnection};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Duration {
    clock::now()
}

fn new_key() -> KeyPair {
    KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap()
}

struct Authority {
    root: Certificate,
    key: EphemeralSigner,
}

impl Authority {
    fn new() -> Self {
        Self::of(SignatureAlgorithm::MlDsa65)
    }

    fn of(algorithm: SignatureAlgorithm) -> Self {
        let key = EphemeralSigner::generate(algorithm).unwrap();
        let root = make_root("test root", &key, now(), DAY).unwrap();
        Self { root, key }
    }

    fn credential_for(&self, role: Role, name: &str, from: Duration, life: Duration) -> Credential {
        self.credential_of(SignatureAlgorithm::MlDsa65, role, name, from, life)
    }

    fn credential_of(
        &self,
        algorithm: SignatureAlgorithm,
        role: Role,
        name: &str,
        from: Duration,
        life: Duration,
    ) -> Credential {
        let identity = Identity {
            role,
            name: name.parse().unwrap(),
        };
        let key = KeyPair::generate(algorithm).unwrap();
        let party = Party::new(identity, &key);
        let certificate = issue(&self.root, &self.key, &party, from, life).unwrap();
        Credential::from_pem(
            certificate.to_pem().unwrap().as_bytes(),
            key.to_pkcs8_pem().unwrap().as_bytes(),
            self.root.to_pem().unwrap().as_bytes(),
        )
        .unwrap()
    }

    fn credential(&self, role: Role, name: &str) -> Credential {
        self.credential_for(role, name, now(), DAY)
    }
}

fn gateway() -> ServerName<'static> {
    server_name(&Identity {
        role: Role::Gateway,
        name: "gateway".parse().unwrap(),
    })
}

/// Runs a handshake to its end and gives the two ends, or the first error of either.
fn shake(
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    name: ServerName<'static>,
) -> Result<(ServerConnection, ClientConnection), rustls::Error> {
    let mut server = ServerConnection::new(server)?;
    let mut client = ClientConnection::new(client, name)?;
    for _ in 0..20 {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets()?;
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
    }
    assert!(!server.is_handshaking() && !client.is_handshaking());
    Ok((server, client))
}

fn between(server: &Credential, client: &Credential) -> Result<(), rustls::Error> {
    shake(
        server_config(server).unwrap(),
        client_config(client).unwrap(),
        gateway(),
    )
    .map(drop)
}

#[test]
fn both_ends_agree_on_the_post_quantum_group_and_know_each_other() {
    let authority = Authority::new();
    let server = authority.credential(Role::Gateway, "gateway");
    let client = authority.credential(Role::Agent, "hospital");
    let (server, client) = shake(
        server_config(&server).unwrap(),
        client_config(&client).unwrap(),
        gateway(),
    )
    .unwrap();
    for (group, version) in [
        (
            server.negotiated_key_exchange_group(),
            server.protocol_version(),
        ),
        (
            client.negotiated_key_exchange_group(),
            client.protocol_version(),
        ),
    ] {
        assert_eq!(group.unwrap().name(), NamedGroup::X25519MLKEM768);
        assert_eq!(version, Some(rustls::ProtocolVersion::TLSv1_3));
    }
    assert_eq!(client.handshake_kind(), Some(HandshakeKind::Full));
    let peer = Identity::from_certificate(&server.peer_certificates().unwrap()[0]).unwrap();
    assert_eq!(
        (peer.role, peer.name.to_string().as_str()),
        (Role::Agent, "hospital")
    );
}

#[test]
fn a_certificate_of_another_authority_is_refused_by_either_end() {
    let (ours, other) = (Authority::new(), Authority::new());
    let server = ours.credential(Role::Gateway, "gateway");
    assert!(between(&server, &other.credential(Role::Agent, "hospital")).is_err());
    let mut client = other.credential(Role::Agent, "hospital");
    client.roots = server.roots.clone();
    let error = between(&server, &client).unwrap_err();
    assert!(explain(&error).contains("authority"), "{error}");
}

#[test]
fn an_expired_certificate_is_refused_with_the_next_step() {
    let authority = Authority::new();
    let then = now() - 3 * DAY;
    let server = authority.credential_for(Role::Gateway, "gateway", then, DAY);
    let error = between(&server, &authority.credential(Role::Agent, "hospital")).unwrap_err();
    assert!(explain(&error).contains("expired"), "{error}");
}

#[test]
fn a_site_cannot_pass_for_a_gateway() {
    let authority = Authority::new();
    let client = authority.credential(Role::Agent, "hospital");
    for (role, name) in [(Role::Shareholder, "gateway"), (Role::Gateway, "other")] {
        let error = between(&authority.credential(role, name), &client).unwrap_err();
        assert!(explain(&error).contains("another party"), "{error}");
    }
}

#[test]
fn a_client_role_cannot_serve() {
    let authority = Authority::new();
    let name = server_name(&Identity {
        role: Role::Agent,
        name: "gateway".parse().unwrap(),
    });
    let server = server_config(&authority.credential(Role::Agent, "gateway")).unwrap();
    let client = client_config(&authority.credential(Role::Agent, "hospital")).unwrap();
    assert!(shake(server, client, name).is_err());
}

#[test]
fn a_party_cannot_issue_certificates() {
    let authority = Authority::new();
    let identity = Identity {
        role: Role::Gateway,
        name: "gateway".parse().unwrap(),
    };
    let leaf_key = new_key();
    let party = Party::new(identity, &leaf_key);
    let leaf = issue(&authority.root, &authority.key, &party, now(), DAY).unwrap();
    let other = new_key();
    let party = Party::new(party.identity().clone(), &other);
    let forged = issue(&leaf, &leaf_key, &party, now(), DAY).unwrap();
    let chain = [forged, leaf].map(|one| one.to_pem().unwrap()).concat();
    let forged = Credential::from_pem(
        chain.as_bytes(),
        other.to_pkcs8_pem().unwrap().as_bytes(),
        authority.root.to_pem().unwrap().as_bytes(),
    )
    .unwrap();
    let client = authority.credential(Role::Agent, "hospital");
    assert!(between(&forged, &client).is_err());
}

#[test]
fn a_client_without_a_certificate_or_without_ml_kem_is_refused() {
    let authority = Authority::new();
    let server = server_config(&authority.credential(Role::Gateway, "gateway")).unwrap();
    let credential = authority.credential(Role::Agent, "hospital");
    let mut roots = RootCertStore::empty();
    roots.add(credential.roots[0].clone()).unwrap();
    let bare = ClientConfig::builder_with_provider(Arc::new(provider(&Exchange::ALL)))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    assert!(shake(server.clone(), Arc::new(bare), gateway()).is_err());
    let classical = CryptoProvider {
        kx_groups: vec![X25519],
        ..provider(&Exchange::ALL)
    };
    let key = adapter::certified(credential.chain.clone(), &credential.key).unwrap();
    let classical = ClientConfig::builder_with_provider(Arc::new(classical))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)));
    assert!(shake(server, Arc::new(classical), gateway()).is_err());
}

#[test]
fn a_certificate_with_any_byte_changed_is_refused() {
    let authority = Authority::new();
    let server = authority.credential(Role::Gateway, "gateway");
    let mut client = authority.credential(Role::Agent, "hospital");
    let der = client.chain[0].to_vec();
    for at in (0..der.len()).step_by(97) {
        let mut wrong = der.clone();
        wrong[at] ^= 1;
        client.chain[0] = wrong.into();
        let Ok(config) = client_config(&client) else {
            continue;
        };
        assert!(
            shake(server_config(&server).unwrap(), config, gateway()).is_err(),
            "byte {at}"
        );
    }
}
