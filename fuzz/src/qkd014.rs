//! Target of the client of QKD key managers: answers of anybody.

use std::collections::HashSet;

use hlincos_net::qkd014::{
    Key, KeyId, Limits, Named, read_keys, read_named_keys, read_refusal, read_status,
};

/// The ids of the vectors.
const NAMED: [[u8; 16]; 3] = [
    *b"\xbc\x49\x04\x19\x7d\x60\x48\x7f\xad\xc1\x4d\xdc\xc1\x77\xc1\x39",
    *b"\x0a\x78\x2f\xb5\x34\x34\x48\xfe\xaa\x4d\x14\xf4\x1d\x46\xcf\x92",
    *b"\x64\xa7\xe9\xa2\x26\x9c\x4b\x2c\x83\x2c\x53\x51\xf3\xac\x5a\xdb",
];

/// One answer, read as the answer to everything that could have been asked: keys have the length
/// and count that were asked for and ids of their own, or there are none.
pub fn answers(bytes: &[u8]) {
    if let Some(limits) = read_status(bytes)
        .ok()
        .and_then(|status| Limits::of(&status))
    {
        assert!(limits.size_bits_max.is_multiple_of(8) && limits.number_of(u32::MAX) >= 1);
    }
    for size_bits in [8, 256, 512] {
        for number in 1..=3 {
            if let Ok(keys) = read_keys(bytes, number, size_bits) {
                check(&keys, number as usize, size_bits);
            }
            let named = NAMED[..number as usize].iter().map(|id| Named {
                id: KeyId::from_bytes(*id),
                size_bits,
            });
            let named: Vec<Named> = named.collect();
            if let Ok(keys) = read_named_keys(bytes, &named) {
                check(&keys, named.len(), size_bits);
                assert!(keys.iter().zip(&named).all(|(key, one)| key.id == one.id));
            }
        }
    }
    for status in [204, 400, 401, 404, 503] {
        let words = read_refusal(status, bytes, true).to_string();
        assert!(words.len() < 2_000 && !words.contains(char::is_control));
    }
}

fn check(keys: &[Key], number: usize, size_bits: u32) {
    assert_eq!(keys.len(), number);
    assert!(
        keys.iter()
            .all(|key| key.bytes.len() * 8 == size_bits as usize)
    );
    let ids: HashSet<KeyId> = keys.iter().map(|key| key.id).collect();
    assert_eq!(ids.len(), number);
}
