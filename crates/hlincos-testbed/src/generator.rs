//! Generates a store: patients in parallel, each from its own random streams, files as they come.
//!
//! ```text
//! draw ─► population (who) ─► clinic (what happens) ─┬► message (HL7) ─► characters ─┐
//!                                                     └► extended (CDA, PDF, ...) ────┴► tree
//! ```

mod calendar;
mod characters;
mod clinic;
mod defect;
mod distribution;
mod draw;
mod extended;
mod habit;
mod message;
mod patient;
mod population;
mod profile;
mod run;
mod spread;
mod tree;

pub use distribution::{Distribution, Sizes};
pub use profile::{GenerateError, Generated, Profile, Shape};
pub use run::{Note, Observer, Report};

use std::path::Path;
use std::sync::Mutex;

use tree::{Disk, Tally};

/// Counts what [`generate`] would write, without writing.
///
/// Time: that of `generate` less the file system; everything is composed to be counted.
///
/// # Errors
/// [`GenerateError::Profile`] names the value to change; [`GenerateError::Stopped`] and
/// [`GenerateError::Manifest`] are the observer's.
pub fn plan(profile: &Profile, observer: &mut dyn Observer) -> Result<Report, GenerateError> {
    profile.check()?;
    run::run(profile, &Tally::default(), observer)
}

/// Writes the store that `profile` describes into `out`, which must be absent or empty.
///
/// Memory is bounded by one patient per thread, and a few thousand patients' notes. The observer
/// is called on the calling thread. Nothing is synced to the disk.
///
/// # Errors
/// [`GenerateError`]; each variant says what to do next.
pub fn generate(
    profile: &Profile,
    out: &Path,
    observer: &mut dyn Observer,
) -> Result<Report, GenerateError> {
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
    write(profile, out, false, observer)
}

/// Goes on where [`generate`] with the same profile was stopped or killed.
///
/// Composes everything again and writes what is missing or shorter than it must be. The caller
/// knows that the profile is the same; with another one, files of two stores lie side by side.
///
/// # Errors
/// As of [`generate`].
pub fn resume(
    profile: &Profile,
    out: &Path,
    observer: &mut dyn Observer,
) -> Result<Report, GenerateError> {
    profile.check()?;
    std::fs::create_dir_all(out).map_err(|source| GenerateError::Write {
        path: out.to_path_buf(),
        source,
    })?;
    write(profile, out, true, observer)
}

fn write(
    profile: &Profile,
    out: &Path,
    resume: bool,
    observer: &mut dyn Observer,
) -> Result<Report, GenerateError> {
    let disk = Disk {
        root: out.to_path_buf(),
        resume,
        shared: Mutex::default(),
    };
    run::run(profile, &disk, observer)
}
