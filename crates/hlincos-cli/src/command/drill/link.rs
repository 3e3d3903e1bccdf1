//! `hlincos drill link`.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use hlincos_testbed::link::{Loss, WireSettings};
use hlincos_testbed::probe::{Direction, ECHO, LATE_MS_MAX, Plan, Report, measure};
use hlincos_testbed::topology::{Link, LinkId, rate_of};
use hlincos_testbed::{Choice, Testbed, Topology};
use serde::Serialize;

use super::Places;
use crate::command::stop_on_signal;
use crate::output::{Outcome, bar, count, print};

/// Measure one link: echo, connect and transfers, beside what the link allows at best.
///
/// The client is at the first end of the link (Kochi), the services at the second (Yokohama). The
/// bound is computed from delay and rate: no loss, no jitter, no computing, TCP in slow start with
/// ten segments. "cold" opens a connection, asks and reads the answer; "warm" asks again over the
/// same connection. The emulator's own error stands below: figures of an emulator that was late
/// by 50 ms or more, and runs that failed, give exit code 3.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    places: Places,
    /// The link to measure; the others are left away [default: satellite, or the first].
    #[arg(long, value_name = "NAME")]
    link: Option<String>,
    /// Both delays together, in milliseconds.
    #[arg(long, value_name = "MS")]
    rtt_ms: Option<f64>,
    /// Rate towards the client, in bits per second (2e6 is 2 Mb/s).
    #[arg(long, value_name = "BPS")]
    down: Option<f64>,
    /// Rate towards the services.
    #[arg(long, value_name = "BPS")]
    up: Option<f64>,
    /// Probability that a packet is lost, each way (0.01 is 1 in 100).
    #[arg(long, value_name = "P")]
    loss: Option<f64>,
    /// Added to each delay, up to this; the order is kept.
    #[arg(long, value_name = "MS")]
    jitter_ms: Option<f64>,
    /// Runs of each probe.
    #[arg(long, default_value_t = Plan::default().runs as u32, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    runs: u32,
    /// How the kernels send: a name as in /proc/sys/net/ipv4/tcp_available_congestion_control.
    #[arg(long, value_name = "NAME")]
    congestion: Option<String>,
    /// Use the emulator inside the process even where TUN can run.
    #[arg(long)]
    in_process: bool,
}

const EXAMPLES: &str = "\
Examples:
  hlincos drill link                                   the satellite of 2019
  hlincos drill link --rtt-ms 40 --down 50e6 --up 10e6 a low orbit
  hlincos drill link --loss 0.01 --runs 20 --congestion cubic
  hlincos drill link --link kochi-osaka --json";

/// The report, and why it is not one of real TCP.
#[derive(Serialize)]
struct Result {
    #[serde(flatten)]
    report: Report,
    /// Why TUN did not run.
    without_tun: Option<String>,
    /// What the losses were drawn from.
    seed: u64,
}

pub(super) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let topology = args.topology()?;
    let choice = if args.in_process {
        Choice::InProcess
    } else {
        Choice::Best
    };
    let link = topology.links().next().context("a topology has a link")?;
    let stop = stop_on_signal();
    let testbed = Testbed::start(topology, choice, args.places.seed)?;
    let plan = Plan {
        runs: args.runs as usize,
        ..Plan::default()
    };
    let bar = bar(plan.steps() as u64, "runs");
    let report = measure(&testbed, link, &plan, || {
        bar.inc(1);
        if stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    drop(testbed);
    anyhow::ensure!(
        !stop.load(Ordering::Relaxed),
        "stopped; nothing is left behind"
    );
    let good = is_whole(&report) && report.in_time;
    let result = Result {
        without_tun: args.why_not_tun(&report),
        seed: args.places.seed,
        report,
    };
    print(json, &result, text);
    Ok(if good {
        Outcome::Done
    } else {
        Outcome::Attention
    })
}

/// Whether nothing is missing but echoes, which a link with losses may lose.
fn is_whole(report: &Report) -> bool {
    let is_lossy = report.up.loss + report.down.loss > 0.0;
    { report.rows.iter() }.all(|row| row.failed == 0 || (is_lossy && row.probe == ECHO))
}

impl Args {
    /// The link alone, with what the command line changes.
    fn topology(&self) -> anyhow::Result<Topology> {
        let mut topology = self.places.read()?;
        let link = self.chosen(&topology)?;
        let change = topology.link_mut(link);
        self.change(change)?;
        if self.congestion.is_some() {
            topology.tcp.congestion.clone_from(&self.congestion);
        }
        Ok(topology.only(link))
    }

    fn chosen(&self, topology: &Topology) -> anyhow::Result<LinkId> {
        let Some(name) = &self.link else {
            let usual = topology.link_named("satellite");
            return usual
                .or_else(|| topology.links().next())
                .context("a topology has a link");
        };
        topology.link_named(name).with_context(|| {
            let names = topology.links().map(|id| topology.link(id).name.clone());
            let names: Vec<String> = names.collect();
            format!("no link {name:?}; there are {}", names.join(", "))
        })
    }

    fn change(&self, link: &mut Link) -> anyhow::Result<()> {
        if let Some(rtt) = self.rtt_ms {
            let one_way = time(rtt / 2.0).context("--rtt-ms takes 0 to 120000 milliseconds")?;
            both(link, |wire| wire.delay = one_way);
        }
        if let Some(jitter) = self.jitter_ms {
            let jitter = time(jitter).context("--jitter-ms takes 0 to 60000 milliseconds")?;
            both(link, |wire| wire.jitter = jitter);
        }
        if let Some(loss) = self.loss {
            let loss = Loss::new(loss).context("--loss takes a probability, 0 to 1")?;
            both(link, |wire| wire.loss = loss);
        }
        for (rate, wire) in [(self.up, &mut link.up), (self.down, &mut link.down)] {
            if let Some(bps) = rate {
                let rate =
                    rate_of(bps).context("--up and --down take 1e3 to 1e11 bits per second")?;
                wire.rate_bps = Some(rate);
            }
        }
        Ok(())
    }

    fn why_not_tun(&self, report: &Report) -> Option<String> {
        match (self.in_process, report.emulator) {
            (true, _) => Some("--in-process was given".to_owned()),
            (false, "tun") => None,
            (false, _) => Testbed::without_tun().map(|lack| lack.to_string()),
        }
    }
}

fn both(link: &mut Link, change: impl Fn(&mut WireSettings)) {
    change(&mut link.up);
    change(&mut link.down);
}

fn time(ms: f64) -> Option<Duration> {
    (0.0..=60_000.0)
        .contains(&ms)
        .then(|| Duration::from_secs_f64(ms / 1e3))
}

fn text(result: &Result) -> String {
    let report = &result.report;
    let mut text = format!(
        "{} to {} over {}: round trip {} ms\n",
        report.near, report.far, report.link, report.rtt_ms
    );
    text.push_str(&format!(
        "emulator {}, congestion control {}\n",
        report.emulator, report.congestion_control
    ));
    if let Some(lack) = &result.without_tun {
        text.push_str(&format!(
            "Not the kernel's TCP: streams are only like it, and connects are not measured ({lack}).\n"
        ));
    }
    text.push_str(&format!(
        "\n{:<12}{:>9}{:>6}{:>8}{:>11}{:>11}{:>11}{:>11}{:>8}\n",
        "probe", "bytes", "runs", "failed", "min ms", "median ms", "max ms", "bound ms", "ratio"
    ));
    for row in &report.rows {
        let ms = |time: Option<f64>| time.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
        text.push_str(&format!(
            "{:<12}{:>9}{:>6}{:>8}{:>11}{:>11}{:>11}{:>11.1}{:>8}\n",
            row.probe,
            row.bytes,
            row.runs,
            row.failed,
            ms(row.min_ms),
            ms(row.median_ms),
            ms(row.max_ms),
            row.bound_ms,
            row.ratio
                .map_or("-".to_owned(), |ratio| format!("{ratio:.3}")),
        ));
    }
    text.push('\n');
    for (name, direction) in [("up", &report.up), ("down", &report.down)] {
        text.push_str(&line(name, direction));
    }
    text.push_str(&format!(
        "\nthe emulator was late by {:.1} ms at worst\n",
        report.late_max_ms
    ));
    if !report.in_time {
        text.push_str(&format!(
            "That is {LATE_MS_MAX} ms or more: the machine was too busy; measure again.\n"
        ));
    }
    text
}

fn line(name: &str, way: &Direction) -> String {
    let rate = way
        .rate_bps
        .map_or("no bound".to_owned(), |bps| format!("{bps} b/s"));
    format!(
        "{name:<5} {} ms, jitter {} ms, {rate}, loss {}: {} offered, {} delivered, {} found the queue full, {} lost, {} cut, {} in flight\n",
        way.delay_ms,
        way.jitter_ms,
        way.loss,
        count(way.offered, "packet"),
        way.delivered,
        way.queue_full,
        way.lost,
        way.cut,
        way.offered - way.delivered - way.queue_full - way.lost - way.cut
    )
}
