//! Each suite whole, and the policy's say in each.

use rustls::{AlertDescription, Error, PeerMisbehaved};

use super::*;

const ROOTS: [SignatureAlgorithm; 2] = [SignatureAlgorithm::Hss, SignatureAlgorithm::Xmss];

fn credential(authority: &Authority, suite: Suite, role: Role, name: &str) -> Credential {
    let policy = LivePolicy::fixed(Policy::of(Suite::TWELVE));
    authority
        .credential_of(suite.signature, role, name, now(), DAY)
        .with_exchange(suite.exchange)
        .with_policy(Arc::new(policy))
}

fn shake_in(authority: &Authority, suite: Suite) -> Result<(), Error> {
    let server = credential(authority, suite, Role::Gateway, "gateway");
    let client = credential(authority, suite, Role::Agent, "hospital");
    let server = server_config(&server).unwrap();
    let (server, client) = shake(server, client_config(&client).unwrap(), gateway())?;
    let group = NamedGroup::from(suite.exchange.code_point());
    assert_eq!(
        server.negotiated_key_exchange_group().unwrap().name(),
        group
    );
    assert_eq!(
        client.negotiated_key_exchange_group().unwrap().name(),
        group
    );
    let peer = Identity::from_certificate(&server.peer_certificates().unwrap()[0]).unwrap();
    assert_eq!(peer.role, Role::Agent);
    Ok(())
}

#[test]
fn every_one_of_the_twelve_suites_connects() {
    let authorities = ROOTS.map(Authority::of);
    for suite in Suite::TWELVE {
        let of_root = ROOTS.into_iter().zip(&authorities);
        let mut of_root = of_root.filter(|(root, _)| *root == suite.root);
        let (_, authority) = of_root.next().unwrap();
        shake_in(authority, suite).unwrap_or_else(|error| panic!("{suite}: {error}"));
    }
}

#[test]
fn roots_without_state_connect_in_the_default_exchange() {
    for suite in Suite::STATELESS_ROOTS {
        let authority = Authority::of(suite.root);
        let server = authority.credential(Role::Gateway, "gateway");
        let client = authority.credential(Role::Agent, "hospital");
        between(&server, &client).unwrap_or_else(|error| panic!("{suite}: {error}"));
    }
}

#[test]
fn isogenies_are_refused_until_a_policy_allows_them() {
    let authority = Authority::of(SignatureAlgorithm::Hss);
    let server = authority.credential(Role::Gateway, "gateway");
    let suite = Suite {
        exchange: Exchange::X25519MlKem768Ctidh512,
        ..Suite::DEFAULT
    };
    let client = credential(&authority, suite, Role::Agent, "hospital");
    let error = between(&server, &client).unwrap_err();
    assert!(matches!(error, Error::General(_)), "{error}");
}

#[test]
fn a_server_takes_no_signature_that_its_policy_does_not_list() {
    let authority = Authority::of(SignatureAlgorithm::Hss);
    let mayo = Suite {
        signature: SignatureAlgorithm::Mayo1,
        ..Suite::DEFAULT
    };
    let policy = LivePolicy::fixed(Policy::of([Suite::DEFAULT]));
    let server = authority.credential(Role::Gateway, "gateway");
    let server = server.with_policy(Arc::new(policy));
    let client = credential(&authority, mayo, Role::Agent, "hospital");
    let error = between(&server, &client).unwrap_err();
    assert!(
        explain(&error).contains("mayo-1: not listed"),
        "{}",
        explain(&error)
    );
}

#[test]
fn a_client_takes_no_server_that_its_policy_does_not_list() {
    let authority = Authority::of(SignatureAlgorithm::Hss);
    let server = credential(&authority, Suite::SATELLITE, Role::Gateway, "gateway");
    let policy = LivePolicy::fixed(Policy::of([Suite::DEFAULT]));
    let client = authority.credential(Role::Agent, "hospital");
    let client = client.with_policy(Arc::new(policy));
    let error = between(&server, &client).unwrap_err();
    assert!(
        explain(&error).contains("fn-dsa-512"),
        "{}",
        explain(&error)
    );
}

/// What a server answers to a share that was changed on its way.
fn answer_to(change: impl Fn(&mut Vec<u8>)) -> Error {
    let authority = Authority::of(SignatureAlgorithm::Hss);
    let suite = Suite {
        exchange: Exchange::X25519MlKem768Ctidh512,
        ..Suite::DEFAULT
    };
    let server = credential(&authority, suite, Role::Gateway, "gateway");
    let client = credential(&authority, suite, Role::Agent, "hospital");
    let groups = provider(&[suite.exchange]).kx_groups;
    let mut share = groups[0].start().unwrap().pub_key().to_vec();
    change(&mut share);
    let forging = forged::client_config(&client, share);
    shake(server_config(&server).unwrap(), forging, gateway()).unwrap_err()
}

#[test]
fn a_share_of_another_length_or_off_the_graph_is_an_illegal_parameter() {
    let illegal = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);
    assert_eq!(answer_to(|share| share.truncate(1_279)), illegal);
    assert_eq!(answer_to(|share| share.push(0)), illegal);
    // A = 1: a curve, but not supersingular. A = 0: where all walks begin.
    for a in [1, 0, 2] {
        let wrong = answer_to(|share| {
            share[1_184..1_248].fill(0);
            share[1_184] = a;
        });
        assert_eq!(wrong, illegal, "A = {a}");
    }
    assert_eq!(answer_to(|share| share[1_184..1_248].fill(0xFF)), illegal);
    let alert = AlertDescription::IllegalParameter;
    assert_eq!(u8::from(alert), 47);
}

#[test]
fn a_suite_that_is_switched_off_is_refused_by_the_server_that_runs() {
    let authority = Authority::of(SignatureAlgorithm::Hss);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("suites.toml");
    let allowed = "[[suite]]\nroot = \"hss\"\nexchange = \"x25519mlkem768\"\n";
    let parties = "signature = \"ml-dsa-65\"\n";
    let small = "signature = \"fn-dsa-512\"\n";
    let key = new_key();
    let signer = Identity {
        role: Role::Authority,
        name: "authority".parse().unwrap(),
    };
    let party = Party::new(signer, &key);
    let chain = [issue(&authority.root, &authority.key, &party, now(), DAY).unwrap()];
    let put = |serial: u32, off: &str| {
        let text = format!(
            "format = \"hlincos-suite-policy-1\"\nserial = {serial}\noff = [{off}]\n\
             {allowed}{parties}{allowed}{small}"
        );
        let signature = sign_policy(text.as_bytes(), &chain, &key).unwrap();
        std::fs::write(path.with_extension("toml.sig"), signature).unwrap();
        std::fs::write(&path, text).unwrap();
    };
    put(1, "");
    let roots = [authority.root.to_der().unwrap().into()];
    let live = LivePolicy::open(&path, hlincos_pki::Verifier::new(&roots).unwrap()).unwrap();
    let server = authority.credential(Role::Gateway, "gateway");
    let server = server_config(&server.with_policy(Arc::new(live))).unwrap();
    let client = credential(&authority, Suite::SATELLITE, Role::Agent, "hospital");
    let client = client_config(&client).unwrap();
    let connects = || shake(server.clone(), client.clone(), gateway()).map(drop);
    connects().unwrap();
    put(2, "\"fn-dsa-512\"");
    let error = explain(&connects().unwrap_err());
    assert!(error.contains("fn-dsa-512 is switched off"), "{error}");
    put(3, "\"x25519mlkem768\"");
    assert!(connects().is_err());
    put(4, "");
    connects().unwrap();
}
