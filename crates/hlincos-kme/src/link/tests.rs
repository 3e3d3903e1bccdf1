//! The pure core: stock over time, and every rule of clause 5.

use std::str::FromStr;

use hlincos_net::qkd014::wire::KeyIdEntry;
use proptest::prelude::*;

use super::*;

const RATE: u64 = 1_000;

fn config(more: &str) -> LinkConfig {
    toml::from_str(&format!(
        "danger_seed = 1\nmax_key_size_bits = 1024\n{more}"
    ))
    .unwrap()
}

fn link(config: &LinkConfig) -> Link {
    let member = |(sae, kme): (&str, &str)| Member {
        sae: sae.into(),
        kme: kme.into(),
    };
    let members = [
        ("alice", "kme-a"),
        ("bob", "kme-b"),
        ("carol", "kme-b"),
        ("dave", "kme-a"),
    ];
    let members = members.map(member).to_vec();
    Link::new(members, config, KeyRate::Fixed(RATE), [7; 32])
}

fn full() -> Link {
    link(&config("initial_key_count = 1000"))
}

fn order(number: u64, size: u64) -> KeyRequest {
    KeyRequest {
        number: Some(number),
        size: Some(size),
        ..KeyRequest::default()
    }
}

fn ids(container: &KeyContainer) -> KeyIds {
    let entry = |key: &KeyEntry| KeyIdEntry {
        key_id: key.key_id.clone(),
        key_id_extension: None,
    };
    KeyIds {
        key_ids: container.keys.iter().map(entry).collect(),
        key_ids_extension: None,
    }
}

/// Ids and keys, so that they can be compared.
fn pairs(container: &KeyContainer) -> Vec<(&str, &str)> {
    container
        .keys
        .iter()
        .map(|key| (key.key_id.as_str(), key.key.reveal()))
        .collect()
}

#[track_caller]
fn refused<T>(result: Result<T, Refusal>, status: u16, words: &str) {
    let refusal = result.err().expect("it is refused");
    assert_eq!(refusal.status, status, "{refusal:?}");
    assert!(refusal.message.contains(words), "{refusal:?}");
}

#[test]
fn both_ends_get_the_same_keys_once() {
    let mut link = full();
    let got = link.enc_keys("alice", "bob", &order(3, 512)).unwrap();
    assert_eq!(got.keys.len(), 3);
    let asked = ids(&got);
    let collected = link.dec_keys("bob", "alice", &asked).unwrap();
    assert_eq!(pairs(&got), pairs(&collected));
    assert_eq!(
        Base64::decode_vec(got.keys[0].key.reveal()).unwrap().len(),
        64
    );
    refused(link.dec_keys("bob", "alice", &asked), 400, NOT_FOUND);
    let figures = link.figures();
    assert_eq!(
        (figures.delivered_keys, figures.delivered_bits),
        (3, 3 * 512)
    );
    assert_eq!((figures.collected_keys, figures.waiting_keys), (3, 0));
}

#[test]
fn every_key_and_id_is_another_and_a_seed_gives_them_again() {
    let (mut link, mut again) = (full(), full());
    let got = link.enc_keys("alice", "bob", &order(100, 128)).unwrap();
    let keys: BTreeSet<_> = got.keys.iter().map(|key| key.key.reveal()).collect();
    let ids: BTreeSet<_> = got.keys.iter().map(|key| &key.key_id).collect();
    assert_eq!((keys.len(), ids.len()), (100, 100));
    let same = again.enc_keys("alice", "bob", &order(100, 128)).unwrap();
    assert_eq!(pairs(&got), pairs(&same));
    assert!(link.notice()["seeded"].is_string());
}

#[test]
fn defaults_are_one_key_of_the_default_size() {
    let got = full()
        .enc_keys("alice", "bob", &KeyRequest::default())
        .unwrap();
    assert_eq!(got.keys.len(), 1);
    assert_eq!(
        Base64::decode_vec(got.keys[0].key.reveal()).unwrap().len(),
        32
    );
}

#[test]
fn orders_out_of_range_are_refused_and_cost_no_key() {
    let mut link = full();
    for (number, size, words) in [
        (0, 256, "number shall be"),
        (129, 256, "number shall be"),
        (u64::MAX, u64::MAX, "number shall be"),
        (1, 250, "size shall be a multiple of 8"),
        (1, 56, "size shall be from"),
        (1, 1_032, "size shall be from"),
        (1, 0, "size shall be from"),
    ] {
        refused(
            link.enc_keys("alice", "bob", &order(number, size)),
            400,
            words,
        );
    }
    assert_eq!(link.figures().stock_keys, 1_000);
}

#[test]
fn unknown_applications_and_oneself_are_refused() {
    let mut link = full();
    let nothing = KeyIds {
        key_ids: Vec::new(),
        key_ids_extension: None,
    };
    for sae in ["mallory", ""] {
        refused(link.status("alice", sae), 400, "not known");
        refused(
            link.enc_keys("alice", sae, &order(1, 256)),
            400,
            "not known",
        );
        refused(link.dec_keys("alice", sae, &nothing), 400, "not known");
    }
    refused(link.status("alice", "alice"), 400, "itself");
}

#[test]
fn whoever_was_not_named_gets_401_and_the_keys_stay() {
    let mut link = full();
    let asked = ids(&link.enc_keys("alice", "bob", &order(1, 256)).unwrap());
    refused(link.dec_keys("carol", "alice", &asked), 401, "not named");
    // Named for one of two is not enough.
    let other = ids(&link.enc_keys("alice", "carol", &order(1, 256)).unwrap());
    let both = KeyIds {
        key_ids: [asked.key_ids.clone(), other.key_ids].concat(),
        key_ids_extension: None,
    };
    refused(link.dec_keys("carol", "alice", &both), 401, "not named");
    refused(link.dec_keys("bob", "dave", &asked), 400, NOT_FOUND);
    assert!(link.dec_keys("bob", "alice", &asked).is_ok());
}

#[test]
fn several_slaves_get_the_same_key_once_each() {
    let mut link = full();
    let mut request = order(2, 256);
    request.additional_slave_sae_ids = Some(vec!["carol".into(), "dave".into()]);
    let got = link.enc_keys("alice", "bob", &request).unwrap();
    let asked = ids(&got);
    for slave in ["carol", "bob", "dave"] {
        let collected = link.dec_keys(slave, "alice", &asked).unwrap();
        assert_eq!(pairs(&got), pairs(&collected));
        refused(link.dec_keys(slave, "alice", &asked), 400, NOT_FOUND);
    }
    for (additional, words) in [
        (vec!["bob"], "once"),
        (vec!["alice"], "itself"),
        (vec!["mallory"], "not known"),
        (vec!["carol"; 9], "at most 8"),
    ] {
        let additional = additional.into_iter().map(Into::into).collect();
        request.additional_slave_sae_ids = Some(additional);
        refused(link.enc_keys("alice", "bob", &request), 400, words);
    }
}

#[test]
fn a_mandatory_extension_is_refused_and_an_optional_one_ignored() {
    let mut link = full();
    let unknown = serde_json::from_str(r#"[{"abc_route_type": "direct"}]"#).unwrap();
    let mut request = order(1, 256);
    request.extension_optional = Some(unknown);
    assert!(link.enc_keys("alice", "bob", &request).is_ok());
    request.extension_mandatory = request.extension_optional.take();
    let message = "not all extension_mandatory parameters are supported";
    refused(link.enc_keys("alice", "bob", &request), 400, message);
    request.extension_mandatory = Some(Vec::new());
    assert!(link.enc_keys("alice", "bob", &request).is_ok());
}

#[test]
fn lists_of_ids_that_are_no_lists_of_ids_are_refused() {
    let mut link = full();
    let good = ids(&link.enc_keys("alice", "bob", &order(2, 256)).unwrap());
    let with = |entries: Vec<&str>| KeyIds {
        key_ids: entries
            .into_iter()
            .map(|id| KeyIdEntry {
                key_id: id.into(),
                key_id_extension: None,
            })
            .collect(),
        key_ids_extension: None,
    };
    let first = good.key_ids[0].key_id.as_str();
    let unknown = "550e8400-e29b-41d4-a716-446655440000";
    for (entries, words) in [
        (vec![], "1 to 128"),
        (vec![first; 129], "1 to 128"),
        (vec![first, first], "once"),
        (vec!["key-1"], "UUID"),
        (vec![first, unknown], NOT_FOUND),
    ] {
        refused(link.dec_keys("bob", "alice", &with(entries)), 400, words);
    }
    assert!(link.dec_keys("bob", "alice", &good).is_ok());
}

#[test]
fn an_empty_stock_is_503_until_the_link_has_made_enough() {
    let mut link = link(&config(""));
    refused(
        link.enc_keys("alice", "bob", &order(1, 256)),
        503,
        "not enough key",
    );
    link.advance(Duration::from_millis(255));
    refused(
        link.enc_keys("alice", "bob", &order(1, 256)),
        503,
        "255 in stock",
    );
    link.advance(Duration::from_millis(256));
    assert!(link.enc_keys("alice", "bob", &order(1, 256)).is_ok());
    assert_eq!(link.figures().stock_bits, 0);
}

#[test]
fn an_outage_on_demand_lasts_until_it_is_ended() {
    let mut link = link(&config(""));
    link.force_rate(Some(0));
    link.advance(Duration::from_secs(10));
    assert_eq!(
        (link.figures().stock_bits, link.figures().bits_per_s),
        (0, 0)
    );
    link.force_rate(None);
    link.advance(Duration::from_secs(11));
    assert_eq!(
        (link.figures().stock_bits, link.figures().bits_per_s),
        (1_000, RATE)
    );
    // A clock that goes back changes nothing.
    link.advance(Duration::from_secs(1));
    assert_eq!(link.figures().stock_bits, 1_000);
}

#[test]
fn the_stock_has_a_limit_and_so_have_keys_that_nobody_collects() {
    let mut link = link(&config("max_key_count = 10\nwaiting_keys_max = 3"));
    link.advance(Duration::from_secs(1_000_000));
    assert_eq!(link.figures().stock_keys, 10);
    let got = link.enc_keys("alice", "bob", &order(5, 256)).unwrap();
    let figures = link.figures();
    assert_eq!((figures.waiting_keys, figures.dropped_keys), (3, 2));
    let one = |at: usize| KeyIds {
        key_ids: vec![ids(&got).key_ids[at].clone()],
        key_ids_extension: None,
    };
    refused(link.dec_keys("bob", "alice", &one(1)), 400, NOT_FOUND);
    assert!(link.dec_keys("bob", "alice", &one(2)).is_ok());
}

#[test]
fn a_status_names_the_pair_and_tells_that_it_is_a_simulation() {
    let status = full().status("alice", "bob").unwrap();
    assert_eq!(
        (&*status.source_kme_id, &*status.target_kme_id),
        ("kme-a", "kme-b")
    );
    assert_eq!(
        (&*status.master_sae_id, &*status.slave_sae_id),
        ("alice", "bob")
    );
    assert_eq!((status.stored_key_count, status.key_size), (1_000, 256));
    let extension = status.status_extension.unwrap();
    let notice = extension["hlincos_simulation"]["notice"].as_str().unwrap();
    assert!(notice.starts_with("SIMULATION"));
}

#[test]
fn every_answer_and_every_refusal_tells_that_it_is_a_simulation() {
    let mut link = full();
    let got = link.enc_keys("alice", "bob", &order(1, 256)).unwrap();
    let got = got.key_container_extension.unwrap();
    assert!(got["hlincos_simulation"]["notice"].is_string());
    let refusal = Refusal::bad("x");
    let details = link.refuse(&refusal).details.unwrap();
    assert!(details[0]["hlincos_simulation"]["notice"].is_string());
    link.set_faults([Fault::SizeIgnored].into_iter().collect());
    assert_eq!(link.notice()["faults"][0], "size-ignored");
}

proptest! {
    /// Whatever is asked for, and when: never more key than was made, and never a key twice.
    #[test]
    fn no_key_out_of_nothing(steps in prop::collection::vec((0_u64..3_000, 0_u64..140, 0_u64..1_100), 1..60)) {
        let mut link = link(&config(""));
        let (mut now, mut taken) = (0, 0);
        let mut seen = BTreeSet::new();
        for (pause, number, size) in steps {
            now += pause;
            link.advance(Duration::from_millis(now));
            if let Ok(got) = link.enc_keys("alice", "bob", &order(number, size)) {
                taken += number * size;
                for key in &got.keys {
                    prop_assert!(seen.insert(KeyId::from_str(&key.key_id).unwrap()));
                }
            }
            prop_assert!(taken + link.figures().stock_bits <= now * RATE / 1_000);
        }
    }
}
