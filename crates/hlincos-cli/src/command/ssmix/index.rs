//! `hlincos ssmix index EXPORT VOLUME`.

use std::path::PathBuf;

use anyhow::Context;
use hlincos_ssmix::index_table::{compare, read_rows};
use serde::Serialize;

use super::walk::files;
use crate::output::{Outcome, count, print};

/// Compare an export of the index database with its store.
///
/// The export is the table SSMIXIDX as CSV or TSV in UTF-8, with a header line. Exit code 0: they
/// agree; 3: they do not.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The export.
    export: PathBuf,
    /// The folder that OutRelDirectory is relative to.
    volume: PathBuf,
    /// Paths listed at most of each sort; all are counted.
    #[arg(long, default_value_t = 20, value_name = "N")]
    list: usize,
}

#[derive(Serialize)]
struct Report {
    rows: u64,
    files: u64,
    disagreements: Vec<Sort>,
}

#[derive(Serialize)]
struct Sort {
    what: &'static str,
    count: u64,
    paths: Vec<String>,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let text = std::fs::read_to_string(&args.export)
        .with_context(|| format!("the export {} cannot be read", args.export.display()))?;
    let rows = read_rows(&text)?;
    let mut found = Vec::new();
    files(
        &args.volume,
        &mut |path| {
            let relative = path.strip_prefix(&args.volume).unwrap_or(&path);
            found.push(relative.to_string_lossy().into_owned());
            true
        },
        &mut |_, _| {},
    )?;
    let told = compare(&rows, found.iter().map(String::as_str));
    let sort = |what, mut paths: Vec<String>| {
        let count = paths.len() as u64;
        paths.truncate(args.list);
        Sort { what, count, paths }
    };
    let disagreements = vec![
        sort("named by a row, not in the store", told.missing_files),
        sort("in the store, named by no row", told.unindexed_files),
        sort("named by more than one row", told.named_twice),
        sort(
            "rows that say otherwise than their file's name",
            told.wrong_rows,
        ),
    ];
    let report = Report {
        rows: rows.len() as u64,
        files: found.len() as u64,
        disagreements,
    };
    let agrees = report.disagreements.iter().all(|sort| sort.count == 0);
    print(json, &report, |report| {
        let mut text = format!(
            "{}, {}\n",
            count(report.rows, "row"),
            count(report.files, "file")
        );
        for sort in report.disagreements.iter().filter(|sort| sort.count > 0) {
            text.push_str(&format!("  {:>7}  {}\n", sort.count, sort.what));
            for path in &sort.paths {
                text.push_str(&format!("           {path}\n"));
            }
        }
        text
    });
    Ok(if agrees {
        Outcome::Done
    } else {
        Outcome::Attention
    })
}
