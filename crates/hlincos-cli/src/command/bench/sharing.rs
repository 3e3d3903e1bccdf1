//! `hlincos bench sharing`.

use hlincos_bench::sharing::{self, Plan, Report, Row};

use crate::output::{Outcome, bar, print};

/// Splitting and combining, beside memcpy, AES-256-CTR and other implementations.
///
/// All contenders take turns in one run, so that ratios hold where absolute figures depend on the
/// machine and on what else it does. The C libraries ISA-L and libgfshare are measured where they
/// are installed (Debian: libisal2, libgfshare2). Megabytes are millions of bytes of the secret.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Lengths of the secret, in bytes.
    #[arg(long, value_delimiter = ',', default_values_t = Plan::default().lengths)]
    lengths: Vec<usize>,
    /// Rounds in which all contenders take turns.
    #[arg(long, default_value_t = Plan::default().rounds)]
    rounds: usize,
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        args.rounds > 0,
        "--rounds 0 measures nothing; give 1 or more"
    );
    let fits = |len: &usize| (1..=1 << 30).contains(len);
    anyhow::ensure!(
        args.lengths.iter().all(fits),
        "--lengths are 1 byte to 1 GiB each"
    );
    let plan = Plan {
        lengths: args.lengths,
        rounds: args.rounds,
        ..Plan::default()
    };
    let bar = bar(1_000, "‰");
    let report = sharing::run(&plan, |what, done| {
        bar.set_message(what.to_owned());
        // A share of one thousand steps; rounding does no harm.
        bar.set_position(
            (0..1_000)
                .filter(|step| f64::from(*step) < done * 1_000.0)
                .count() as u64,
        );
    });
    bar.finish_and_clear();
    print(json, &report, text);
    Ok(Outcome::Done)
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "kernel {}, {} cores, MB/s of secret\n",
        report.kernel, report.cores
    );
    let mut last = (0, 0, 0, 0);
    for row in sorted(&report.rows) {
        let group = (row.bytes, row.k, row.n, row.cores);
        if group != last {
            last = group;
            text.push_str(&heading(row));
        }
        text.push_str(&format!(
            "  {:<9} {:<24} {:<20} {:>9.0}   median {:>9.0}\n",
            row.op, row.scheme, row.implementation, row.mb_per_s, row.median_mb_per_s
        ));
    }
    text.push_str("\nmarks\n");
    for mark in &report.marks {
        let word = if mark.reached {
            "reached"
        } else {
            "not reached"
        };
        text.push_str(&format!(
            "  {:<66} {:>8.2}   target {:>6.2}   {word}\n",
            mark.mark, mark.measured, mark.target
        ));
    }
    for absent in &report.absent {
        text.push_str(&format!("not measured: {absent}\n"));
    }
    text
}

/// By length, threshold and cores; within them by operation and speed.
fn sorted(rows: &[Row]) -> Vec<&Row> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by(|a, b| {
        let place = |row: &Row| (row.bytes, row.k, row.n, row.cores, row.op, row.scheme);
        place(a)
            .cmp(&place(b))
            .then(b.mb_per_s.total_cmp(&a.mb_per_s))
    });
    rows
}

fn heading(row: &Row) -> String {
    let cores = if row.cores == 1 {
        "one core".to_owned()
    } else {
        format!("{} cores", row.cores)
    };
    match (row.k, row.n) {
        (0, 0) => format!("\n{} bytes, {cores}\n", row.bytes),
        (k, n) => format!("\n({k},{n}), {} bytes, {cores}\n", row.bytes),
    }
}
