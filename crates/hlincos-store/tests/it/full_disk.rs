//! Disks that fill up or fail at any call: nothing acknowledged is lost, and callers are told.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use hlincos_store::{OpenError, Options, PutOutcome, Store, WriteError};
use tempfile::tempdir;

use crate::common::{Objects, assert_holds, key, object, put, small_options};
use crate::sim_disk::{Fault, Image, SimDisk};

const STEPS: u8 = 14;

#[test]
fn a_disk_full_from_any_call_on_refuses_writes_keeps_reads_and_recovers_when_room_is_made() {
    let mut refusals = 0;
    for call in 1..=calls_of_a_whole_run() {
        let (disk, store) = fresh();
        disk.set_fault(Some(Fault::FullFrom { call }));
        let mut held = Objects::new();
        for step in 0..STEPS {
            if let Err(error) = write(&store, step, &mut held) {
                assert!(
                    matches!(error, WriteError::Full),
                    "call {call}, step {step}: {error}"
                );
                assert_holds(&store, &held);
                refusals += 1;
                disk.set_fault(None);
                write(&store, step, &mut held).unwrap();
            }
        }
        assert_holds(&store, &held);
        drop(store);
        disk.set_fault(None);
        assert_holds(&open(&disk).unwrap(), &held);
    }
    assert!(
        refusals > 20,
        "the disk was never full: {refusals} refusals"
    );
}

#[test]
fn an_error_at_any_call_stops_writing_or_is_mended_and_loses_nothing() {
    let mut broken = 0;
    for call in 1..=calls_of_a_whole_run() {
        let (disk, store) = fresh();
        disk.set_fault(Some(Fault::ErrorAt { call }));
        let mut held = Objects::new();
        let mut refused = None;
        for step in 0..STEPS {
            match (refused, write(&store, step, &mut held)) {
                (None, Ok(())) => {}
                (Some(_), Ok(())) => panic!("call {call}: a broken store took step {step}"),
                (first, Err(error)) => {
                    assert!(matches!(error, WriteError::Broken), "call {call}: {error}");
                    refused = first.or(Some(step));
                }
            }
        }
        drop(store);
        disk.set_fault(None);
        let store = open(&disk).unwrap();
        match refused {
            None => assert_holds(&store, &held),
            // What was under way when the disk failed may be there or not.
            Some(step) => {
                broken += 1;
                let before = held.clone();
                write_into(step, &mut held);
                for number in 0..=STEPS {
                    let found = store.get(&key(number)).unwrap();
                    let (old, new) = (before.get(&key(number)), held.get(&key(number)));
                    assert!(
                        found.as_ref() == old || found.as_ref() == new,
                        "call {call}"
                    );
                }
            }
        }
    }
    assert!(broken > 20, "the disk never failed: {broken} broken stores");
}

#[test]
fn a_failure_while_opening_is_told_or_mended_and_loses_nothing() {
    let (disk, store) = fresh();
    let mut held = Objects::new();
    (0..STEPS).for_each(|step| write(&store, step, &mut held).unwrap());
    // Taken while the store is open: the index is behind the log, as after a crash.
    let image = disk.image();
    drop(store);
    let mut told = 0;
    for call in 1.. {
        let disk = SimDisk::plain(image.clone());
        disk.set_fault(Some(Fault::ErrorAt { call }));
        match open(&disk) {
            Ok(store) => assert_holds(&store, &held),
            Err(OpenError::Io { .. } | OpenError::Index(_)) => told += 1,
            Err(error) => panic!("call {call}: {error}"),
        }
        let met = disk.calls() >= call;
        disk.set_fault(None);
        assert_holds(&open(&disk).unwrap(), &held);
        if !met {
            break;
        }
    }
    assert!(told > 0, "no failure while opening was told");
}

#[test]
fn a_small_file_system_that_fills_up_keeps_what_it_acknowledged() {
    let dir = tempdir().unwrap();
    let Some(_mounted) = Mounted::tmpfs(dir.path(), "8m") else {
        eprintln!("skipped: mounting a tmpfs needs root");
        return;
    };
    let options = Options {
        segment_bytes: 1 << 20,
        reserve_bytes: 0,
        ..small_options()
    };
    let store = Store::open(dir.path(), options.clone()).unwrap();
    let mut held = Objects::new();
    let refused = (0..=u8::MAX).find(|number| {
        let bytes = object(u64::from(*number), 100_000);
        match store.put(vec![put(*number, &bytes)]) {
            Ok(_) => drop(held.insert(key(*number), bytes)),
            Err(WriteError::Full) => return true,
            Err(error) => panic!("object {number}: {error}"),
        }
        false
    });
    assert!(
        refused.is_some_and(|number| number > 10),
        "refused at {refused:?}"
    );
    assert_holds(&store, &held);
    // Tombstones find room where objects do not, and segments without live objects go.
    let gone: Vec<_> = held
        .keys()
        .copied()
        .filter(|key| key.name[0] < 30)
        .collect();
    store.delete(gone.clone()).unwrap();
    gone.iter().for_each(|key| drop(held.remove(key)));
    assert!(store.compact().unwrap() > 0 || segment_count(dir.path()) < 5);
    assert_holds(&store, &held);
    let bytes = object(0, 100_000);
    store.put(vec![put(0, &bytes)]).unwrap();
    held.insert(key(0), bytes);
    assert_holds(&store, &held);
    drop(store);
    let store = Store::open(dir.path(), options).unwrap();
    assert_holds(&store, &held);
}

fn segment_count(dir: &Path) -> usize {
    let names = dir
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().ends_with(".seg"))
        .count()
}

/// A mounted file system that goes when dropped.
struct Mounted<'p>(&'p Path);

impl<'p> Mounted<'p> {
    fn tmpfs(path: &'p Path, size: &str) -> Option<Self> {
        let size = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(path);
        mount
            .output()
            .is_ok_and(|output| output.status.success())
            .then_some(Self(path))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).output();
    }
}

fn fresh() -> (SimDisk, Store) {
    let disk = SimDisk::plain(Image::default());
    let store = open(&disk).unwrap();
    (disk, store)
}

fn open(disk: &SimDisk) -> Result<Store, OpenError> {
    Store::open_on(Arc::new(disk.clone()), small_options())
}

fn calls_of_a_whole_run() -> u64 {
    let (disk, store) = fresh();
    disk.set_fault(None);
    let mut held = Objects::new();
    (0..STEPS).for_each(|step| write(&store, step, &mut held).unwrap());
    drop(store);
    disk.calls()
}

/// Every third step deletes the object of the step before it, all others put one.
fn write(store: &Store, step: u8, held: &mut Objects) -> Result<(), WriteError> {
    if step % 3 == 2 {
        store.delete(vec![key(step - 1)])?;
    } else {
        let outcomes = store.put(vec![put(step, &object(u64::from(step), 700))])?;
        assert_eq!(outcomes, [PutOutcome::Stored]);
    }
    write_into(step, held);
    Ok(())
}

fn write_into(step: u8, held: &mut Objects) {
    if step % 3 == 2 {
        held.remove(&key(step - 1));
    } else {
        held.insert(key(step), object(u64::from(step), 700));
    }
}
