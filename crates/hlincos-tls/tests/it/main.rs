//! OpenSSL at the other end: mutual TLS both ways, and our certificates before its eyes.
//!
//! It comes with PyPI's pyOpenSSL, in `target/openssl-peer`, which `.ci/run` makes.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use hlincos_pki::{
    Certificate, CertificateSigner, Identity, KeyPair, Party, RevocationReason, Revoked, Role,
    SignatureAlgorithm, issue, make_crl, make_issuing, make_root,
};
use hlincos_tls::{Credential, client_config, server_config, server_name};
use rustls::{ClientConnection, ServerConnection, Stream};

const DAY: Duration = Duration::from_secs(86_400);
const SLH_DSA_128S: &str = "2.16.840.1.101.3.4.3.20";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Python that has OpenSSL of 3.5 or later; `None` where there is none, which CI does not allow.
fn python() -> Option<PathBuf> {
    let python = root().join("target/openssl-peer/bin/python3");
    let version = "from OpenSSL import SSL; assert SSL.OPENSSL_VERSION_NUMBER >= 0x30500000";
    let ran = Command::new(&python).args(["-c", version]).output();
    if ran.is_ok_and(|ran| ran.status.success()) {
        return Some(python);
    }
    assert!(
        std::env::var_os("CI_REQUIRE_OPENSSL_PEER").is_none(),
        "target/openssl-peer has no Python with pyOpenSSL over OpenSSL 3.5 or later"
    );
    eprintln!(
        "no OpenSSL: `python3 -m venv target/openssl-peer && target/openssl-peer/bin/pip install pyopenssl==26.4.0` makes one"
    );
    None
}

fn peer(python: &Path, command: &str, folder: &Path) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/peer.py");
    let mut peer = Command::new(python);
    peer.arg(script).arg(command).arg(folder);
    peer
}

fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap()
}

/// A root of SLH-DSA, and below it an issuing authority where parties do not stand right under it.
struct House {
    root: (Certificate, KeyPair),
    issuing: Option<(Certificate, KeyPair)>,
}

impl House {
    fn new(with_issuing: bool) -> Self {
        let key = KeyPair::generate(SignatureAlgorithm::SlhDsa128s).unwrap();
        let root = make_root("root", &key, now(), 2 * DAY).unwrap();
        let issuing = with_issuing.then(|| {
            let below = KeyPair::generate(SignatureAlgorithm::SlhDsa128s).unwrap();
            let public = below.public_key().clone();
            let made = make_issuing("issuing", &public, &root, &key, now(), 2 * DAY);
            (made.unwrap(), below)
        });
        Self {
            root: (root, key),
            issuing,
        }
    }

    fn issuer(&self) -> &(Certificate, KeyPair) {
        self.issuing.as_ref().unwrap_or(&self.root)
    }

    /// Writes a party's files; gives its own certificate.
    fn write(&self, folder: &Path, who: &Identity, from: Duration) -> Certificate {
        let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
        let (issuer, signer) = self.issuer();
        let own = issue(issuer, signer, &Party::new(who.clone(), &key), from, DAY).unwrap();
        let mut chain = own.to_pem().unwrap();
        if let Some((issuing, _)) = &self.issuing {
            chain += &issuing.to_pem().unwrap();
        }
        fs::write(folder.join("party.crt.pem"), chain).unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        fs::write(folder.join("party.key.pem"), pem.as_bytes()).unwrap();
        fs::write(folder.join("root.crt.pem"), self.root.0.to_pem().unwrap()).unwrap();
        own
    }

    fn credential(&self, folder: &Path, who: &Identity) -> Credential {
        self.write(folder, who, now());
        let read = |name| fs::read(folder.join(name)).unwrap();
        let (chain, key) = (read("party.crt.pem"), read("party.key.pem"));
        Credential::from_pem(&chain, &key, &read("root.crt.pem")).unwrap()
    }
}

fn identity(role: Role, name: &str) -> Identity {
    let name = name.parse().unwrap();
    Identity { role, name }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// What OpenSSL says of a connection: version, group, who signed our certificate, our line.
fn said(output: &Output) -> Vec<String> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let line = String::from_utf8(output.stdout.clone()).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn openssl_calls_our_server_with_a_certificate_of_ours() {
    let Some(python) = python() else { return };
    for with_issuing in [false, true] {
        let (house, ours, theirs) = (House::new(with_issuing), folder(), folder());
        let credential = house.credential(ours.path(), &identity(Role::Gateway, "gateway"));
        let config = server_config(&credential).unwrap();
        house.write(theirs.path(), &identity(Role::Agent, "hospital"), now());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = thread::spawn(move || {
            let (mut wire, _) = listener.accept().unwrap();
            let mut tls = ServerConnection::new(config).unwrap();
            let mut line = [0; 6];
            let mut stream = Stream::new(&mut tls, &mut wire);
            stream.read_exact(&mut line).unwrap();
            stream.write_all(b"heard\n").unwrap();
            let caller = &tls.peer_certificates().unwrap()[0];
            Identity::from_certificate(caller).unwrap()
        });
        let mut client = peer(&python, "client", theirs.path());
        let words = said(&client.arg(port.to_string()).output().unwrap());
        assert_eq!(words, ["TLSv1.3", "X25519MLKEM768", SLH_DSA_128S, "heard"]);
        assert_eq!(serving.join().unwrap(), identity(Role::Agent, "hospital"));
    }
}

#[test]
fn our_client_calls_openssls_server_with_a_certificate_of_ours() {
    let Some(python) = python() else { return };
    for with_issuing in [false, true] {
        let (house, ours, theirs) = (House::new(with_issuing), folder(), folder());
        let gateway = identity(Role::Gateway, "gateway");
        house.write(theirs.path(), &gateway, now());
        let mut server = peer(&python, "server", theirs.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let port = port(&mut server);
        let credential = house.credential(ours.path(), &identity(Role::Agent, "hospital"));
        let config = client_config(&credential).unwrap();
        let mut tls = ClientConnection::new(config, server_name(&gateway)).unwrap();
        let mut wire = TcpStream::connect(("127.0.0.1", port.1)).unwrap();
        let mut stream = Stream::new(&mut tls, &mut wire);
        stream.write_all(b"hello\n").unwrap();
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"heard\n");
        let mut words = String::new();
        port.0.take(1_000).read_to_string(&mut words).unwrap();
        assert!(server.wait().unwrap().success());
        let words: Vec<&str> = words.split_whitespace().collect();
        assert_eq!(words, ["TLSv1.3", "X25519MLKEM768", SLH_DSA_128S, "hello"]);
    }
}

/// Its output, and the port that it printed first.
fn port(server: &mut Child) -> (BufReader<std::process::ChildStdout>, u16) {
    let mut output = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let port = line.trim().parse().unwrap();
    (output, port)
}

#[test]
fn openssl_believes_our_certificates_and_lists_and_refuses_what_we_refuse() {
    let Some(python) = python() else { return };
    let verifies = |folder: &Path| {
        let output = peer(&python, "verify", folder).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err(errors.lines().last().unwrap_or_default().to_owned()),
        }
    };
    let (house, here) = (House::new(true), folder());
    let who = identity(Role::Agent, "hospital");
    let own = house.write(here.path(), &who, now());
    assert_eq!(verifies(here.path()), Ok(()));

    let (root, root_key) = &house.root;
    let (issuing, issuing_key) = house.issuer();
    let put = |revoked: &[Revoked]| {
        let lists = [
            make_crl(root, root_key, 1, &[], now(), DAY).unwrap(),
            make_crl(issuing, issuing_key, 1, revoked, now(), DAY).unwrap(),
        ];
        let text = lists.map(|one| one.to_pem().unwrap()).concat();
        fs::write(here.path().join("crl.pem"), text).unwrap();
    };
    put(&[]);
    assert_eq!(verifies(here.path()), Ok(()));
    let serial = own.serial();
    let digits = serial.as_bytes().chunks(2);
    let serial = digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap());
    put(&[Revoked {
        serial: serial.collect(),
        at: now(),
        reason: RevocationReason::KeyCompromise,
    }]);
    let revoked = verifies(here.path()).unwrap_err();
    assert!(revoked.contains("certificate revoked"), "{revoked}");

    let here = folder();
    house.write(here.path(), &who, now() - 3 * DAY);
    let expired = verifies(here.path()).unwrap_err();
    assert!(expired.contains("certificate has expired"), "{expired}");
    house.write(here.path(), &who, now());
    let other = House::new(false).root.0.to_pem().unwrap();
    fs::write(here.path().join("root.crt.pem"), other).unwrap();
    let stranger = verifies(here.path()).unwrap_err();
    assert!(
        stranger.contains("unable to get local issuer certificate"),
        "{stranger}"
    );
}
