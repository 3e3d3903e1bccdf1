//! Rot at rest: damaged bytes are never returned, and cost only the record they are in.

use std::sync::Arc;

use hlincos_store::{OpenError, Options, PutOutcome, ReadError, Store};

use crate::common::{Objects, assert_holds, key, object, put, small_options};
use crate::sim_disk::{Image, SimDisk};

const SEGMENT: &str = "00000001.seg";

/// Three objects in one segment, and one deleted between them.
fn written() -> (Image, Objects) {
    let disk = SimDisk::plain(Image::default());
    let store = open(&disk).unwrap();
    let mut held = Objects::new();
    for number in 0..4 {
        let bytes = object(u64::from(number), 64 + usize::from(number));
        store.put(vec![put(number, &bytes)]).unwrap();
        held.insert(key(number), bytes);
    }
    store.delete(vec![key(1)]).unwrap();
    held.remove(&key(1));
    drop(store);
    (disk.image(), held)
}

#[test]
fn no_flipped_byte_of_a_segment_gives_wrong_bytes_or_costs_another_object() {
    let (image, held) = written();
    let length = SimDisk::plain(image.clone()).bytes(SEGMENT).len();
    for at in 0..length {
        for (with_index, flip) in [(true, 0x01), (true, 0x80), (false, 0x01), (false, 0xff)] {
            let disk = SimDisk::plain(image.clone());
            disk.edit(SEGMENT, |bytes| bytes[at] ^= flip);
            if !with_index {
                disk.edit("index.redb", Vec::clear);
            }
            let store = open(&disk).unwrap_or_else(|error| panic!("byte {at}: {error}"));
            let lost = held.iter().filter(|(key, bytes)| match store.get(key) {
                Ok(Some(found)) => {
                    assert_eq!(found, **bytes, "byte {at}");
                    false
                }
                Ok(None) | Err(ReadError::Rotten { .. }) => true,
                Err(error) => panic!("byte {at}: {error}"),
            });
            assert!(lost.count() <= 1, "byte {at} cost more than its own record");
            // A damaged tombstone can bring its object back, but never other bytes.
            let deleted = store.get(&key(1)).unwrap();
            assert!(
                deleted.is_none_or(|bytes| bytes == object(1, 65)),
                "byte {at}"
            );
        }
    }
}

#[test]
fn no_flipped_byte_of_the_index_gives_wrong_bytes_or_a_panic() {
    let (image, held) = written();
    let length = SimDisk::plain(image.clone()).bytes("index.redb").len();
    // All of the file's header, then one byte in every stretch.
    for at in (0..512).chain((512..length).step_by(997)) {
        let disk = SimDisk::plain(image.clone());
        disk.edit("index.redb", |bytes| bytes[at] ^= 0x10);
        let store = open(&disk).unwrap_or_else(|error| panic!("byte {at}: {error}"));
        assert_holds(&store, &held);
    }
}

#[test]
fn an_index_ahead_of_its_log_is_rebuilt() {
    let (image, mut held) = written();
    let disk = SimDisk::plain(image);
    // The tombstone and the fourth object, all of which the index knows, never reached the disk.
    disk.edit(SEGMENT, |bytes| bytes.truncate(bytes.len() - 72 - 72 - 67));
    held.remove(&key(3));
    held.insert(key(1), object(1, 65));
    assert_holds(&open(&disk).unwrap(), &held);
}

#[test]
fn an_index_of_any_garbage_is_rebuilt() {
    let (image, held) = written();
    for garbage in [vec![], vec![0; 100], vec![0xff; 100_000], object(1, 5000)] {
        let disk = SimDisk::plain(image.clone());
        disk.edit("index.redb", |bytes| *bytes = garbage);
        assert_holds(&open(&disk).unwrap(), &held);
    }
}

#[test]
fn rot_under_an_open_store_is_told_counted_once_and_healed_by_the_right_bytes() {
    let (image, held) = written();
    let disk = SimDisk::plain(image);
    let store = open(&disk).unwrap();
    let bytes = &held[&key(0)];
    disk.edit(SEGMENT, |segment| segment[24 + 72 + 10] ^= 1);
    for _ in 0..2 {
        assert!(matches!(
            store.get(&key(0)),
            Err(ReadError::Rotten {
                segment: 1,
                offset: 24,
                ..
            })
        ));
    }
    assert_eq!(store.stats().rotten, 1);
    let mut wrong = bytes.clone();
    wrong[63] ^= 1;
    assert_eq!(
        store.put(vec![put(0, &wrong)]).unwrap(),
        [PutOutcome::Conflict]
    );
    assert_eq!(
        store.put(vec![put(0, bytes)]).unwrap(),
        [PutOutcome::Stored]
    );
    assert_holds(&store, &held);
    drop(store);
    disk.edit("index.redb", Vec::clear);
    let store = open(&disk).unwrap();
    assert_holds(&store, &held);
    assert_eq!(store.stats().rotten, 1);
}

#[test]
fn a_torn_tail_is_cut_and_written_over() {
    let (image, mut held) = written();
    let whole = SimDisk::plain(image.clone()).bytes(SEGMENT).len();
    let bytes = object(9, 64);
    held.insert(key(9), bytes.clone());
    for tail in [vec![0; 1], vec![0; 500], b"HLPU".to_vec(), object(3, 300)] {
        let disk = SimDisk::plain(image.clone());
        disk.edit(SEGMENT, |segment| segment.extend(&tail));
        let store = open(&disk).unwrap();
        assert_eq!(disk.bytes(SEGMENT).len(), whole);
        assert_eq!(store.stats().rotten, 0);
        store.put(vec![put(9, &bytes)]).unwrap();
        drop(store);
        disk.edit("index.redb", Vec::clear);
        assert_holds(&open(&disk).unwrap(), &held);
    }
}

#[test]
fn a_lost_segment_costs_only_its_own_objects() {
    let disk = SimDisk::plain(Image::default());
    let store = open(&disk).unwrap();
    let mut held = Objects::new();
    for number in 0..20 {
        let bytes = object(u64::from(number), 900);
        store.put(vec![put(number, &bytes)]).unwrap();
        held.insert(key(number), bytes);
    }
    drop(store);
    let segment = 4;
    hlincos_store::Disk::remove(&disk, &format!("{segment:08}.seg")).unwrap();
    let store = open(&disk).unwrap();
    let lost: Vec<_> = held
        .keys()
        .filter(|key| store.get(key).unwrap().is_none())
        .collect();
    // Two objects of 972 bytes fit a segment of 2,048: the fourth holds numbers 6 and 7.
    assert_eq!(lost.len(), 2);
    assert!(lost.contains(&&key(6)) && lost.contains(&&key(7)));
}

#[test]
fn a_later_version_and_a_renamed_segment_are_refused_by_name() {
    let (image, _) = written();
    let disk = SimDisk::plain(image.clone());
    let header = disk.bytes(SEGMENT)[..24].to_vec();
    disk.edit(SEGMENT, |bytes| {
        bytes[9] = 2;
        let crc = crc32c::crc32c(&bytes[..20]).to_be_bytes();
        bytes[20..24].copy_from_slice(&crc);
    });
    assert!(matches!(
        open(&disk),
        Err(OpenError::Version {
            segment: 1,
            version: 2
        })
    ));
    let disk = SimDisk::plain(image);
    disk.edit(SEGMENT, |bytes| {
        bytes[..24].copy_from_slice(&header);
        bytes[15] = 7;
        let crc = crc32c::crc32c(&bytes[..20]).to_be_bytes();
        bytes[20..24].copy_from_slice(&crc);
    });
    assert!(matches!(
        open(&disk),
        Err(OpenError::Misnamed {
            file: 1,
            segment: 7
        })
    ));
}

fn open(disk: &SimDisk) -> Result<Store, OpenError> {
    let options = Options {
        checkpoint_commits: 2,
        ..small_options()
    };
    Store::open_on(Arc::new(disk.clone()), options)
}
