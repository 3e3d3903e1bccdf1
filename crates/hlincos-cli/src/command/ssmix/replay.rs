//! `hlincos ssmix replay TRANSACTIONS INTO`.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use hlincos_ssmix::transaction::{Processing, Transaction, TransactionError, is_log, transactions};
use serde::Serialize;

use super::walk::files;
use crate::output::{Outcome, bar, count, is_watched, on_one_line, print};

/// Bytes read at a time.
const PIECE_BYTES: u64 = 8 << 20;
/// Bytes of one record, or before the first header, at most.
const RECORD_BYTES_MAX: usize = 128 << 20;

/// Write the store that a transaction storage describes into a new folder.
///
/// Every record is applied in its order: INS turns earlier versions of the order to flag 2 and
/// writes the new one; DEL turns them to flag 0 and writes the mark of the deletion. A record
/// that cannot be read is told and passed over.
///
/// Exit code 0: all were applied; 3: some could not be read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the transaction storage, with its files TR_*.
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
    let is_log = |path: &Path| is_log(path.file_name().unwrap_or_default().as_bytes());
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
        report.transaction_files += 1;
        replay(log, &args.into, &mut report)?;
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

/// Applies the records of one file, read piece by piece.
fn replay(log: &Path, into: &Path, report: &mut Report) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be read", log.display());
    let mut file = File::open(log).with_context(unreadable)?;
    let (mut bytes, mut start) = (Vec::new(), 0);
    loop {
        let more = { (&mut file).take(PIECE_BYTES) }
            .read_to_end(&mut bytes)
            .with_context(unreadable)?;
        let mut last = None;
        for record in transactions(&bytes) {
            // The last record may go on in the next piece.
            if let Some(whole) = last.replace(record) {
                apply_read(log, into, whole, start, report)?;
            }
        }
        if more == 0 {
            return last.map_or(Ok(()), |last| apply_read(log, into, last, start, report));
        }
        let offset = match last {
            Some(Ok(record)) => record.offset,
            Some(Err(error)) => error.offset,
            None => 0,
        };
        bytes.drain(..offset);
        start += offset;
        anyhow::ensure!(
            bytes.len() <= RECORD_BYTES_MAX,
            "{} has at byte {start} no header for more than {}; mend or remove the file",
            log.display(),
            crate::output::bytes(RECORD_BYTES_MAX as u64)
        );
    }
}

/// Applies a record that could be read, and tells of one that could not.
fn apply_read(
    log: &Path,
    into: &Path,
    record: Result<Transaction<'_>, TransactionError>,
    start: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    match record {
        Ok(record) => {
            apply(into, &record)?;
            match record.processing {
                Processing::Insert => report.inserted += 1,
                Processing::Delete => report.deleted += 1,
            }
        }
        Err(error) => {
            report
                .unreadable
                .push(format!("{}: {}", on_one_line(log), error.behind(start)))
        }
    }
    Ok(())
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
