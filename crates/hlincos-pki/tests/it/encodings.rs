//! Healthcare roles and public keys against `spec/reference/certificates.py`.

use std::fs;

use hlincos_pki::{HcActor, HcRole, PublicKey, SignatureAlgorithm, decode_actors, encode_actors};
use serde_json::Value;

use super::{hex, vectors};

/// Every vector of a kind: its name, its bytes, what is expected.
fn each(kind: &str, field: &str, check: impl Fn(&str, &[u8], &Value)) {
    let mut count = 0;
    for entry in fs::read_dir(vectors(kind)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let bytes = hex(document[field].as_str().unwrap());
        check(&name, &bytes, &document["expect"]);
        count += 1;
    }
    assert!(count > 20, "{kind}: {count}");
}

/// What our encoder does not write though our decoder reads it.
const READ_ONLY: [&str; 3] = [
    "regional_data_is_passed_over",
    "another_attribute_first",
    "another_attribute_only",
];

#[test]
fn healthcare_roles_are_read_and_written_as_by_the_second_hand() {
    each("hc-role", "extension", |name, bytes, expect| {
        let read = decode_actors(bytes);
        if expect == "refused" {
            assert!(read.is_err(), "{name}");
            return;
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let expected: Vec<HcActor> = expect
            .as_array()
            .unwrap()
            .iter()
            .map(|actor| HcActor {
                scheme: actor["scheme"].as_str().unwrap().parse().unwrap(),
                code: text(&actor["code"]),
                text: text(&actor["text"]),
            })
            .collect();
        assert_eq!(read.unwrap(), expected, "{name}");
        if !READ_ONLY.contains(&name) {
            assert_eq!(encode_actors(&expected).unwrap(), bytes, "{name}");
        }
    });
}

#[test]
fn every_role_with_an_english_name_survives_a_certificate_and_another_scheme_gives_none() {
    for role in HcRole::all() {
        let Ok(actor) = HcActor::of(role) else {
            assert_eq!(role.japanese(), "公認心理師");
            continue;
        };
        let bytes = encode_actors(core::slice::from_ref(&actor)).unwrap();
        let read = decode_actors(&bytes).unwrap();
        assert_eq!(read[0].role(), Some(role));
        let elsewhere = HcActor {
            scheme: "1.2.3".parse().unwrap(),
            ..actor
        };
        assert_eq!(elsewhere.role(), None);
    }
}

#[test]
fn public_keys_are_read_and_written_as_by_the_second_hand() {
    each("spki", "spki", |name, bytes, expect| {
        let read = PublicKey::from_spki_der(bytes);
        if expect == "refused" {
            assert!(read.is_err(), "{name}");
            return;
        }
        let key = read.unwrap();
        let algorithm: SignatureAlgorithm = expect["algorithm"].as_str().unwrap().parse().unwrap();
        assert_eq!(key.algorithm(), algorithm, "{name}");
        assert_eq!(key.as_bytes(), hex(expect["key"].as_str().unwrap()));
        assert_eq!(key.to_spki_der().unwrap(), bytes, "{name}");
    });
}

/// Every byte changed in three ways, every cut: a reader may refuse, it may not panic, and what it
/// takes it must write again as it was.
#[test]
fn no_changed_or_cut_byte_breaks_a_reader() {
    let doctor: HcRole = "医師".parse().unwrap();
    let actors = [HcActor::of(doctor).unwrap()];
    let extension = encode_actors(&actors).unwrap();
    let key = PublicKey::new(SignatureAlgorithm::SlhDsa128f, &[7; 32]).unwrap();
    let spki = key.to_spki_der().unwrap();
    for original in [extension, spki] {
        let changed = (0..original.len()).flat_map(|at| [1, 0x20, 0x80].map(|bit| (at, bit)));
        let changed = changed.map(|(at, bit)| {
            let mut bytes = original.clone();
            bytes[at] ^= bit;
            bytes
        });
        let cut = (0..original.len()).map(|end| original[..end].to_vec());
        for bytes in changed.chain(cut) {
            if let Ok(read) = decode_actors(&bytes)
                && !read.is_empty()
            {
                assert_eq!(encode_actors(&read).unwrap(), bytes);
            }
            if let Ok(read) = PublicKey::from_spki_der(&bytes) {
                assert_eq!(read.to_spki_der().unwrap(), bytes);
            }
        }
    }
}
