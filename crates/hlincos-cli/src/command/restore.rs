//! `hlincos restore DIR`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use hlincos_agent::{RestoreReport, restore};
use hlincos_proto::gateway::{GatewayClient, PatientRequest, RestoreRequest};
use serde::Serialize;

use super::AgentConfig;
use crate::connect::ClientConfig;
use crate::output::{Outcome, bar, bytes, count, is_watched, print};

/// Restore a store, or one patient's files, into a new folder.
///
/// Every file is complete and checked before it gets its name. A restore that was stopped is gone
/// on with by the same command; until it is complete, a folder .hlincos-restore-... lies in the
/// target, which belongs to the restore: when all is there, whatever else lies in it is removed.
/// With fewer than k sites nothing is written.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to restore into: new or empty.
    dir: PathBuf,
    /// The store's label; may be left out when there is only one.
    #[arg(long)]
    name: Option<String>,
    /// Only this patient's files.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// The patient's facility; needed when patients of several facilities have this ID.
    #[arg(long, requires = "patient")]
    facility: Option<String>,
    /// As the store was when this generation ended; the newest state when absent.
    #[arg(long, value_name = "GENERATION")]
    as_of: Option<u64>,
    #[command(flatten)]
    config: AgentConfig,
}

#[derive(Serialize)]
pub(crate) struct Timed {
    #[serde(flatten)]
    pub(crate) report: RestoreReport,
    pub(crate) complete: bool,
    pub(crate) seconds: f64,
    pub(crate) files_per_s: f64,
    pub(crate) mb_per_s: f64,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let gateway = ClientConfig::read(&args.config.config)?.connect()?;
    let store = match args.name {
        Some(name) => name,
        None => only_store(&gateway).await?,
    };
    let facility = args.facility;
    let request = RestoreRequest {
        store,
        generation: args.as_of,
        patient: args.patient.map(|patient| PatientRequest {
            facility,
            patient,
            purpose: None,
        }),
        losses: false,
    };
    let timed = restore_timed(&gateway, &request, &args.dir, !json).await?;
    print(json, &timed, |timed| text(timed, &args.dir));
    Ok(outcome(&timed.report))
}

pub(crate) fn outcome(report: &RestoreReport) -> Outcome {
    if report.missing_files > 0 || report.summary.lost > 0 {
        Outcome::Lost
    } else if report.summary.uncertain > 0 {
        Outcome::Attention
    } else {
        Outcome::Done
    }
}

/// The store's label when there is but one.
async fn only_store(gateway: &GatewayClient) -> anyhow::Result<String> {
    let status = gateway.status().await?;
    match status.stores.as_slice() {
        [one] => Ok(one.label.clone()),
        [] if !status.catalogue => {
            bail!(
                "the gateway has no catalogue; name the store with --name, or run `hlincos rebuild` first"
            )
        }
        [] => bail!("nothing was backed up here yet; run `hlincos backup STORE` first"),
        several => {
            let labels: Vec<_> = several.iter().map(|store| store.label.as_str()).collect();
            bail!(
                "there are several stores; choose one with --name: {}",
                labels.join(", ")
            )
        }
    }
}

/// Restores with a bar of progress.
pub(crate) async fn restore_timed(
    gateway: &GatewayClient,
    request: &RestoreRequest,
    dir: &Path,
    show: bool,
) -> anyhow::Result<Timed> {
    let started = Instant::now();
    let progress = (show && is_watched()).then(|| bar(0, "patients"));
    let report = restore(gateway, request, dir, |done, _| {
        if let Some(bar) = &progress {
            bar.set_length(done.subjects_total);
            bar.set_position(done.subjects);
        }
    })
    .await;
    if let Some(bar) = progress {
        bar.finish_and_clear();
    }
    let report = report?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Timed {
        complete: report.is_complete(),
        seconds,
        files_per_s: report.files as f64 / seconds,
        mb_per_s: report.bytes as f64 / 1e6 / seconds,
        report,
    })
}

/// What helps when acknowledged bundles do not restore any more.
pub(crate) const REMEDY: &str = "  \
    bring sites back that lack shares; if they are gone for good and the hospital still has its\n  \
    store, run `hlincos backup STORE --resend` there: it sends again what no longer restores\n";

fn text(timed: &Timed, dir: &Path) -> String {
    let report = &timed.report;
    let summary = &report.summary;
    let mut text = format!(
        "restored {} ({}) and {} into {}\n  {:.2} s, {:.0} files/s, {:.1} MB/s; shares of {}\n",
        count(report.files, "file"),
        bytes(report.bytes),
        count(report.empty_folders, "empty folder"),
        dir.display(),
        timed.seconds,
        timed.files_per_s,
        timed.mb_per_s,
        summary.used.join(", "),
    );
    for (sites, what) in [
        (
            &summary.culprits,
            "gave wrong shares, corrected with the others'",
        ),
        (
            &summary.suspects,
            "is one of several that contradict each other",
        ),
        (
            &summary.rotten,
            "has shares that no longer match their checksum",
        ),
        (&summary.absent, "lacks shares"),
    ] {
        for site in sites {
            text.push_str(&format!(
                "  site {} {what} ({})\n",
                site.site,
                count(site.bundles, "bundle")
            ));
        }
    }
    for site in &summary.silent {
        text.push_str(&format!(
            "  site {} did not answer: {}\n",
            site.site, site.word
        ));
    }
    if summary.leftovers > 0 {
        text.push_str(&format!(
            "  {} of a stopped run, never acknowledged, passed over\n",
            count(summary.leftovers, "leftover")
        ));
    }
    if summary.uncertain > 0 {
        text.push_str(&format!(
            "  LOOK: {} of a run that has not finished cannot be restored; run the backup again\n",
            count(summary.uncertain, "bundle")
        ));
    }
    if summary.lost > 0 || report.missing_files > 0 {
        text.push_str(&format!(
            "  LOST: {}, with files of which nobody can tell how many; {} {} for bytes in them\n{REMEDY}",
            count(summary.lost, "bundle"),
            count(report.missing_files, "file"),
            if report.missing_files == 1 { "waits" } else { "wait" },
        ));
    }
    if report.stale_files > 0 {
        text.push_str(&format!(
            "  removed {} that a stopped restore had left and the store no longer has\n",
            count(report.stale_files, "file")
        ));
    }
    if let Some(work) = &report.unfinished {
        text.push_str(&format!(
            "  UNFINISHED: the same command goes on; to keep what is there, remove {}\n",
            work.display()
        ));
    }
    text
}
