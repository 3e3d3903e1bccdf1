//! Power cuts at any moment, on a disk that keeps any part of what was not synced.

use std::sync::Arc;

use hlincos_store::{PutOutcome, Store, WriteError};

use crate::common::{Objects, Random, assert_holds, key, object, put, small_options};
use crate::sim_disk::{Event, Fault, Image, SimDisk};

const KEYS: u8 = 24;
const STEPS: usize = 60;
const WORKLOADS: u64 = 12;
/// With `RUN_SLOW_TESTS` in the environment.
const WORKLOADS_SLOW: u64 = 400;
const IMAGES_PER_WORKLOAD: u64 = 250;

/// A run of a store: what it did to the disk, and what it held after each acknowledged step.
struct Run {
    events: Vec<Event>,
    held: Vec<Objects>,
}

#[test]
fn no_power_cut_loses_or_falsifies_what_was_acknowledged() {
    let slow = std::env::var_os("RUN_SLOW_TESTS").is_some();
    for workload in 0..if slow { WORKLOADS_SLOW } else { WORKLOADS } {
        let run = run(workload);
        for image in 0..IMAGES_PER_WORKLOAD {
            let seed = workload * IMAGES_PER_WORKLOAD + image;
            let losses = losses(&run, seed, false);
            assert!(
                losses.is_empty(),
                "workload {workload}, image seed {seed}: {losses:?}"
            );
        }
    }
}

#[test]
fn a_disk_that_ignores_syncs_is_found_out() {
    let run = run(0);
    let images: u64 = 200;
    let lossy = (0..images)
        .filter(|seed| !losses(&run, *seed, true).is_empty())
        .count();
    assert!(
        lossy as u64 > images / 2,
        "only {lossy} of {images} images showed losses"
    );
}

#[test]
fn what_a_restart_finds_is_durable_before_it_is_acknowledged_again() {
    let bytes = object(1, 300);
    let mut found_again = 0;
    for call in 1..10 {
        let disk = SimDisk::recording(Image::default());
        let store = Store::open_on(Arc::new(disk.clone()), small_options()).unwrap();
        disk.set_fault(Some(Fault::ErrorAt { call }));
        let first = store.put(vec![put(1, &bytes)]);
        disk.set_fault(None);
        drop(store);
        // The system still holds what the process wrote and could not sync.
        let store = Store::open_on(Arc::new(disk.clone()), small_options()).unwrap();
        let told = store.put(vec![put(1, &bytes)]).unwrap();
        found_again += u8::from(first.is_err() && told == [PutOutcome::AlreadyStored]);
        let events = disk.events();
        for seed in 0..20 {
            let image = Image::default().after_power_cut(&events, &mut Random::new(seed), false);
            let disk = SimDisk::plain(image);
            let store = Store::open_on(Arc::new(disk), small_options()).unwrap();
            assert_eq!(
                store.get(&key(1)).unwrap().as_ref(),
                Some(&bytes),
                "call {call}"
            );
        }
    }
    assert!(found_again > 0, "no failed sync left bytes to be found");
}

/// Puts, deletes, restarts and lets segments be compacted on a recording disk.
fn run(seed: u64) -> Run {
    let mut random = Random::new(seed);
    let disk = SimDisk::recording(Image::default());
    let mut store = Store::open_on(Arc::new(disk.clone()), small_options()).unwrap();
    let mut held = vec![Objects::new()];
    disk.acknowledge(0);
    for step in 1..=STEPS {
        let mut now = held[step - 1].clone();
        let keys = some_keys(&mut random);
        match random.below(10) {
            0 => {
                drop(store);
                store = Store::open_on(Arc::new(disk.clone()), small_options()).unwrap();
            }
            1 => drop(store.compact().unwrap()),
            2..=6 => {
                let new = |number: &u8| !now.contains_key(&key(*number));
                let fresh = keys.iter().copied().filter(new).collect::<Vec<_>>();
                let bytes = |number| object(random_tag(step, number), 64 + 13 * step);
                let batch = fresh
                    .iter()
                    .map(|number| put(*number, &bytes(*number)))
                    .collect();
                store.put(batch).unwrap();
                now.extend(fresh.iter().map(|number| (key(*number), bytes(*number))));
            }
            _ => {
                store
                    .delete(keys.iter().map(|number| key(*number)).collect())
                    .unwrap();
                now.retain(|held, _| keys.iter().all(|number| key(*number) != *held));
            }
        }
        disk.acknowledge(step);
        held.push(now);
    }
    drop(store);
    Run {
        events: disk.events(),
        held,
    }
}

/// Cuts the power somewhere in a run, opens what is left, and says what is wrong with it.
fn losses(run: &Run, seed: u64, deaf: bool) -> Vec<String> {
    let mut random = Random::new(seed ^ 0x5eed_0000_0000_0000);
    let before = &run.events[..random.below(run.events.len() + 1)];
    let acknowledged = before.iter().rev().find_map(|event| match event {
        Event::Acknowledged { step } => Some(*step),
        _ => None,
    });
    let acknowledged = acknowledged.unwrap_or(0);
    let mut image = Image::default().after_power_cut(before, &mut random, deaf);
    if random.below(3) == 0 {
        // A second cut, while the store recovers from the first or closes again.
        let disk = SimDisk::recording(image.clone());
        if let Ok(store) = Store::open_on(Arc::new(disk.clone()), small_options()) {
            drop(store);
        }
        let events = disk.events();
        let until = random.below(events.len() + 1);
        image = image.after_power_cut(&events[..until], &mut random, deaf);
    }
    let disk = SimDisk::plain(image);
    let store = match Store::open_on(Arc::new(disk.clone()), small_options()) {
        Ok(store) => store,
        Err(error) => return vec![format!("did not open: {error}")],
    };
    let next = run
        .held
        .get(acknowledged + 1)
        .unwrap_or(&run.held[acknowledged]);
    let (losses, mut found) = compare(&store, &run.held[acknowledged], next);
    if losses.is_empty() && random.below(4) == 0 {
        goes_on_and_rebuilds(store, &disk, &mut found);
    }
    losses
}

/// Compares every key with what it may hold: the acknowledged state, or that of the step under way.
fn compare(store: &Store, held: &Objects, next: &Objects) -> (Vec<String>, Objects) {
    let (mut losses, mut found) = (Vec::new(), Objects::new());
    for number in 0..KEYS {
        let key = key(number);
        match store.get(&key) {
            Ok(bytes) => {
                if bytes.as_ref() != held.get(&key) && bytes.as_ref() != next.get(&key) {
                    losses.push(format!(
                        "{key:?}: {} bytes",
                        bytes.as_ref().map_or(0, Vec::len)
                    ));
                }
                found.extend(bytes.map(|bytes| (key, bytes)));
            }
            Err(error) => losses.push(error.to_string()),
        }
    }
    (losses, found)
}

/// Asserts that the recovered store takes a write, and that its log alone says the same.
fn goes_on_and_rebuilds(store: Store, disk: &SimDisk, found: &mut Objects) {
    assert_holds(&store, found);
    let bytes = object(u64::MAX, 99);
    store.put(vec![put(KEYS, &bytes)]).unwrap();
    found.insert(key(KEYS), bytes);
    drop(store);
    disk.edit("index.redb", Vec::clear);
    let store = Store::open_on(Arc::new(disk.clone()), small_options()).unwrap();
    assert_holds(&store, found);
    assert!(!matches!(
        store.delete(vec![key(KEYS)]),
        Err(WriteError::Broken)
    ));
}

fn some_keys(random: &mut Random) -> Vec<u8> {
    let count = 1 + random.below(6);
    let first = random.below(usize::from(KEYS));
    (first..first + count)
        .map(|at| u8::try_from(at % usize::from(KEYS)).unwrap())
        .collect()
}

fn random_tag(step: usize, number: u8) -> u64 {
    (step as u64) << 8 | u64::from(number)
}
