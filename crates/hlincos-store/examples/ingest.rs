//! Measures durable ingest: `cargo run --release -p hlincos-store --example ingest -- [FOLDER] [OBJECTS]`.

use std::path::PathBuf;
use std::time::Instant;

use hlincos_store::{ObjectKey, Options, Put, Store};

const OBJECT_BYTES: usize = 2048;
const BATCH_OBJECTS: usize = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let objects: usize = arguments
        .next()
        .map_or(Ok(100_000), |count| count.parse())?;
    let folder = tempfile::tempdir_in(folder)?;
    let mut random = 1;
    let mut batches = Vec::new();
    for _ in 0..objects.div_ceil(BATCH_OBJECTS) {
        batches.push(
            (0..BATCH_OBJECTS)
                .map(|_| random_put(&mut random))
                .collect::<Vec<_>>(),
        );
    }
    let keys: Vec<ObjectKey> = batches.iter().flatten().map(|put| put.key).collect();

    let store = Store::open(folder.path(), Options::default())?;
    let started = Instant::now();
    for batch in batches {
        store.put(batch)?;
    }
    report("durable puts", keys.len(), started);

    let started = Instant::now();
    for key in &keys {
        store.get(key)?.ok_or("an object is missing")?;
    }
    report("gets, one by one", keys.len(), started);
    println!("{:?}", store.stats());

    let started = Instant::now();
    drop(store);
    drop(Store::open(folder.path(), Options::default())?);
    report("objects closed and opened again", keys.len(), started);

    std::fs::remove_file(folder.path().join("index.redb"))?;
    let started = Instant::now();
    let store = Store::open(folder.path(), Options::default())?;
    report("objects indexed anew from the log", keys.len(), started);

    let started = Instant::now();
    for chunk in keys.chunks(BATCH_OBJECTS) {
        store.delete(chunk.to_vec())?;
    }
    report("durable deletions", keys.len(), started);
    Ok(())
}

fn report(what: &str, count: usize, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{what}: {count} in {seconds:.3} s = {:.0}/s",
        count as f64 / seconds
    );
}

/// An incompressible object under a random key (SplitMix64).
fn random_put(state: &mut u64) -> Put {
    let mut fill = |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes()[..chunk.len()]);
        }
    };
    let mut key = ObjectKey {
        folder: [0; 32],
        name: [0; 16],
    };
    let mut bytes = vec![0; OBJECT_BYTES];
    fill(&mut key.folder);
    fill(&mut key.name);
    fill(&mut bytes);
    Put { key, bytes }
}
