//! `hlincos check`.

use hlincos_proto::gateway::CheckReport;

use super::OperatorConfig;
use super::restore::REMEDY;
use crate::connect::ClientConfig;
use crate::output::{Outcome, bar, count, is_watched, print};

/// Read everything back from every site.
///
/// Every share of every bundle is fetched, combined and compared. Exit code 0: all whole; 3:
/// something is degraded, but all restores; 4: something acknowledged does not restore.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: OperatorConfig,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let gateway = ClientConfig::read(&args.config.config)?.connect()?;
    let progress = (!json && is_watched()).then(|| bar(0, "folders"));
    let report = gateway
        .check(|done| {
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
    print(json, &report, text);
    Ok(if report.lost > 0 {
        Outcome::Lost
    } else if report.degraded > 0 || report.uncertain > 0 || !report.sites.is_empty() {
        Outcome::Attention
    } else {
        Outcome::Done
    })
}

fn text(report: &CheckReport) -> String {
    let mut text = format!(
        "checked {} of {}\n  whole     {:>9}\n  degraded  {:>9}\n  lost      {:>9}\n",
        count(report.patients, "patient"),
        count(report.stores, "store"),
        report.whole,
        report.degraded,
        report.lost,
    );
    if report.uncertain > 0 {
        text.push_str(&format!("  of an unfinished run {:>9}\n", report.uncertain));
    }
    if report.leftovers > 0 {
        text.push_str(&format!("  leftovers {:>9}\n", report.leftovers));
    }
    if report.given_up > 0 {
        text.push_str(&format!(
            "  given up  {:>9}  lost once, made up for by a later backup: older generations are incomplete\n",
            report.given_up
        ));
    }
    if report.lost > 0 {
        text.push_str(&format!(
            "  LOST: {}, with files of which nobody can tell how many\n{REMEDY}",
            count(report.lost, "bundle")
        ));
    }
    for site in &report.sites {
        text.push_str(&format!("  site {}:", site.site));
        for (n, what) in [
            (site.silent, "unanswered"),
            (site.absent, "missing"),
            (site.rotten, "rotten"),
            (site.wrong, "WRONG"),
            (site.suspect, "suspect"),
        ] {
            if n > 0 {
                text.push_str(&format!(" {n} {what}"));
            }
        }
        text.push('\n');
    }
    text
}
