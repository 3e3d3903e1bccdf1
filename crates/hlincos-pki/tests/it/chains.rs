//! Chains as a verifier sees them: good ones, and every way to be refused.

use std::time::Duration;

use hlincos_pki::{
    Certificate, CertificateSigner, ChainError, EphemeralSigner, HcRole, Identity, KeyPair, Party,
    RevocationReason, Revoked, Role, ShownChain, SignatureAlgorithm, Usage, Verifier, issue,
    make_crl, make_issuing, make_root,
};
use rustls_pki_types::CertificateDer;

use super::hex;

const DAY: Duration = Duration::from_secs(86_400);
/// 2026-11-25, 13:00 UTC: any time will do.
const NOW: Duration = Duration::from_secs(1_795_611_600);

/// A root with an issuing authority below it.
struct Authority {
    root: Certificate,
    root_signer: EphemeralSigner,
    issuing: Certificate,
    issuing_signer: EphemeralSigner,
}

impl Authority {
    fn new(root: SignatureAlgorithm, issuing: SignatureAlgorithm) -> Self {
        let root_signer = EphemeralSigner::generate(root).unwrap();
        let root = make_root("test root", &root_signer, NOW, 100 * DAY).unwrap();
        let issuing_signer = EphemeralSigner::generate(issuing).unwrap();
        let key = issuing_signer.public_key();
        let issuing =
            make_issuing("test issuing", key, &root, &root_signer, NOW, 50 * DAY).unwrap();
        Self {
            root,
            root_signer,
            issuing,
            issuing_signer,
        }
    }

    fn fast() -> Self {
        Self::new(SignatureAlgorithm::MlDsa65, SignatureAlgorithm::MlDsa65)
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(&[der(&self.root)]).unwrap()
    }

    /// The chain of a party that the issuing authority certified.
    fn chain(&self, party: &Party) -> (ShownChain, Certificate) {
        let leaf = issue(&self.issuing, &self.issuing_signer, party, NOW, DAY).unwrap();
        (shown(&[&leaf, &self.issuing]), leaf)
    }

    /// Both authorities' lists, the issuing one's with these serial numbers.
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
        let issuing = make_crl(&self.issuing, &self.issuing_signer, 7, &entries, NOW, DAY);
        [root, issuing.unwrap()]
            .map(|crl| crl.to_der().unwrap())
            .to_vec()
    }
}

fn der(certificate: &Certificate) -> CertificateDer<'static> {
    certificate.to_der().unwrap().into()
}

fn shown(certificates: &[&Certificate]) -> ShownChain {
    let chain: Vec<_> = certificates.iter().map(|one| der(one)).collect();
    ShownChain::new(&chain).unwrap()
}

fn party(role: Role, algorithm: SignatureAlgorithm) -> Party {
    let name = "somebody".parse().unwrap();
    Party::new(
        Identity { role, name },
        &KeyPair::generate(algorithm).unwrap(),
    )
}

fn clinician() -> Party {
    party(Role::Clinician, SignatureAlgorithm::MlDsa65)
}

fn role(name: &str) -> HcRole {
    name.parse().unwrap()
}

#[test]
fn every_root_issuing_and_leaf_algorithm_makes_a_chain_that_verifies_with_its_role() {
    let leaves = [
        SignatureAlgorithm::MlDsa65,
        SignatureAlgorithm::FnDsa512,
        SignatureAlgorithm::Mayo1,
    ];
    for root in [
        SignatureAlgorithm::Hss,
        SignatureAlgorithm::Xmss,
        SignatureAlgorithm::SlhDsa128f,
    ] {
        let authority = Authority::new(root, SignatureAlgorithm::SlhDsa128f);
        for leaf in leaves {
            let doctor = party(Role::Clinician, leaf)
                .with_roles(&[role("医師")], None)
                .unwrap();
            let (long, _) = authority.chain(&doctor);
            let short = issue(&authority.root, &authority.root_signer, &doctor, NOW, DAY);
            for chain in [long, shown(&[&short.unwrap()])] {
                let verified = authority.verifier().verify(&chain, Usage::Client, NOW);
                let verified = verified.unwrap();
                assert_eq!(verified.roles(), [role("Medical Doctor")]);
                assert_eq!(verified.algorithm(), leaf);
                assert_eq!(verified.identity().role, Role::Clinician);
            }
        }
    }
}

#[test]
fn another_authoritys_chain_is_refused() {
    let (ours, other) = (Authority::fast(), Authority::fast());
    let (chain, _) = other.chain(&clinician());
    let refused = ours.verifier().verify(&chain, Usage::Client, NOW);
    assert_eq!(refused, Err(ChainError::UnknownIssuer));
    let hashes = SignatureAlgorithm::SlhDsa128f;
    let (chain, _) = Authority::new(hashes, hashes).chain(&clinician());
    let refused = ours.verifier().verify(&chain, Usage::Client, NOW);
    assert_eq!(
        refused,
        Err(ChainError::UnknownIssuer),
        "the same name, another algorithm"
    );
}

#[test]
fn time_before_and_after_a_certificate_is_refused() {
    let authority = Authority::fast();
    let verifier = authority.verifier();
    let (chain, leaf) = authority.chain(&clinician());
    let at = |now| verifier.verify(&chain, Usage::Client, now).err();
    assert_eq!(at(NOW - DAY), Some(ChainError::NotYetValid));
    assert_eq!(at(leaf.not_after()), None);
    let second = Duration::from_secs(1);
    assert_eq!(at(leaf.not_after() + second), Some(ChainError::Expired));
}

#[test]
fn an_expired_root_is_refused_though_its_certificates_go_on() {
    let signer = EphemeralSigner::generate(SignatureAlgorithm::MlDsa65).unwrap();
    let root = make_root("test root", &signer, NOW, DAY).unwrap();
    let leaf = issue(&root, &signer, &clinician(), NOW, 9 * DAY).unwrap();
    let verifier = Verifier::new(&[der(&root)]).unwrap();
    let at = |now| verifier.verify(&shown(&[&leaf]), Usage::Client, now).err();
    assert_eq!(at(NOW), None);
    assert_eq!(at(NOW + 2 * DAY), Some(ChainError::Expired));
}

#[test]
fn a_revoked_certificate_is_refused_and_an_old_list_vouches_for_nobody() {
    let authority = Authority::fast();
    let (chain, leaf) = authority.chain(&clinician());
    let (other, _) = authority.chain(&clinician());
    let verifier = authority
        .verifier()
        .with_crls(&authority.crls(&[&leaf]))
        .unwrap();
    let ask = |chain, now| verifier.verify(chain, Usage::Client, now).err();
    assert_eq!(ask(&chain, NOW), Some(ChainError::Revoked));
    assert_eq!(ask(&other, NOW), None);

    let issuing_only = authority.crls(&[]).split_off(1);
    let verifier = authority.verifier().with_crls(&issuing_only).unwrap();
    let refused = verifier.verify(&other, Usage::Client, NOW).err();
    assert_eq!(refused, Some(ChainError::RevocationUnknown));

    let later = issue(
        &authority.root,
        &authority.root_signer,
        &clinician(),
        NOW,
        9 * DAY,
    );
    let later = shown(&[&later.unwrap()]);
    let verifier = authority
        .verifier()
        .with_crls(&authority.crls(&[]))
        .unwrap();
    let ask = |now| verifier.verify(&later, Usage::Client, now).err();
    assert_eq!(ask(NOW), None);
    assert_eq!(ask(NOW + 2 * DAY), Some(ChainError::RevocationUnknown));
}

#[test]
fn a_revocation_list_of_somebody_else_revokes_nobody() {
    let (ours, other) = (Authority::fast(), Authority::fast());
    let (chain, leaf) = ours.chain(&clinician());
    let verifier = ours.verifier().with_crls(&other.crls(&[&leaf])).unwrap();
    let refused = verifier.verify(&chain, Usage::Client, NOW).err();
    assert!(
        refused.is_some(),
        "the same names, but another key signed the list"
    );
    assert_ne!(refused, Some(ChainError::Revoked));
}

#[test]
fn a_servers_certificate_cannot_call_and_a_clients_cannot_serve() {
    let authority = Authority::fast();
    for (role, usage) in [
        (Role::Shareholder, Usage::Client),
        (Role::Kme, Usage::Client),
        (Role::Agent, Usage::Server),
        (Role::Clinician, Usage::Server),
    ] {
        let (chain, _) = authority.chain(&party(role, SignatureAlgorithm::MlDsa65));
        let refused = authority.verifier().verify(&chain, usage, NOW);
        assert_eq!(refused, Err(ChainError::Usage), "{role}");
    }
}

#[test]
fn a_party_cannot_issue_and_an_issuing_authority_cannot_make_another() {
    let authority = Authority::fast();
    let key = EphemeralSigner::generate(SignatureAlgorithm::MlDsa65).unwrap();
    let name = "somebody".parse().unwrap();
    let identity = Identity {
        role: Role::Gateway,
        name,
    };
    let gateway = Party::with_public_key(identity, key.public_key().clone());
    let (_, leaf) = authority.chain(&gateway);
    let forged = issue(&leaf, &key, &clinician(), NOW, DAY).unwrap();
    let chain = shown(&[&forged, &leaf, &authority.issuing]);
    assert!(
        authority
            .verifier()
            .verify(&chain, Usage::Client, NOW)
            .is_err()
    );

    let below = make_issuing(
        "below",
        key.public_key(),
        &authority.issuing,
        &authority.issuing_signer,
        NOW,
        DAY,
    );
    let below = below.unwrap();
    let leaf = issue(&below, &key, &clinician(), NOW, DAY).unwrap();
    let chain = shown(&[&leaf, &below, &authority.issuing]);
    assert!(
        authority
            .verifier()
            .verify(&chain, Usage::Client, NOW)
            .is_err()
    );
}

#[test]
fn an_oversized_chain_is_refused_before_any_signature_is_looked_at() {
    let authority = Authority::fast();
    let (_, leaf) = authority.chain(&clinician());
    let issuing = &authority.issuing;
    let chain = shown(&[&leaf, issuing, issuing, issuing]);
    let refused = authority.verifier().verify(&chain, Usage::Client, NOW);
    assert_eq!(refused, Err(ChainError::Oversized));
}

#[test]
fn an_algorithm_that_is_switched_off_is_not_believed() {
    let authority = Authority::fast();
    let (chain, _) = authority.chain(&clinician());
    let verifier = authority
        .verifier()
        .with_algorithms(&[SignatureAlgorithm::SlhDsa128s]);
    let refused = verifier.verify(&chain, Usage::Client, NOW);
    assert!(matches!(refused, Err(ChainError::Other(_))), "{refused:?}");
}

#[test]
fn a_role_is_asked_for_anew_at_each_time() {
    let authority = Authority::fast();
    let nurse = clinician().with_roles(&[role("看護師")], None).unwrap();
    let (chain, leaf) = authority.chain(&nurse);
    let verifier = authority.verifier();
    let ask = |needed: &[HcRole], now| verifier.readmit(&chain, Usage::Client, needed, now);
    let (doctor, nurse) = (role("医師"), role("看護師"));
    assert!(ask(&[doctor, nurse], NOW).is_ok());
    let refused = ask(&[doctor], NOW).unwrap_err();
    assert!(refused.to_string().contains("Medical Doctor"), "{refused}");
    assert!(
        ask(&[], NOW).is_err(),
        "no role is allowed, so none suffices"
    );
    assert_eq!(
        ask(&[nurse], leaf.not_after() + DAY).err(),
        Some(ChainError::Expired)
    );
    let verifier = authority
        .verifier()
        .with_crls(&authority.crls(&[&leaf]))
        .unwrap();
    let refused = verifier.readmit(&chain, Usage::Client, &[nurse], NOW).err();
    assert_eq!(refused, Some(ChainError::Revoked));
}

#[test]
fn a_party_without_certificates_has_no_role() {
    let authority = Authority::fast();
    let name = "somebody".parse().unwrap();
    let identity = Identity {
        role: Role::Clinician,
        name,
    };
    let chain = ShownChain::without_certificates(identity);
    let refused = authority.verifier().verify(&chain, Usage::Client, NOW);
    assert_eq!(refused, Err(ChainError::None));
}

#[test]
fn managers_need_an_institution_and_only_clinicians_have_roles() {
    let director = role("病院長");
    assert!(clinician().with_roles(&[director], None).is_err());
    let agent = party(Role::Agent, SignatureAlgorithm::MlDsa65);
    assert!(agent.with_roles(&[role("医師")], None).is_err());
    assert!(
        clinician()
            .with_roles(&[director], Some("a,OU=Director"))
            .is_err()
    );
    let authority = Authority::fast();
    for (institution, roles) in [
        (Some("Kochi Hospital"), vec![director, role("医師")]),
        (Some("高知病院"), vec![director]),
        (Some("Kochi Hospital"), vec![role("薬剤師")]),
        (None, vec![role("薬剤師")]),
    ] {
        let (chain, _) = authority.chain(&clinician().with_roles(&roles, institution).unwrap());
        let verified = authority
            .verifier()
            .verify(&chain, Usage::Client, NOW)
            .unwrap();
        let mut found = verified.roles().to_vec();
        let mut wanted = roles.clone();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }
    let nameless = clinician().with_roles(&[role("公認心理師")], None).unwrap();
    let refused = issue(&authority.root, &authority.root_signer, &nameless, NOW, DAY);
    assert!(refused.unwrap_err().to_string().contains("no English name"));
}
