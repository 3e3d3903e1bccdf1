//! Keys, objects and options that the tests share.

use std::collections::BTreeMap;

use hlincos_store::{ObjectKey, Options, Put, Store};

/// What a store should hold.
pub(crate) type Objects = BTreeMap<ObjectKey, Vec<u8>>;

/// Small segments and frequent checkpoints, so that a few objects reach every branch.
pub(crate) fn small_options() -> Options {
    Options {
        segment_bytes: 2048,
        reserve_bytes: 0,
        index_cache_bytes: 1 << 20,
        checkpoint_commits: 5,
        ..Options::default()
    }
}

/// A key out of few folders, so that folders hold several objects.
pub(crate) fn key(number: u8) -> ObjectKey {
    ObjectKey {
        folder: [number % 3; 32],
        name: [number; 16],
    }
}

/// An object of `len` bytes that no other `tag` gives.
pub(crate) fn object(tag: u64, len: usize) -> Vec<u8> {
    let mut random = Random::new(tag);
    (0..len).map(|_| random.byte()).collect()
}

pub(crate) fn put(number: u8, bytes: &[u8]) -> Put {
    Put {
        key: key(number),
        bytes: bytes.to_vec(),
    }
}

/// Asserts that listing, reading and counting all show exactly these objects.
pub(crate) fn assert_holds(store: &Store, expected: &Objects) {
    let listed = store.list(None, usize::MAX).unwrap();
    let keys: Vec<_> = listed.iter().map(|listed| listed.key).collect();
    assert_eq!(keys, expected.keys().copied().collect::<Vec<_>>());
    for listed in &listed {
        let bytes = &expected[&listed.key];
        assert_eq!(store.get(&listed.key).unwrap().as_ref(), Some(bytes));
        assert_eq!(listed.head[..], bytes[..64]);
        assert_eq!(listed.len as usize, bytes.len());
    }
    let stats = store.stats();
    assert_eq!(stats.objects, expected.len() as u64);
    assert_eq!(
        stats.object_bytes,
        expected
            .values()
            .map(|bytes| bytes.len() as u64)
            .sum::<u64>()
    );
}

/// A small generator of repeatable choices (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}
