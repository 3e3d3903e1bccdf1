//! Segments that are mostly dead are emptied, and nothing deleted comes back.

use std::path::Path;
use std::sync::Arc;

use hlincos_store::{Options, Store};
use tempfile::tempdir;

use crate::common::{Objects, Random, assert_holds, key, object, put, small_options};
use crate::sim_disk::{Event, Image, SimDisk};

#[test]
fn deleting_gives_the_room_back_and_keeps_the_rest() {
    let dir = tempdir().unwrap();
    let (store, mut held) = forty_objects(dir.path());
    let full = segment_files(dir.path()).len();
    for number in (0..40).filter(|number| number % 4 != 0) {
        store.delete(vec![key(number)]).unwrap();
        held.remove(&key(number));
    }
    assert_holds(&store, &held);
    store.compact().unwrap();
    drop(store);
    assert!(
        segment_files(dir.path()).len() <= full / 2,
        "{full} segments before"
    );
    let store = Store::open(dir.path(), small_options()).unwrap();
    assert_holds(&store, &held);
    assert!(store.stats().dead_bytes <= store.stats().segment_bytes / 2);
    store.compact().unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("index.redb")).unwrap();
    assert_holds(&Store::open(dir.path(), small_options()).unwrap(), &held);
}

#[test]
fn a_deleted_object_stays_deleted_when_its_tombstones_segment_is_emptied() {
    let dir = tempdir().unwrap();
    let (store, mut held) = forty_objects(dir.path());
    // One object of the first segment goes: that segment stays, two thirds of it are live.
    store.delete(vec![key(0)]).unwrap();
    held.remove(&key(0));
    // Fill the tombstone's segment with objects and delete those, so that it is emptied.
    for round in 0..6 {
        let numbers: Vec<u8> = (50..60).collect();
        let batch = numbers
            .iter()
            .map(|number| put(*number, &object(round, 400)))
            .collect();
        store.put(batch).unwrap();
        store
            .delete(numbers.iter().map(|number| key(*number)).collect())
            .unwrap();
    }
    store.compact().unwrap();
    drop(store);
    assert!(segment_files(dir.path()).contains(&"00000001.seg".to_owned()));
    std::fs::remove_file(dir.path().join("index.redb")).unwrap();
    assert_holds(&Store::open(dir.path(), small_options()).unwrap(), &held);
}

#[test]
fn a_segment_that_comes_back_after_being_emptied_changes_nothing() {
    let dir = tempdir().unwrap();
    let (store, mut held) = forty_objects(dir.path());
    let saved: Vec<_> = segment_files(dir.path())
        .into_iter()
        .map(|name| (std::fs::read(dir.path().join(&name)).unwrap(), name))
        .collect();
    let gone: Vec<_> = (0..40).filter(|number| number % 4 != 0).map(key).collect();
    store.delete(gone.clone()).unwrap();
    gone.iter().for_each(|key| drop(held.remove(key)));
    store.compact().unwrap();
    drop(store);
    // As after a crash between the checkpoint and the removal, of the newest emptied segment.
    let (bytes, name) = saved
        .into_iter()
        .rev()
        .find(|(_, name)| !dir.path().join(name).exists())
        .expect("some segment was emptied");
    std::fs::write(dir.path().join(&name), bytes).unwrap();
    let store = Store::open(dir.path(), small_options()).unwrap();
    for (key, bytes) in &held {
        assert_eq!(store.get(key).unwrap().as_ref(), Some(bytes));
    }
    // It is known again, or no tombstone could ever protect against it.
    assert_eq!(
        store.stats().segments,
        segment_files(dir.path()).len() as u64
    );
}

#[test]
fn a_crash_right_after_compaction_does_not_cost_a_rebuild_of_the_index() {
    let disk = SimDisk::recording(Image::default());
    let options = Options {
        checkpoint_commits: 1000,
        ..small_options()
    };
    let store = Store::open_on(Arc::new(disk.clone()), options.clone()).unwrap();
    for number in 0..12 {
        store.put(vec![put(number, &object(1, 600))]).unwrap();
    }
    store.delete((0..9).map(key).collect()).unwrap();
    store.compact().unwrap();
    let left = Image::default().after_power_cut(&disk.events(), &mut Random::new(1), false);
    let disk = SimDisk::recording(left);
    let store = Store::open_on(Arc::new(disk.clone()), options).unwrap();
    assert_eq!(store.stats().objects, 3);
    let removed = |event: &Event| matches!(event, Event::Remove { .. });
    assert!(!disk.events().iter().any(removed), "the index was removed");
}

/// Three objects to a segment.
fn forty_objects(dir: &Path) -> (Store, Objects) {
    let store = Store::open(dir, small_options()).unwrap();
    let mut held = Objects::new();
    for number in 0..40 {
        let bytes = object(u64::from(number), 600);
        store.put(vec![put(number, &bytes)]).unwrap();
        held.insert(key(number), bytes);
    }
    (store, held)
}

fn segment_files(dir: &Path) -> Vec<String> {
    let names = dir
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".seg"));
    names.sort();
    names
}
