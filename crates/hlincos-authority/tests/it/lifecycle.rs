//! Issuing, renewing, revoking; passphrases and permissions.

use std::os::unix::fs::PermissionsExt;

use hlincos_pki::RevocationReason;

use super::*;

#[test]
fn every_kind_of_root_issues_what_it_noted_and_overwrites_nothing() {
    for algorithm in [
        SignatureAlgorithm::MlDsa65,
        SignatureAlgorithm::SlhDsa128s,
        SignatureAlgorithm::Hss,
        SignatureAlgorithm::Xmss,
    ] {
        let place = Place::new();
        let (ca, out) = (place.at("ca"), place.at("terminal"));
        let authority = Authority::init(&ca, "test root", kind(algorithm), None).unwrap();
        let again = Authority::init(&ca, "again", kind(algorithm), None);
        assert!(matches!(again.err(), Some(AuthorityError::Exists(_))));
        issue(&authority, "doctor", &out).unwrap();
        let again = issue(&authority, "doctor", &out);
        assert!(matches!(again.err(), Some(AuthorityError::Exists(_))));
        let list = authority.list().unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].party, "doctor.clinician.hlincos.internal");
        // Leaf 0 signed the root itself.
        assert_eq!(list[0].index, algorithm.is_stateful().then_some(1));
        for key in [ca.join("root.key.pem"), out.join("doctor.key.pem")] {
            let mode = fs::metadata(key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let verified = verify(&out, "doctor", None).unwrap();
        assert_eq!(verified.roles(), ["Medical Doctor".parse().unwrap()]);
        assert_eq!(
            pem(&out.join("doctor.crt.pem")).len(),
            1,
            "signed by the root"
        );
    }
    let experiment = RootKind::new(SignatureAlgorithm::Mayo1);
    assert_eq!(experiment, Err(SignatureAlgorithm::Mayo1));
}

#[test]
fn a_folder_without_authority_and_an_open_key_are_refused_with_the_next_step() {
    let place = Place::new();
    let error = Authority::open(&place.at("nothing"), None).err().unwrap();
    assert!(error.to_string().contains("hlincos ca init"));
    let authority = place.hss();
    let key = place.at("ca/root.key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = issue(&authority, "doctor", &place.at("out")).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn keys_open_under_their_passphrase_alone() {
    let place = Place::new();
    let ca = place.at("ca");
    let kind = kind(SignatureAlgorithm::MlDsa65);
    Authority::init(&ca, "test root", kind, secret("correct horse")).unwrap();
    let key = fs::read_to_string(ca.join("root.key.pem")).unwrap();
    assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    for (passphrase, expected) in [
        (secret("wrong horse"), "passphrase is not the one"),
        (None, "is under a passphrase"),
    ] {
        let authority = Authority::open(&ca, passphrase).unwrap();
        let error = issue(&authority, "doctor", &place.at("out")).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let authority = Authority::open(&ca, secret("correct horse")).unwrap();
    issue(&authority, "doctor", &place.at("out")).unwrap();
}

#[test]
fn the_key_of_another_authority_signs_nothing() {
    let place = Place::new();
    let kind = kind(SignatureAlgorithm::MlDsa65);
    let ours = Authority::init(&place.at("ours"), "test root", kind, None).unwrap();
    Authority::init(&place.at("other"), "test root", kind, None).unwrap();
    fs::copy(
        place.at("other/root.key.pem"),
        place.at("ours/root.key.pem"),
    )
    .unwrap();
    let error = issue(&ours, "doctor", &place.at("out")).unwrap_err();
    assert!(matches!(error, AuthorityError::AnotherKey(_)), "{error}");
}

#[test]
fn an_issuing_authority_signs_from_then_on_and_the_root_only_when_asked() {
    let place = Place::new();
    let authority = place.hss();
    let refused = issue_by(&authority, "x", &place.at("x"), Some(Issuer::Issuing));
    assert!(matches!(refused, Err(AuthorityError::NoIssuing(_))));
    authority
        .make_issuing("test issuing", SignatureAlgorithm::SlhDsa128f)
        .unwrap();
    let again = authority.make_issuing("again", SignatureAlgorithm::SlhDsa128f);
    assert!(matches!(again, Err(AuthorityError::Exists(_))));
    issue(&authority, "long", &place.at("long")).unwrap();
    issue_by(&authority, "short", &place.at("short"), Some(Issuer::Root)).unwrap();
    for (name, certificates) in [("long", 2), ("short", 1)] {
        let chain = pem(&place.at(&format!("{name}/{name}.crt.pem")));
        assert_eq!(chain.len(), certificates);
        verify(&place.at(name), name, None).unwrap();
    }
    let issuers: Vec<_> = authority
        .list()
        .unwrap()
        .iter()
        .map(|one| one.issuer)
        .collect();
    assert_eq!(issuers, [Issuer::Root, Issuer::Issuing, Issuer::Root]);
    // Root, issuing authority, short.
    assert_eq!(authority.signatures_left().unwrap(), Some(1024 - 3));
}

#[test]
fn a_revoked_certificate_is_refused_where_the_lists_arrive_and_a_root_list_costs_once() {
    let place = Place::new();
    let authority = place.hss();
    authority
        .make_issuing("test issuing", SignatureAlgorithm::SlhDsa128f)
        .unwrap();
    for name in ["good", "lost"] {
        issue(&authority, name, &place.at(name)).unwrap();
    }
    authority
        .revoke("lost", RevocationReason::KeyCompromise)
        .unwrap();
    let again = authority.revoke("lost", RevocationReason::KeyCompromise);
    assert!(matches!(again, Err(AuthorityError::AlreadyRevoked(_))));
    let unknown = authority.revoke("nobody", RevocationReason::Unspecified);
    assert!(matches!(unknown, Err(AuthorityError::Unknown(_))));

    let crls = authority.make_crls(7 * DAY, 90 * DAY).unwrap();
    let left = authority.signatures_left().unwrap();
    let verify = |name: &str| verify(&place.at(name), name, Some(&crls)).map(|_| ());
    assert_eq!(verify("lost"), Err(ChainError::Revoked));
    assert_eq!(verify("good"), Ok(()));
    let shown = authority.show("lost").unwrap();
    assert_eq!(shown.reason.as_deref(), Some("key-compromise"));

    issue_by(&authority, "short", &place.at("short"), Some(Issuer::Root)).unwrap();
    authority.make_crls(7 * DAY, 90 * DAY).unwrap();
    let after = authority.signatures_left().unwrap();
    assert_eq!(
        after,
        left.map(|left| left - 1),
        "only the certificate cost one"
    );
    assert_eq!(verify("short"), Ok(()));
    authority
        .revoke("short", RevocationReason::Superseded)
        .unwrap();
    authority.make_crls(7 * DAY, 90 * DAY).unwrap();
    assert_eq!(verify("short"), Err(ChainError::Revoked));
}

#[test]
fn a_renewed_certificate_has_the_same_key_and_roles_and_a_revoked_one_is_not_renewed() {
    let place = Place::new();
    let authority = place.hss();
    let out = place.at("out");
    issue(&authority, "doctor", &out).unwrap();
    let path = out.join("doctor.crt.pem");
    let old = pem(&path).remove(0);
    authority.renew(&path, None, 9 * DAY).unwrap();
    let new = pem(&path).remove(0);
    assert_ne!(old.serial(), new.serial());
    assert!(new.not_after() > old.not_after());
    let key = |one: &Certificate| hlincos_pki::PublicKey::of(one).unwrap();
    assert_eq!(key(&old), key(&new));
    let verified = verify(&out, "doctor", None).unwrap();
    assert_eq!(verified.roles(), ["Medical Doctor".parse().unwrap()]);
    assert!(out.join(format!("{}.crt.pem", old.serial())).exists());

    let several = authority.revoke("doctor", RevocationReason::Superseded);
    assert!(matches!(several, Err(AuthorityError::Several(_))));
    authority
        .revoke(&new.serial(), RevocationReason::PrivilegeWithdrawn)
        .unwrap();
    let refused = authority.renew(&path, None, DAY);
    assert!(matches!(refused, Err(AuthorityError::AlreadyRevoked(_))));
}

#[test]
fn a_forged_certificate_is_not_renewed() {
    let place = Place::new();
    let authority = place.hss();
    let kind = kind(SignatureAlgorithm::MlDsa65);
    let other = Authority::init(&place.at("other"), "test root", kind, None).unwrap();
    issue(&other, "doctor", &place.at("forged")).unwrap();
    let path = place.at("forged/doctor.crt.pem");
    let refused = authority.renew(&path, None, DAY);
    assert!(
        matches!(refused, Err(AuthorityError::Unknown(_))),
        "its number was never given out"
    );
}
