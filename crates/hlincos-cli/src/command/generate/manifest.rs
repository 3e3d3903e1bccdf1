//! The manifest beside a store: a line of JSON for the options, one for each note, one for the end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hlincos_testbed::{Note, Profile, Report};
use serde_json::{Value, json};

/// A manifest on the way.
pub(super) struct Manifest {
    path: PathBuf,
    head: Value,
    out: Option<BufWriter<File>>,
}

/// Names the manifest of a store: its folder's name and `.manifest.jsonl`.
pub(super) fn beside(store: &Path) -> PathBuf {
    // A trailing slash is no part of the name.
    let mut name = store.components().as_path().as_os_str().to_owned();
    name.push(".manifest.jsonl");
    name.into()
}

impl Manifest {
    /// Plans one for a new store.
    pub(super) fn new(path: PathBuf, profile: &Profile) -> Self {
        Self {
            path,
            head: head(profile),
            out: None,
        }
    }

    /// Plans one for a store to go on with, which must have been begun with the same options.
    pub(super) fn again(path: PathBuf, profile: &Profile) -> anyhow::Result<Self> {
        let told = || format!("{} of the store to go on with", path.display());
        let mut line = String::new();
        let file = File::open(&path).with_context(told)?;
        BufReader::new(file)
            .read_line(&mut line)
            .with_context(told)?;
        let found: Value = serde_json::from_str(&line).with_context(told)?;
        let manifest = Self::new(path, profile);
        if found != manifest.head {
            bail!(
                "the store was begun with other options, give the same: {}",
                line.trim()
            );
        }
        Ok(manifest)
    }

    /// Opens the file, once the store's folder was found fit.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        let mut out = BufWriter::new(File::create(&self.path)?);
        writeln!(out, "{}", self.head)?;
        // A kill must not leave the options in a buffer: they are needed to go on.
        out.flush()?;
        self.out = Some(out);
        Ok(())
    }

    pub(super) fn note(&mut self, note: &Note) -> io::Result<()> {
        let line = match note {
            Note::Defect { path, defect } => match std::str::from_utf8(path) {
                Ok(text) => json!({"defect": defect, "path": text}),
                Err(_) => json!({
                    "defect": defect,
                    "path": String::from_utf8_lossy(path),
                    "path_hex": path.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
                }),
            },
            Note::SamePerson {
                facility,
                patient,
                known_as,
            } => json!({"same_person": known_as, "facility": facility, "patient": patient}),
        };
        self.out
            .as_mut()
            .map_or(Ok(()), |out| writeln!(out, "{line}"))
    }

    /// Writes the last line: a manifest without it is of a store that is not whole.
    pub(super) fn finish(mut self, made: &Report) -> io::Result<()> {
        let Some(mut out) = self.out.take() else {
            return Ok(());
        };
        let totals = made.totals;
        let line = json!({"whole": {
            "patients": totals.patients, "files": totals.files, "folders": totals.folders,
            "bytes": totals.bytes, "defects": made.distribution.defects,
            "shared_patients": made.distribution.shared_patients,
        }});
        writeln!(out, "{line}")?;
        out.flush()
    }
}

fn head(profile: &Profile) -> Value {
    json!({"hlincos_generate": 1, "profile": {
        "shape": profile.shape.name(),
        "patients": profile.patients,
        "facilities": profile.facilities,
        "files_per_patient": profile.files_per_patient,
        "mb_per_patient": profile.mb_per_patient,
        "seed": profile.seed,
        "facility": profile.facility,
        "base_date": profile.base_date.to_string(),
        "defects": profile.defects,
    }})
}
