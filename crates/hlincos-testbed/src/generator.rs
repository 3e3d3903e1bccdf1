//! Generates a store: patients in parallel, each from its own random streams, files as they come.
//!
//! ```text
//! draw ─► population (who) ─► clinic (what happens) ─┬► message (HL7) ─► characters ─┐
//!                                                     └► extended (CDA, PDF, PNG) ────┴► tree
//! ```

mod calendar;
mod characters;
mod clinic;
mod defect;
mod draw;
mod extended;
mod message;
mod patient;
mod population;
mod profile;
mod tree;

pub use profile::{GenerateError, Generated, Profile};

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use tree::{Disk, Tally, Tree};

/// Counts what [`generate`] would write, without writing.
///
/// Time: that of `generate` less the file system; everything is composed to be counted.
///
/// # Errors
/// [`GenerateError::Profile`] names the value to change.
pub fn plan(profile: &Profile) -> Result<Generated, GenerateError> {
    profile.check()?;
    run(profile, &Tally::default(), &mut |_| {})
}

/// Writes the store that `profile` describes into `out`, which must be absent or empty.
///
/// Memory is bounded by one patient and one document per thread. `progress` is called on the
/// calling thread after each patient with the totals so far. Nothing is synced to the disk.
///
/// # Errors
/// [`GenerateError`]; each variant says what to do next.
pub fn generate(
    profile: &Profile,
    out: &Path,
    progress: &mut dyn FnMut(&Generated),
) -> Result<Generated, GenerateError> {
    profile.check()?;
    let refused = |source| GenerateError::Write {
        path: out.to_path_buf(),
        source,
    };
    std::fs::create_dir_all(out).map_err(refused)?;
    if std::fs::read_dir(out).map_err(refused)?.next().is_some() {
        return Err(GenerateError::NotEmpty {
            path: out.to_path_buf(),
        });
    }
    run(
        profile,
        &Disk {
            root: out.to_path_buf(),
        },
        progress,
    )
}

/// Shares the patients out among threads; the order in which they finish leaves no trace.
fn run(
    profile: &Profile,
    tree: &dyn Tree,
    progress: &mut dyn FnMut(&Generated),
) -> Result<Generated, GenerateError> {
    let next = AtomicU32::new(0);
    let stop = AtomicBool::new(false);
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(THREADS_MAX);
    let mut total = Generated::default();
    let mut failure = None;
    thread::scope(|scope| {
        let (tell, told) = sync_channel(threads * 8);
        for _ in 0..threads {
            let tell = tell.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= profile.patients {
                        break;
                    }
                    if tell
                        .send(patient::write_patient(profile, number, tree))
                        .is_err()
                    {
                        break;
                    }
                }
            });
        }
        drop(tell);
        for made in told {
            match made {
                Ok(made) => {
                    total += made;
                    progress(&total);
                }
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
            }
        }
    });
    failure.map_or(Ok(total), Err)
}

/// More threads than this wait for the file system anyway.
const THREADS_MAX: usize = 16;
