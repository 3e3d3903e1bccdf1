//! `hlincos backup STORE`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hlincos_agent::{BackupReport, Counters, Plan, backup};
use hlincos_proto::gateway::GatewayClient;
use serde::Serialize;

use super::{AgentConfig, unix_ms};
use crate::connect::ClientConfig;
use crate::output::{Outcome, bytes, count, is_watched, print, spinner};

/// Back up an SS-MIX2 store.
///
/// Each run makes a generation. Unchanged files are not read, renamed ones not sent again. A run
/// that was killed is gone on with by the same command. Files that break SS-MIX2's rules are
/// backed up as they are and listed as defects.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The store's folder: the one that holds the facility folder(s), or a facility folder.
    store: PathBuf,
    /// The store's label; its folder's name when absent.
    #[arg(long)]
    name: Option<String>,
    /// Ask the sites what still restores, and send again what does not: after sites lost data.
    #[arg(long)]
    resend: bool,
    /// Go on although a store that had files has none: all of them are then recorded as removed.
    #[arg(long)]
    allow_empty: bool,
    /// A transaction storage: look only at the patients that it names since the run before the
    /// last. Give it once for each storage of the store: the standard and the extended one. Files
    /// outside of patients' folders, and changes that no transaction tells, wait for a run without
    /// it: make one regularly.
    #[arg(long, value_name = "DIR")]
    transactions: Vec<PathBuf>,
    #[command(flatten)]
    config: AgentConfig,
}

#[derive(Serialize)]
pub(crate) struct Timed {
    #[serde(flatten)]
    pub(crate) report: BackupReport,
    pub(crate) seconds: f64,
    pub(crate) files_per_s: f64,
    pub(crate) mb_per_s: f64,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let config = ClientConfig::read(&args.config.config)?;
    let gateway = config.connect()?;
    let label = label_of(&args.store, args.name.as_deref());
    let what = What {
        store: &args.store,
        label: &label,
        state: &config.state,
        transactions: &args.transactions,
        resend: args.resend,
        allow_empty: args.allow_empty,
    };
    let timed = back_up(&gateway, &what, !json).await?;
    print(json, &timed, text);
    let report = &timed.report;
    let look = report.unreadable > 0 || !report.degraded_sites.is_empty();
    Ok(if look {
        Outcome::Attention
    } else {
        Outcome::Done
    })
}

/// The label of a store: as given, or its folder's name.
pub(crate) fn label_of(store: &Path, name: Option<&str>) -> String {
    let folder = || {
        let full = std::fs::canonicalize(store).unwrap_or_else(|_| store.to_owned());
        full.file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    name.map_or_else(folder, ToOwned::to_owned)
}

/// What is backed up, and how.
pub(crate) struct What<'a> {
    pub(crate) store: &'a Path,
    pub(crate) label: &'a str,
    /// Where its journal lies.
    pub(crate) state: &'a Path,
    pub(crate) transactions: &'a [PathBuf],
    pub(crate) resend: bool,
    pub(crate) allow_empty: bool,
}

/// Runs a backup with a line of progress.
pub(crate) async fn back_up(
    gateway: &GatewayClient,
    what: &What<'_>,
    show: bool,
) -> anyhow::Result<Timed> {
    let counters = Arc::new(Counters::default());
    let started = Instant::now();
    let watching = (show && is_watched()).then(|| tokio::spawn(watch(counters.clone(), started)));
    let plan = Plan {
        store: what.store,
        label: what.label,
        state: what.state,
        transactions: what.transactions,
        resend: what.resend,
        allow_empty: what.allow_empty,
        now_unix_ms: &unix_ms,
    };
    let result = backup(gateway, &plan, counters).await;
    if let Some(watching) = watching {
        watching.abort();
        // The bar clears itself when its task is dropped.
        let _ = watching.await;
    }
    let report = result?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Timed {
        seconds,
        files_per_s: report.files as f64 / seconds,
        mb_per_s: report.bytes as f64 / 1e6 / seconds,
        report,
    })
}

async fn watch(counters: Arc<Counters>, started: Instant) {
    let bar = spinner("{spinner} {msg}");
    loop {
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let files = read(&counters.files);
        let seconds = started.elapsed().as_secs_f64().max(0.001);
        bar.set_message(format!(
            "{} found, {} sent ({}), {:.0} files/s",
            count(files, "file"),
            count(read(&counters.files_sent), "file"),
            bytes(read(&counters.bytes_sent)),
            files as f64 / seconds,
        ));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn text(timed: &Timed) -> String {
    let report = &timed.report;
    let mut text = format!(
        "store {} is backed up: generation {}{}\n  {} of {} ({}), {}\n  sent {} ({}), {} by name only, {} removed\n  {:.2} s, {:.0} files/s, {:.1} MB/s\n",
        report.store,
        report.generation,
        if report.resumed {
            ", going on where a stopped run had left off"
        } else {
            ""
        },
        count(report.files, "file"),
        count(report.patients, "patient"),
        bytes(report.bytes),
        count(report.empty_folders, "empty folder"),
        count(report.files_sent, "file"),
        bytes(report.bytes_sent),
        report.files_referenced,
        report.removed,
        timed.seconds,
        timed.files_per_s,
        timed.mb_per_s,
    );
    if let Some(patients) = report.patients_looked_at {
        text.push_str(&format!(
            "  looked only at the {} that the transactions name\n",
            count(patients, "patient folder")
        ));
    }
    if let Some(why) = report.looked_everywhere {
        text.push_str(&format!("  looked at the whole store: {why}\n"));
    }
    if report.journal_rebuilt {
        text.push_str("  the journal was rebuilt from the sites first\n");
    }
    if report.given_up > 0 {
        text.push_str(&format!(
            "  {} no longer restored; what of their files the store has was sent again. Generations\n  before {} stay incomplete\n",
            count(report.given_up, "bundle"),
            report.generation
        ));
    }
    if report.defective_files > 0 {
        text.push_str(&format!(
            "  {} with defects, backed up all the same\n",
            count(report.defective_files, "file")
        ));
    }
    for defect in &report.defects {
        text.push_str(&format!("    {:>7}  {}\n", defect.count, defect.code));
    }
    if let Some(list) = &report.defects_file {
        text.push_str(&format!("    each is listed in {}\n", list.display()));
    }
    if report.unreadable > 0 {
        text.push_str(&format!(
            "  NOT BACKED UP: {} that could not be read",
            count(report.unreadable, "path")
        ));
        if let Some(list) = &report.unreadable_file {
            text.push_str(&format!("; see {}", list.display()));
        }
        text.push('\n');
    }
    if !report.degraded_sites.is_empty() {
        text.push_str(&format!(
            "  DEGRADED: {} did not take the shares\n",
            report.degraded_sites.join(", ")
        ));
    }
    text
}
