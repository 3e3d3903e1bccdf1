//! Who may change the policy, and what a change does to a server that runs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hlincos_pki::{
    Certificate, EphemeralSigner, Identity, KeyPair, Party, Verifier, issue, make_issuing,
    make_root,
};

use super::*;
use crate::clock;

const DAY: Duration = Duration::from_secs(86_400);
const HSS_DEFAULT: &str =
    "[[suite]]\nroot = \"hss\"\nexchange = \"x25519mlkem768\"\nsignature = \"ml-dsa-65\"\n";

fn document(serial: u64, rest: &str) -> String {
    format!("format = \"hlincos-suite-policy-1\"\nserial = {serial}\n{rest}")
}

/// A root, an issuing authority below it, and parties.
struct House {
    root: Certificate,
    issuing: (Certificate, KeyPair),
}

/// Somebody who can sign.
struct Signer {
    chain: Vec<Certificate>,
    key: KeyPair,
}

impl House {
    fn new() -> Self {
        let key = EphemeralSigner::generate(SignatureAlgorithm::Hss).unwrap();
        let root = make_root("root", &key, clock::now(), DAY).unwrap();
        let below = KeyPair::generate(SignatureAlgorithm::SlhDsa128f).unwrap();
        let public = hlincos_pki::CertificateSigner::public_key(&below).clone();
        let issuing = make_issuing("issuing", &public, &root, &key, clock::now(), DAY).unwrap();
        Self {
            root,
            issuing: (issuing, below),
        }
    }

    fn signer(&self, role: Role, algorithm: SignatureAlgorithm) -> Signer {
        let key = KeyPair::generate(algorithm).unwrap();
        let identity = Identity {
            role,
            name: "somebody".parse().unwrap(),
        };
        let party = Party::new(identity, &key);
        let (issuing, by) = &self.issuing;
        let own = issue(issuing, by, &party, clock::now(), DAY).unwrap();
        Signer {
            chain: vec![own, issuing.clone()],
            key,
        }
    }

    fn authority(&self) -> Signer {
        self.signer(Role::Authority, SignatureAlgorithm::MlDsa65)
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(&[self.root.to_der().unwrap().into()]).unwrap()
    }

    fn take(&self, text: &str, signature: &str) -> Result<Policy, PolicyError> {
        let (text, signature) = (text.as_bytes(), signature.as_bytes());
        let all = SignatureAlgorithm::ALL;
        verify(text, signature, &self.verifier(), &all, clock::now())
    }
}

impl Signer {
    fn sign(&self, text: &str) -> String {
        sign(text.as_bytes(), &self.chain, &self.key).unwrap()
    }

    fn put(&self, path: &Path, text: &str) {
        fs::write(path.with_extension("toml.sig"), self.sign(text)).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn a_policy_allows_what_it_lists_to_whom_it_lists_while_it_lasts() {
    let text = document(
        3,
        "[[suite]]\nroot = \"hss\"\nexchange = \"x25519mlkem768\"\nsignature = \"ml-dsa-65\"\n\
         roles = [\"gateway\", \"agent\"]\nsince = 1970-01-02T00:00:00Z\n\
         until = 1970-01-03T09:00:00+09:00\n",
    );
    let policy = Policy::from_toml(&text).unwrap();
    let state = |role, days| policy.state(Suite::DEFAULT, Some(role), days * DAY);
    assert_eq!(state(Role::Agent, 0), State::Later);
    assert_eq!(state(Role::Agent, 1), State::Allowed);
    assert_eq!(state(Role::Agent, 2), State::Ended);
    assert_eq!(state(Role::Terminal, 1), State::NotListed);
    assert_eq!(policy.state(Suite::SATELLITE, None, DAY), State::NotListed);
    assert_eq!(policy.state(Suite::DEFAULT, None, DAY), State::Allowed);
}

#[test]
fn a_switch_takes_an_algorithm_out_of_every_suite_and_every_chain() {
    let rest = format!("off = [\"ml-dsa-65\", \"x25519mlkem768+ctidh512\"]\n{HSS_DEFAULT}");
    let policy = Policy::from_toml(&document(1, &rest)).unwrap();
    for suite in Suite::all() {
        let off = suite.signature == SignatureAlgorithm::MlDsa65
            || suite.root == SignatureAlgorithm::MlDsa65
            || suite.exchange == Exchange::X25519MlKem768Ctidh512;
        let state = policy.state(suite, None, DAY);
        assert_eq!(matches!(state, State::Off(_)), off, "{suite}");
    }
    assert!(!policy.believed().contains(&SignatureAlgorithm::MlDsa65));
    assert_eq!(policy.believed().len(), SignatureAlgorithm::ALL.len() - 1);
}

#[test]
fn a_text_that_is_no_policy_is_refused() {
    let good = document(1, HSS_DEFAULT);
    assert!(Policy::from_toml(&good).is_ok());
    let refused = |text: String| Policy::from_toml(&text).unwrap_err();
    assert_eq!(refused(format!("\n{good}")), DocumentError::Format);
    assert_eq!(
        refused(good.replace("policy-1", "policy-2")),
        DocumentError::Format
    );
    assert_eq!(
        refused(good.replace("serial = 1", "serial = 0")),
        DocumentError::Serial
    );
    assert!(matches!(
        refused(format!("{good}rolls = []\n")),
        DocumentError::Toml(_)
    ));
    assert!(matches!(
        refused(good.replace("serial = 1\n", "")),
        DocumentError::Toml(_)
    ));
    let unknown = refused(good.replace("hss", "mayo-1"));
    assert!(matches!(unknown, DocumentError::Unknown(_)), "{unknown}");
    let word = |text: &str| DocumentError::Word(text.into());
    assert_eq!(refused(good.replace("hss", "rsa")), word("rsa"));
    assert_eq!(refused(format!("{good}roles = [\"king\"]\n")), word("king"));
    assert_eq!(
        refused(format!("{good}since = 2026-01-01\n")),
        word("2026-01-01")
    );
    let local = "2026-01-01T00:00:00";
    assert_eq!(refused(format!("{good}until = {local}\n")), word(local));
    let long = format!("{good}#{}", "x".repeat(64 << 10));
    assert_eq!(refused(long), DocumentError::Oversized);
    let many = document(1, &HSS_DEFAULT.repeat(257));
    assert_eq!(refused(many), DocumentError::Oversized);
}

#[test]
fn only_the_authoritys_signature_over_the_same_bytes_makes_a_policy() {
    let house = House::new();
    let text = document(1, HSS_DEFAULT);
    for algorithm in [SignatureAlgorithm::MlDsa65, SignatureAlgorithm::SlhDsa128f] {
        let signature = house.signer(Role::Authority, algorithm).sign(&text);
        assert_eq!(house.take(&text, &signature).unwrap().serial(), 1);
    }
    let signature = house.authority().sign(&text);
    assert_eq!(house.take(&text, ""), Err(PolicyError::Unsigned));
    let changed = text.replace("serial = 1", "serial = 2");
    assert_eq!(
        house.take(&changed, &signature),
        Err(PolicyError::Signature)
    );
    let agent = house.signer(Role::Agent, SignatureAlgorithm::MlDsa65);
    let by_agent = house.take(&text, &agent.sign(&text));
    assert_eq!(by_agent, Err(PolicyError::Signer(Role::Agent)));
    let stranger = House::new().authority().sign(&text);
    let by_stranger = house.take(&text, &stranger);
    assert_eq!(
        by_stranger,
        Err(PolicyError::Chain(hlincos_pki::ChainError::UnknownIssuer))
    );
    let only_signature = &signature[..signature.find("-----BEGIN CERT").unwrap()];
    assert_eq!(
        house.take(&text, only_signature),
        Err(PolicyError::Unsigned)
    );
    let mut mixed = only_signature.to_owned();
    for one in &house.authority().chain {
        mixed.push_str(&one.to_pem().unwrap());
    }
    assert_eq!(house.take(&text, &mixed), Err(PolicyError::Signature));
}

#[test]
fn nothing_but_a_policy_is_signed_and_nothing_by_small_keys() {
    let house = House::new();
    let authority = house.authority();
    let no_policy = sign(b"root = 1", &authority.chain, &authority.key);
    assert!(matches!(no_policy, Err(PolicyError::Document(_))));
    let small = house.signer(Role::Authority, SignatureAlgorithm::FnDsa512);
    let text = document(1, HSS_DEFAULT);
    let refused = sign(text.as_bytes(), &small.chain, &small.key);
    assert_eq!(
        refused,
        Err(PolicyError::Algorithm(SignatureAlgorithm::FnDsa512))
    );
    let other = house.authority();
    let not_its_own = sign(text.as_bytes(), &authority.chain, &other.key);
    assert!(matches!(not_its_own, Err(PolicyError::Key(_))));
}

#[test]
fn an_algorithm_that_is_switched_off_signs_no_further_policy() {
    let house = House::new();
    let (lattice, text) = (house.authority(), document(2, HSS_DEFAULT));
    let off = Policy::from_toml(&document(1, "off = [\"ml-dsa-65\"]\n")).unwrap();
    let take = |signer: &Signer| {
        let signature = signer.sign(&text);
        let verifier = house.verifier();
        let (text, signature) = (text.as_bytes(), signature.as_bytes());
        verify(text, signature, &verifier, &off.believed(), clock::now())
    };
    let algorithm = SignatureAlgorithm::MlDsa65;
    assert_eq!(take(&lattice), Err(PolicyError::Algorithm(algorithm)));
    let hashes = house.signer(Role::Authority, SignatureAlgorithm::SlhDsa128f);
    assert!(take(&hashes).is_ok());
}

#[test]
fn a_new_policy_is_in_force_at_once_and_a_wrong_or_older_one_never() {
    let (house, folder) = (House::new(), tempfile::tempdir().unwrap());
    let (authority, path) = (house.authority(), folder.path().join("suites.toml"));
    authority.put(&path, &document(2, HSS_DEFAULT));
    let live = LivePolicy::open(&path, house.verifier()).unwrap();
    assert_eq!(live.current().serial(), 2);

    authority.put(&path, &document(3, "off = [\"mayo-1\"]\n"));
    assert_eq!((live.current().serial(), live.refused()), (3, None));

    authority.put(&path, &document(2, HSS_DEFAULT));
    let rolled_back = PolicyError::RolledBack { given: 2, known: 3 };
    assert_eq!(
        (live.current().serial(), live.refused()),
        (3, Some(rolled_back.clone()))
    );
    // A second policy with the serial of the first is as bad.
    authority.put(&path, &document(3, HSS_DEFAULT));
    assert_eq!(live.current().off().len(), 1);

    authority.put(&path, &document(2, HSS_DEFAULT));
    let Err(PolicyFileError::Refused(_, after_restart)) = LivePolicy::open(&path, house.verifier())
    else {
        panic!("an older policy is refused after a restart");
    };
    assert_eq!(after_restart, rolled_back);

    fs::write(&path, document(9, HSS_DEFAULT)).unwrap();
    assert_eq!(
        (live.current().serial(), live.refused()),
        (3, Some(PolicyError::Signature))
    );
    fs::remove_file(&path).unwrap();
    assert_eq!(live.current().serial(), 3);
    authority.put(&path, &document(4, HSS_DEFAULT));
    assert_eq!((live.current().serial(), live.refused()), (4, None));
    let again = Arc::new(LivePolicy::open(&path, house.verifier()).unwrap());
    assert_eq!(again.current().serial(), 4);
}

#[test]
fn a_policy_that_comes_later_is_obeyed_and_one_that_went_is_missed_at_the_next_start() {
    let (house, folder) = (House::new(), tempfile::tempdir().unwrap());
    let (authority, path) = (house.authority(), folder.path().join("suites.toml"));
    let live = LivePolicy::open(&path, house.verifier()).unwrap();
    assert_eq!(*live.current(), Policy::built_in());
    authority.put(&path, &document(1, HSS_DEFAULT));
    assert_eq!(live.current().serial(), 1);
    fs::remove_file(&path).unwrap();
    let gone = LivePolicy::open(&path, house.verifier());
    assert!(matches!(gone, Err(PolicyFileError::Gone(_))));
    authority.put(&path, &document(1, HSS_DEFAULT));
    fs::remove_file(path.with_extension("toml.sig")).unwrap();
    let unsigned = LivePolicy::open(&path, house.verifier());
    assert!(matches!(unsigned, Err(PolicyFileError::File(..))));
}
