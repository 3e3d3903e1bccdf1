//! What callers may rely on when nothing fails.

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Barrier};

use hlincos_store::{
    OBJECT_BYTES_MAX, ObjectKey, OpenError, Options, Put, PutOutcome, Store, WriteError,
};
use tempfile::tempdir;

use crate::common::{Objects, assert_holds, key, object, put, small_options};
use crate::sim_disk::{Event, Image, SimDisk};

#[test]
fn an_object_is_put_once() {
    let dir = tempdir().unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    let (first, other) = (object(1, 100), object(2, 100));
    let batch = vec![
        put(1, &first),
        put(1, &first),
        put(1, &other),
        put(2, &other),
    ];
    use PutOutcome::{AlreadyStored, Conflict, Stored};
    assert_eq!(
        store.put(batch).unwrap(),
        [Stored, AlreadyStored, Conflict, Stored]
    );
    let batch = vec![put(1, &other), put(1, &first)];
    assert_eq!(store.put(batch).unwrap(), [Conflict, AlreadyStored]);
    assert_holds(&store, &Objects::from([(key(1), first), (key(2), other)]));
}

#[test]
fn same_head_length_and_name_is_still_a_conflict() {
    let dir = tempdir().unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    let first = object(1, 100);
    let mut other = first.clone();
    other[99] ^= 1;
    store.put(vec![put(1, &first)]).unwrap();
    assert_eq!(
        store.put(vec![put(1, &other)]).unwrap(),
        [PutOutcome::Conflict]
    );
}

#[test]
fn a_deleted_object_is_gone_and_its_key_free() {
    let dir = tempdir().unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    let (first, other) = (object(1, 100), object(2, 200));
    store.put(vec![put(1, &first)]).unwrap();
    assert_eq!(
        store.delete(vec![key(1), key(1), key(2)]).unwrap(),
        [true, false, false]
    );
    assert_eq!(store.get(&key(1)).unwrap(), None);
    assert_holds(&store, &Objects::new());
    assert_eq!(
        store.put(vec![put(1, &other)]).unwrap(),
        [PutOutcome::Stored]
    );
    drop(store);
    let store = Store::open(dir.path(), small_options()).unwrap();
    assert_holds(&store, &Objects::from([(key(1), other)]));
}

#[test]
fn everything_is_there_after_a_restart_with_and_without_the_index() {
    let dir = tempdir().unwrap();
    let mut expected = Objects::new();
    let store = Store::open(dir.path(), small_options()).unwrap();
    for number in 0..40 {
        let bytes = object(u64::from(number), 64 + usize::from(number) * 9);
        store.put(vec![put(number, &bytes)]).unwrap();
        expected.insert(key(number), bytes);
    }
    assert!(store.stats().segments > 5);
    let before = store.stats();
    drop(store);
    let store = Store::open(dir.path(), small_options()).unwrap();
    assert_holds(&store, &expected);
    assert_eq!(store.stats().segment_bytes, before.segment_bytes);
    drop(store);
    std::fs::remove_file(dir.path().join("index.redb")).unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    assert_holds(&store, &expected);
    assert_eq!(store.stats().dead_bytes, before.dead_bytes);
}

#[test]
fn the_index_of_another_store_is_not_believed() {
    let (dir, foreign) = (tempdir().unwrap(), tempdir().unwrap());
    let expected = Objects::from([(key(1), object(1, 100))]);
    // Both logs have the same length, and the index of each names the same key.
    for (path, tag) in [(dir.path(), 1), (foreign.path(), 2)] {
        let store = Store::open(path, small_options()).unwrap();
        store.put(vec![put(1, &object(tag, 100))]).unwrap();
    }
    std::fs::copy(
        foreign.path().join("index.redb"),
        dir.path().join("index.redb"),
    )
    .unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    assert_holds(&store, &expected);
}

#[test]
fn an_older_index_catches_up_with_the_log() {
    let dir = tempdir().unwrap();
    let index = dir.path().join("index.redb");
    let mut expected = Objects::new();
    for number in 0..20 {
        let store = Store::open(dir.path(), small_options()).unwrap();
        let bytes = object(u64::from(number), 300);
        store.put(vec![put(number, &bytes)]).unwrap();
        expected.insert(key(number), bytes);
        drop(store);
        if number == 5 {
            std::fs::copy(&index, dir.path().join("old")).unwrap();
        }
    }
    std::fs::rename(dir.path().join("old"), &index).unwrap();
    assert_holds(
        &Store::open(dir.path(), small_options()).unwrap(),
        &expected,
    );
}

#[test]
fn pages_of_a_folder_and_of_the_store_join_without_gap_or_overlap() {
    let dir = tempdir().unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    let edge = |folder, name| ObjectKey {
        folder: [folder; 32],
        name: [name; 16],
    };
    let keys = [
        edge(0, 0),
        edge(1, 0),
        edge(1, 7),
        edge(1, 0xff),
        edge(2, 0),
        edge(0xff, 0xff),
    ];
    let bytes = object(1, 64);
    store
        .put(
            keys.iter()
                .map(|key| Put {
                    key: *key,
                    bytes: bytes.clone(),
                })
                .collect(),
        )
        .unwrap();
    let mut paged = Vec::new();
    while let Some(last) = store
        .folder_page(&[1; 32], paged.last().copied(), 1)
        .unwrap()
        .pop()
    {
        paged.push(last.key.name);
    }
    assert_eq!(paged, [[0; 16], [7; 16], [0xff; 16]]);
    let mut paged = Vec::new();
    loop {
        let page = store.list(paged.last().copied(), 4).unwrap();
        if page.is_empty() {
            break;
        }
        paged.extend(page.iter().map(|listed| listed.key));
    }
    assert_eq!(paged, keys);
}

#[test]
fn objects_outside_the_limits_are_refused_with_their_batch() {
    let dir = tempdir().unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    let batch = vec![put(1, &object(1, 64)), put(2, &object(2, 63))];
    assert!(matches!(
        store.put(batch),
        Err(WriteError::TooSmall { len: 63, .. })
    ));
    let batch = vec![
        put(1, &object(1, 64)),
        put(2, &vec![0; OBJECT_BYTES_MAX + 1]),
    ];
    assert!(matches!(store.put(batch), Err(WriteError::TooLarge { .. })));
    assert_holds(&store, &Objects::new());
    let largest = vec![7; OBJECT_BYTES_MAX];
    store.put(vec![put(3, &largest)]).unwrap();
    assert_holds(&store, &Objects::from([(key(3), largest)]));
}

#[test]
fn a_store_is_open_once_and_closed_to_others() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("made").join("here");
    let store = Store::open(&path, small_options()).unwrap();
    assert!(matches!(
        Store::open(&path, small_options()),
        Err(OpenError::Locked)
    ));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("00000001.seg")), 0o600);
    drop(store);
    Store::open(&path, small_options()).unwrap();
}

#[test]
fn writes_stop_at_the_reserve_and_deletes_go_on() {
    let dir = tempdir().unwrap();
    let bytes = object(1, 100);
    let store = Store::open(dir.path(), small_options()).unwrap();
    store.put(vec![put(1, &bytes)]).unwrap();
    drop(store);
    let options = Options {
        reserve_bytes: u64::MAX,
        ..small_options()
    };
    let store = Store::open(dir.path(), options).unwrap();
    assert!(matches!(
        store.put(vec![put(2, &bytes)]),
        Err(WriteError::Full)
    ));
    assert_holds(&store, &Objects::from([(key(1), bytes)]));
    assert_eq!(store.delete(vec![key(1)]).unwrap(), [true]);
}

#[test]
fn a_batch_costs_one_sync_and_a_batch_without_news_none() {
    let disk = SimDisk::recording(Image::default());
    let options = Options {
        segment_bytes: 1 << 20,
        checkpoint_commits: 100,
        ..small_options()
    };
    let store = Store::open_on(Arc::new(disk.clone()), options).unwrap();
    let before = disk.events().len();
    for call in 0..3 {
        store
            .put(
                (0..50)
                    .map(|at| put(call * 50 + at, &object(1, 100)))
                    .collect(),
            )
            .unwrap();
    }
    let repeated = (0..50).map(|at| put(at, &object(1, 100))).collect();
    assert_eq!(
        store.put(repeated).unwrap(),
        [PutOutcome::AlreadyStored; 50]
    );
    store.delete((0..50).map(key).collect()).unwrap();
    assert_eq!(
        store.delete((0..50).map(key).collect()).unwrap(),
        [false; 50]
    );
    let events = &disk.events()[before..];
    // The index, the second file, is synced only when its file grows.
    let syncs = |event: &&Event| matches!(event, Event::Sync { file: 0 } | Event::SyncNames);
    assert_eq!(events.iter().filter(syncs).count(), 4);
    assert_eq!(store.stats().commits, 4);
}

#[test]
fn callers_at_the_same_time_all_get_their_own_answer() {
    let dir = tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path(), small_options()).unwrap());
    let start = Arc::new(Barrier::new(8));
    let callers: Vec<_> = (0..8u8)
        .map(|caller| {
            let (store, start) = (Arc::clone(&store), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                for round in 0..20 {
                    // All callers race for key 255; each has its own keys besides.
                    let own = put(caller * 20 + round, &object(u64::from(caller), 80));
                    let batch = vec![own, put(255, &object(u64::from(caller), 80))];
                    let outcomes = store.put(batch).unwrap();
                    assert_eq!(outcomes[0], PutOutcome::Stored);
                    assert_eq!(
                        store.get(&key(caller * 20 + round)).unwrap().unwrap().len(),
                        80
                    );
                    if outcomes[1] != PutOutcome::Conflict {
                        let mine = object(u64::from(caller), 80);
                        assert_eq!(store.get(&key(255)).unwrap().unwrap(), mine);
                    }
                }
            })
        })
        .collect();
    callers
        .into_iter()
        .for_each(|caller| caller.join().unwrap());
    assert_eq!(store.stats().objects, 161);
    assert!(store.stats().commits <= 160);
}
