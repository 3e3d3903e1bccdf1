//! `hlincos generate`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use hlincos_testbed::{Generated, Profile, generate};
use serde::Serialize;

use crate::output::{Outcome, bytes, count, is_watched, print, spinner};

/// Write a synthetic SS-MIX2 store.
///
/// No real person is in it. The same seed gives the same bytes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The store's folder: new or empty.
    dir: PathBuf,
    #[command(flatten)]
    what: What,
}

/// How much and which.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct What {
    /// Patients.
    #[arg(long, default_value_t = 100)]
    pub(crate) patients: u32,
    /// Megabytes per patient, filled up with documents; 0 for messages only.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    pub(crate) mb_per_patient: f64,
    /// The same seed gives the same store.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Share of files that break the rules, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_name = "RATE")]
    pub(crate) defects: f64,
}

#[derive(Serialize)]
pub(crate) struct Timed {
    pub(crate) patients: u64,
    pub(crate) files: u64,
    pub(crate) folders: u64,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) files_per_s: f64,
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let timed = generate_timed(&args.what, &args.dir, !json)?;
    print(json, &timed, |timed| {
        format!(
            "{} of {} ({}) in {}: {:.2} s, {:.0} files/s\n",
            count(timed.files, "file"),
            count(timed.patients, "patient"),
            bytes(timed.bytes),
            args.dir.display(),
            timed.seconds,
            timed.files_per_s
        )
    });
    Ok(Outcome::Done)
}

/// Generates with a line of progress.
pub(crate) fn generate_timed(what: &What, dir: &Path, show: bool) -> anyhow::Result<Timed> {
    let profile = Profile {
        patients: what.patients,
        mb_per_patient: what.mb_per_patient,
        seed: what.seed,
        defects: what.defects,
        ..Profile::default()
    };
    let bar = (show && is_watched()).then(|| spinner("{spinner} {msg}"));
    let started = Instant::now();
    let mut tell = |done: &Generated| {
        if let Some(bar) = &bar {
            let line = format!(
                "{}, {}",
                count(done.patients, "patient"),
                count(done.files, "file")
            );
            bar.set_message(line);
        }
    };
    let made = generate(&profile, dir, &mut tell)
        .with_context(|| format!("the store {} cannot be generated", dir.display()))?;
    let seconds = started.elapsed().as_secs_f64();
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(Timed {
        patients: made.patients,
        files: made.files,
        folders: made.folders,
        bytes: made.bytes,
        seconds,
        files_per_s: made.files as f64 / seconds,
    })
}
