//! `hlincos ssmix replay TRANSACTIONS INTO`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use hlincos_ssmix::transaction::{Processing, Transaction, transactions};
use serde::Serialize;

use super::walk::files;
use crate::output::{Outcome, bar, count, is_watched, print};

/// Write the store that a transaction storage describes into a new folder.
///
/// Every record is applied in its order: INS turns earlier versions of the order to flag 2 and
/// writes the new one; DEL turns them to flag 0 and writes the mark of the deletion. A record
/// that cannot be read is told and passed over.
///
/// Exit code 0: all were applied; 3: some could not be read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the transaction storage, with its TR_*.DAT.
    transactions: PathBuf,
    /// The store's folder: new or empty.
    into: PathBuf,
}

#[derive(Default, Serialize)]
struct Report {
    transaction_files: u64,
    inserted: u64,
    deleted: u64,
    unreadable: Vec<String>,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    fs::create_dir_all(&args.into)
        .with_context(|| format!("{} cannot be made", args.into.display()))?;
    let empty = fs::read_dir(&args.into)?.next().is_none();
    anyhow::ensure!(
        empty,
        "{} is not empty; choose a new folder",
        args.into.display()
    );
    let mut logs = Vec::new();
    let is_log = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("TR_") && name.to_ascii_uppercase().ends_with(".DAT")
    };
    files(
        &args.transactions,
        &mut |path| {
            if is_log(&path) {
                logs.push(path);
            }
            true
        },
        &mut |_, _| {},
    )?;
    // Names begin with their time: their order is that of the records.
    logs.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    let progress = (!json && is_watched()).then(|| bar(logs.len() as u64, "files"));
    let mut report = Report::default();
    for log in &logs {
        let bytes = fs::read(log).with_context(|| format!("{} cannot be read", log.display()))?;
        report.transaction_files += 1;
        for record in transactions(&bytes) {
            match record {
                Ok(record) => {
                    apply(&args.into, &record)?;
                    match record.processing {
                        Processing::Insert => report.inserted += 1,
                        Processing::Delete => report.deleted += 1,
                    }
                }
                Err(error) => report
                    .unreadable
                    .push(format!("{}: {error}", log.display())),
            }
        }
        if let Some(bar) = &progress {
            bar.inc(1);
        }
    }
    if let Some(bar) = progress {
        bar.finish_and_clear();
    }
    print(json, &report, |report| {
        let mut text = format!(
            "{}: {} inserted, {} deleted\n",
            count(report.transaction_files, "transaction file"),
            report.inserted,
            report.deleted
        );
        for line in &report.unreadable {
            text.push_str(&format!("  PASSED OVER: {line}\n"));
        }
        text
    });
    Ok(if report.unreadable.is_empty() {
        Outcome::Done
    } else {
        Outcome::Attention
    })
}

/// Applies one record: earlier versions first, so that there are never two current ones.
fn apply(store: &Path, record: &Transaction<'_>) -> anyhow::Result<()> {
    let folder = store.join(record.folder());
    let (stem, own) = (record.name_stem(), record.file_name());
    let made = |error: std::io::Error| {
        anyhow::Error::new(error).context(format!("{} cannot be written", folder.display()))
    };
    fs::create_dir_all(&folder).map_err(made)?;
    let mut earlier = Vec::new();
    for entry in fs::read_dir(&folder).map_err(made)? {
        let name = entry
            .map_err(made)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if name.starts_with(&stem) && name != own {
            earlier.push(name);
        }
    }
    for name in earlier {
        let Some(base) = name.get(..name.len() - 1) else {
            continue;
        };
        let flag = match (record.processing, name.ends_with("_1")) {
            (Processing::Insert, true) => '2',
            (Processing::Delete, _) => '0',
            (Processing::Insert, false) => continue,
        };
        let renamed = format!("{base}{flag}");
        if renamed != name {
            fs::rename(folder.join(&name), folder.join(renamed)).map_err(made)?;
        }
    }
    fs::write(folder.join(&own), record.message).map_err(made)
}
