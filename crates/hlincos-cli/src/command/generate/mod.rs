//! `hlincos generate`.

mod manifest;
mod table;

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, bail};
use hlincos_testbed::{
    GenerateError, Generated, Note, Observer, Profile, Report, Shape, generate, plan, resume,
};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::command::stop_on_signal;
use crate::output::{Outcome, bar, bytes, count, is_watched, print};
use manifest::Manifest;

/// Write a synthetic SS-MIX2 store.
///
/// No real person is in it. The same options give the same bytes on every machine, and patient
/// number i is the same whatever the number of patients. When it is done, the sizes of what was
/// written are printed by kind.
///
/// Beside the store, STORE.manifest.jsonl tells what the store itself does not say: the options, each
/// file that breaks a rule on purpose (--defects), and which patients of several facilities are one
/// person (--facilities).
///
/// Ctrl-C stops after the patient at hand; --resume with the same options goes on from there, after a
/// kill too.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The store's folder: new or empty.
    #[arg(value_name = "STORE", required_unless_present = "dry_run")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    what: What,
    /// Go on with a store that was stopped or killed; the options must be the same.
    #[arg(long, conflicts_with = "dry_run")]
    resume: bool,
    /// Write nothing; compose everything and print the sizes.
    #[arg(long)]
    dry_run: bool,
    /// Where to keep what the store itself does not say [default: STORE.manifest.jsonl].
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Profiles:
  plain  the eleven most frequent kinds of messages and short notes; 100 files per patient
  small  HL7 messages of 1 to 4 KB only; 100 files per patient
  mixed  all kinds and documents as a hospital has them: 275 messages per patient, a few
         patients with thousands; CDA, PDF, JPEG, and DICOM studies with 5 of 100 patients
  bulk   as plain, filled up to 9 MB per patient with PDF and JPEG
  full   all 36 kinds of messages and each kind of document within few patients

Examples:
  hlincos generate store --patients 100
  hlincos generate store --profile mixed --patients 1000 --seed 7
  hlincos generate store --profile full --patients 50 --defects 0.05
  hlincos generate region --profile small --patients 20000 --facilities 3
  hlincos generate --dry-run --profile bulk --patients 1000 --json";

/// How much and which.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct What {
    /// What the store is like: plain, small, mixed, bulk or full.
    #[arg(long, default_value = "plain", value_parser = shape)]
    pub(crate) profile: Shape,
    /// Patients, of each facility; up to 1,400,000.
    #[arg(long, default_value_t = 100)]
    pub(crate) patients: u32,
    /// Facilities; a fifth of the patients of the later ones are known to the first.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) facilities: u32,
    /// Files per patient on average, documents apart in mixed and full [default: the profile's].
    #[arg(long, value_name = "N")]
    pub(crate) files_per_patient: Option<u32>,
    /// Megabytes per patient, filled up with documents; 0 fills nothing [default: the profile's].
    #[arg(long, value_name = "X")]
    pub(crate) mb_per_patient: Option<f64>,
    /// The same seed gives the same store.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Share of files that break the rules, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_name = "RATE")]
    pub(crate) defects: f64,
}

impl What {
    fn profile(&self) -> Profile {
        let usual = Profile::of(self.profile);
        Profile {
            patients: self.patients,
            facilities: self.facilities,
            files_per_patient: self.files_per_patient.unwrap_or(usual.files_per_patient),
            mb_per_patient: self.mb_per_patient.unwrap_or(usual.mb_per_patient),
            seed: self.seed,
            defects: self.defects,
            ..usual
        }
    }
}

fn shape(name: &str) -> Result<Shape, String> {
    let known = Shape::ALL.into_iter().find(|shape| shape.name() == name);
    known.ok_or_else(|| "give plain, small, mixed, bulk or full".to_owned())
}

#[derive(Serialize)]
pub(crate) struct Timed {
    pub(crate) patients: u64,
    pub(crate) files: u64,
    pub(crate) folders: u64,
    pub(crate) bytes: u64,
    pub(crate) defects: u64,
    pub(crate) seconds: f64,
    pub(crate) files_per_s: f64,
    pub(crate) mb_per_s: f64,
    pub(crate) distribution: table::Distribution,
}

/// Where a run writes to.
enum Place<'a> {
    Nowhere,
    New(&'a Path),
    Resumed(&'a Path),
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let profile = args.what.profile();
    let dir = args.dir.unwrap_or_default();
    let place = match (args.dry_run, args.resume) {
        (true, _) => Place::Nowhere,
        (false, false) => Place::New(&dir),
        (false, true) => Place::Resumed(&dir),
    };
    let beside = args.manifest.unwrap_or_else(|| manifest::beside(&dir));
    let manifest = match place {
        Place::Nowhere => None,
        Place::New(_) => Some(Manifest::new(beside, &profile)),
        Place::Resumed(_) => Some(Manifest::again(beside, &profile)?),
    };
    let timed = timed(&profile, &place, manifest, !json)?;
    print(json, &timed, |timed| {
        format!(
            "{}\n{} of {} ({}) in {}: {:.2} s, {:.0} files/s, {:.0} MB/s\n",
            timed.distribution,
            count(timed.files, "file"),
            count(timed.patients, "patient"),
            bytes(timed.bytes),
            match place {
                Place::Nowhere => "no folder".to_owned(),
                Place::New(dir) | Place::Resumed(dir) => dir.display().to_string(),
            },
            timed.seconds,
            timed.files_per_s,
            timed.mb_per_s,
        )
    });
    Ok(Outcome::Done)
}

/// Generates a new store without a manifest.
pub(crate) fn generate_timed(what: &What, dir: &Path, show: bool) -> anyhow::Result<Timed> {
    timed(&what.profile(), &Place::New(dir), None, show)
}

/// Generates with a bar of progress; Ctrl-C stops between two patients.
fn timed(
    profile: &Profile,
    place: &Place<'_>,
    manifest: Option<Manifest>,
    show: bool,
) -> anyhow::Result<Timed> {
    let total = u64::from(profile.patients) * u64::from(profile.facilities);
    let mut watcher = Watcher {
        bar: (show && is_watched()).then(|| bar(total, "patients")),
        stop: stop_on_signal(),
        manifest,
    };
    let started = Instant::now();
    let made = match place {
        Place::Nowhere => plan(profile, &mut watcher),
        Place::New(dir) => generate(profile, dir, &mut watcher),
        Place::Resumed(dir) => resume(profile, dir, &mut watcher),
    };
    if let Some(bar) = watcher.bar.take() {
        bar.finish_and_clear();
    }
    let made = match made {
        Err(GenerateError::Stopped { patients }) if !matches!(place, Place::Nowhere) => bail!(
            "stopped after {}: go on with --resume and the same options, or delete what there is",
            count(patients, "patient")
        ),
        made => made.context("the store cannot be generated")?,
    };
    if let Some(manifest) = watcher.manifest.take() {
        manifest.finish(&made).context("the manifest")?;
    }
    Ok(report(&made, started.elapsed().as_secs_f64()))
}

fn report(made: &Report, seconds: f64) -> Timed {
    let totals = made.totals;
    Timed {
        patients: totals.patients,
        files: totals.files,
        folders: totals.folders,
        bytes: totals.bytes,
        defects: totals.defects,
        seconds,
        files_per_s: totals.files as f64 / seconds,
        mb_per_s: totals.bytes as f64 / 1e6 / seconds,
        distribution: table::Distribution::of(&made.distribution),
    }
}

struct Watcher {
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
    manifest: Option<Manifest>,
}

impl Observer for Watcher {
    fn begin(&mut self) -> io::Result<()> {
        self.manifest.as_mut().map_or(Ok(()), Manifest::begin)
    }

    fn progress(&mut self, done: &Generated) -> ControlFlow<()> {
        if let Some(bar) = &self.bar {
            bar.set_position(done.patients);
        }
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.manifest
            .as_mut()
            .map_or(Ok(()), |manifest| manifest.note(note))
    }
}
