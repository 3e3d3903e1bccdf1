//! Suites over real sockets: all twelve over TCP and QUIC, and every refusal as its caller hears it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use hlincos_net::{Call, CallError, Client, LinkProfile, Listener, Peer, QuicDial};
use hlincos_pki::{
    Certificate, EphemeralSigner, Identity, KeyPair, Party, RevocationReason, Revoked, Role,
    SignatureAlgorithm, issue, make_crl, make_root,
};
use hlincos_tls::{
    Credential, Exchange, LivePolicy, Policy, Suite, client_config, provider, server_config,
    server_name, sign_policy,
};
use rustls::crypto::{ActiveKeyExchange, CryptoProvider, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{AlertDescription, ClientConfig, Error, NamedGroup, RootCertStore};

use crate::authority::identity;

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap()
}

/// An authority with a root of hash trees.
struct House {
    root: Certificate,
    key: EphemeralSigner,
}

impl House {
    fn new(algorithm: SignatureAlgorithm) -> Self {
        let key = EphemeralSigner::generate(algorithm).unwrap();
        let root = make_root("root", &key, now(), DAY).unwrap();
        Self { root, key }
    }

    fn issue(&self, key: &KeyPair, who: &Identity, from: Duration) -> Certificate {
        let party = Party::new(who.clone(), key);
        issue(&self.root, &self.key, &party, from, DAY).unwrap()
    }

    fn credential_in(&self, suite: Suite, role: Role, name: &str) -> Credential {
        let key = KeyPair::generate(suite.signature).unwrap();
        let own = self.issue(&key, &identity(role, name), now());
        let policy = LivePolicy::fixed(Policy::of(Suite::TWELVE));
        self.pack(&[own], &key)
            .with_exchange(suite.exchange)
            .with_policy(Arc::new(policy))
    }

    fn credential(&self, role: Role, name: &str, from: Duration) -> Credential {
        let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
        let own = self.issue(&key, &identity(role, name), from);
        self.pack(&[own], &key)
    }

    fn pack(&self, chain: &[Certificate], key: &KeyPair) -> Credential {
        let chain: String = chain.iter().map(|one| one.to_pem().unwrap()).collect();
        let root = self.root.to_pem().unwrap();
        let key = key.to_pkcs8_pem().unwrap();
        Credential::from_pem(chain.as_bytes(), key.as_bytes(), root.as_bytes()).unwrap()
    }

    fn gateway(&self) -> Credential {
        self.credential(Role::Gateway, "gateway", now())
    }
}

/// A gateway that tells callers who they are, over TCP and over QUIC.
struct Open {
    tcp: String,
    quic: String,
}

async fn open(gateway: &Credential) -> Open {
    let any = "127.0.0.1:0".parse().unwrap();
    let tls = server_config(gateway).unwrap();
    let mut listener = Listener::bind(any, tls.clone()).await.unwrap();
    let quic = listener
        .open_quic(any, tls, LinkProfile::default())
        .unwrap();
    let tcp = listener.address();
    let who = async |axum::Extension(Peer(peer)): axum::Extension<Peer>| {
        format!("{} {}", peer.role, peer.name)
    };
    let router = Router::new().route("/", get(who));
    tokio::spawn(listener.serve(router, std::future::pending()));
    Open {
        tcp: tcp.to_string(),
        quic: quic.to_string(),
    }
}

impl Open {
    fn over_tcp(&self, tls: Arc<ClientConfig>) -> Client {
        let name = server_name(&identity(Role::Gateway, "gateway"));
        Client::new(self.tcp.clone(), name, tls)
    }

    fn over_quic(&self, tls: Arc<ClientConfig>) -> Client {
        let name = server_name(&identity(Role::Gateway, "gateway"));
        let profile = LinkProfile::default();
        let dial = QuicDial::new(self.quic.clone(), name.clone(), tls, profile).unwrap();
        Client::over(name, Arc::new(dial))
    }

    /// The alert that a caller hears over TCP; over QUIC it is refused as well.
    async fn refuses(&self, tls: Arc<ClientConfig>) -> AlertDescription {
        let quic = ask(&self.over_quic(tls.clone())).await;
        assert!(
            !matches!(&quic, Ok(_) | Err(CallError::TimedOut(_))),
            "{quic:?}"
        );
        match ask(&self.over_tcp(tls)).await {
            Err(CallError::Tls(Error::AlertReceived(alert))) => alert,
            other => panic!("{other:?}"),
        }
    }
}

async fn ask(client: &Client) -> Result<Bytes, CallError> {
    let call = Call {
        path: "/",
        body: None,
        content_type: "application/octet-stream",
        timeout: Duration::from_secs(30),
        answer_bytes_max: 100,
        over: None,
    };
    client.call(call).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_twelve_suites_carry_requests_over_tcp_and_over_quic() {
    for root in [SignatureAlgorithm::Hss, SignatureAlgorithm::Xmss] {
        let house = House::new(root);
        for suite in Suite::TWELVE.into_iter().filter(|one| one.root == root) {
            let open = open(&house.credential_in(suite, Role::Gateway, "gateway")).await;
            let agent = house.credential_in(suite, Role::Agent, "hospital");
            let tls = client_config(&agent).unwrap();
            for client in [open.over_tcp(tls.clone()), open.over_quic(tls.clone())] {
                assert_eq!(ask(&client).await.unwrap(), "agent hospital", "{suite}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_that_are_not_good_here_and_now_are_refused() {
    let house = House::new(SignatureAlgorithm::Hss);
    let open = open(&house.gateway()).await;
    let config = |credential: &Credential| client_config(credential).unwrap();

    let other = House::new(SignatureAlgorithm::Hss);
    let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
    let theirs = other.issue(&key, &identity(Role::Agent, "hospital"), now());
    let wrong_root = house.pack(&[theirs], &key);
    let alert = open.refuses(config(&wrong_root)).await;
    assert_eq!(alert, AlertDescription::UnknownCA);

    let expired = house.credential(Role::Agent, "hospital", now() - 3 * DAY);
    let alert = open.refuses(config(&expired)).await;
    assert_eq!(alert, AlertDescription::CertificateExpired);

    let early = house.credential(Role::Agent, "hospital", now() + DAY);
    let alert = open.refuses(config(&early)).await;
    assert_eq!(alert, AlertDescription::CertificateExpired);

    let server = house.credential(Role::Shareholder, "osaka", now());
    let alert = open.refuses(config(&server)).await;
    assert_eq!(alert, AlertDescription::UnsupportedCertificate);

    let own = house.issue(&key, &identity(Role::Agent, "hospital"), now());
    let root = &house.root;
    let chain = [own, root.clone(), root.clone(), root.clone()];
    let alert = open.refuses(config(&house.pack(&chain, &key))).await;
    assert_eq!(alert, AlertDescription::CertificateUnknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_refused_once_a_revocation_list_names_it() {
    let house = House::new(SignatureAlgorithm::Xmss);
    let folder = tempfile::tempdir().unwrap();
    let lists = folder.path().join("crl.pem");
    let put = |number, revoked: &[Revoked]| {
        let list = make_crl(&house.root, &house.key, number, revoked, now(), DAY).unwrap();
        fs::write(&lists, list.to_pem().unwrap()).unwrap();
    };
    put(1, &[]);
    let open = open(&house.gateway().with_revocation_lists(lists.clone())).await;
    let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
    let own = house.issue(&key, &identity(Role::Agent, "hospital"), now());
    let serial = own.serial();
    let tls = client_config(&house.pack(&[own], &key)).unwrap();
    assert!(ask(&open.over_tcp(tls.clone())).await.is_ok());

    let digits = serial.as_bytes().chunks(2);
    let serial = digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap());
    let revoked = Revoked {
        serial: serial.collect(),
        at: now(),
        reason: RevocationReason::KeyCompromise,
    };
    put(2, &[revoked]);
    let alert = open.refuses(tls).await;
    assert_eq!(alert, AlertDescription::CertificateRevoked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_runs_refuses_a_suite_from_the_moment_it_is_switched_off() {
    let house = House::new(SignatureAlgorithm::Hss);
    let folder = tempfile::tempdir().unwrap();
    write_party(&house, folder.path(), "gateway", Role::Gateway);
    let authority = write_party(&house, folder.path(), "authority", Role::Authority);
    let path = folder.path().join("suites.toml");
    let put = |serial: u32, off: &str| {
        let mut text =
            format!("format = \"hlincos-suite-policy-1\"\nserial = {serial}\noff = [{off}]\n");
        for suite in Suite::TWELVE {
            text += &format!(
                "[[suite]]\nroot = \"{}\"\nexchange = \"{}\"\nsignature = \"{}\"\n",
                suite.root, suite.exchange, suite.signature
            );
        }
        let (certificate, key) = &authority;
        let chain = [certificate.clone()];
        let signature = sign_policy(text.as_bytes(), &chain, key).unwrap();
        fs::write(path.with_extension("toml.sig"), signature).unwrap();
        fs::write(&path, text).unwrap();
    };
    put(1, "");
    let file = |name: &str| folder.path().join(name);
    let gateway = Credential::from_files(
        &file("gateway.crt.pem"),
        &file("gateway.key.pem"),
        &file("root.crt.pem"),
    );
    let open = open(&gateway.unwrap()).await;
    let with_isogeny = Suite {
        exchange: Exchange::X25519MlKem768Ctidh512,
        ..Suite::DEFAULT
    };
    let config = |suite| {
        let agent = house.credential_in(suite, Role::Agent, "hospital");
        client_config(&agent).unwrap()
    };
    let (small, isogeny) = (config(Suite::SATELLITE), config(with_isogeny));
    let live = open.over_tcp(small.clone());
    assert!(ask(&live).await.is_ok());
    assert!(ask(&open.over_tcp(isogeny.clone())).await.is_ok());

    put(2, "\"fn-dsa-512\", \"x25519mlkem768+ctidh512\"");
    let alert = open.refuses(small.clone()).await;
    assert_eq!(alert, AlertDescription::CertificateUnknown);
    let alert = open.refuses(isogeny).await;
    assert_eq!(alert, AlertDescription::AccessDenied);
    // A connection that stands goes on until it ends.
    assert!(ask(&live).await.is_ok());

    put(3, "");
    assert!(ask(&open.over_tcp(small)).await.is_ok());
}

/// Writes a party's files, as `hlincos ca issue` does; gives certificate and key.
fn write_party(house: &House, folder: &Path, name: &str, role: Role) -> (Certificate, KeyPair) {
    use std::os::unix::fs::PermissionsExt;
    let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
    let own = house.issue(&key, &identity(role, name), now());
    let secret = folder.join(format!("{name}.key.pem"));
    fs::write(folder.join("root.crt.pem"), house.root.to_pem().unwrap()).unwrap();
    fs::write(
        folder.join(format!("{name}.crt.pem")),
        own.to_pem().unwrap(),
    )
    .unwrap();
    fs::write(&secret, key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    (own, key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_that_are_unknown_or_whose_share_is_wrong_are_refused() {
    let house = House::new(SignatureAlgorithm::Hss);
    let with_isogeny = Suite {
        exchange: Exchange::X25519MlKem768Ctidh512,
        ..Suite::DEFAULT
    };
    let open = open(&house.credential_in(with_isogeny, Role::Gateway, "gateway")).await;
    let config = |group: NamedGroup, share: Vec<u8>| {
        let group: &'static dyn SupportedKxGroup = Box::leak(Box::new(Forged { group, share }));
        let crypto = CryptoProvider {
            kx_groups: vec![group],
            ..provider(&[])
        };
        let mut roots = RootCertStore::empty();
        roots.add(house.root.to_der().unwrap().into()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(crypto))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config)
    };
    let alert = open.refuses(config(NamedGroup::X25519, vec![9; 32])).await;
    assert_eq!(alert, AlertDescription::HandshakeFailure);
    let unknown = NamedGroup::from(0xFE54);
    let alert = open.refuses(config(unknown, vec![9; 32])).await;
    assert_eq!(alert, AlertDescription::HandshakeFailure);

    let exchange = with_isogeny.exchange;
    let group = NamedGroup::from(exchange.code_point());
    let started = provider(&[exchange]).kx_groups[0].start().unwrap();
    let share = started.pub_key();
    let short = config(group, share[1..].to_vec());
    assert_eq!(
        open.refuses(short).await,
        AlertDescription::IllegalParameter
    );
    let long = config(group, [share, &[0]].concat());
    assert_eq!(open.refuses(long).await, AlertDescription::IllegalParameter);
    // A = 1: a curve, but no walk leads there.
    let mut off_the_graph = share.to_vec();
    off_the_graph[1_184..1_248].fill(0);
    off_the_graph[1_184] = 1;
    let alert = open.refuses(config(group, off_the_graph)).await;
    assert_eq!(alert, AlertDescription::IllegalParameter);
}

/// A key exchange that sends what a test says.
#[derive(Clone, Debug)]
struct Forged {
    group: NamedGroup,
    share: Vec<u8>,
}

impl SupportedKxGroup for Forged {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Ok(Box::new(self.clone()))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        self.group
    }
}

impl ActiveKeyExchange for Forged {
    fn complete(self: Box<Self>, _: &[u8]) -> Result<SharedSecret, Error> {
        Err(Error::General("the server took the forged share".into()))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn group(&self) -> NamedGroup {
        self.group
    }
}
