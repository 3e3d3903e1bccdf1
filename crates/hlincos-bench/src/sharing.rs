//! Splitting and combining.

mod marks;
mod ours;
#[cfg(feature = "peers")]
mod peers;
mod plain;

use serde::Serialize;

use crate::clock::{Sample, Work, side_by_side, take_turns};
use hlincos_sharing::{Kernel, Threshold};
pub use marks::Mark;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Lengths of the secret, in bytes.
    pub lengths: Vec<usize>,
    /// Thresholds (k,n).
    pub thresholds: Vec<(u8, u8)>,
    /// Rounds in which all contenders take turns.
    pub rounds: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            lengths: vec![4 << 10, 64 << 10, 1 << 20, 64 << 20],
            thresholds: vec![(2, 3), (3, 5), (5, 9)],
            rounds: 7,
        }
    }
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `split`, `combine`, `memcpy` or `keystream`.
    pub op: &'static str,
    /// What is computed: the sharing, with or without tag and randomness.
    pub scheme: &'static str,
    /// Who computes it.
    pub implementation: String,
    /// How many shares restore; 0 where nothing is shared.
    pub k: u8,
    /// How many shares there are.
    pub n: u8,
    /// Length of the secret.
    pub bytes: usize,
    /// Threads at once.
    pub cores: usize,
    /// Bytes of secret per microsecond at the best sample.
    pub mb_per_s: f64,
    /// The same at the median sample.
    pub median_mb_per_s: f64,
    /// Samples taken.
    pub samples: usize,
}

/// Everything that one run measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The kernel that the machine's instructions allow.
    pub kernel: &'static str,
    /// Threads of the rows with more than one.
    pub cores: usize,
    /// Implementations that could not be measured, and why.
    pub absent: Vec<String>,
    /// All figures.
    pub rows: Vec<Row>,
    /// Ratios that the project wants to reach, with what was reached here.
    pub marks: Vec<Mark>,
}

/// Someone who does the work of one row.
pub(crate) struct Contender {
    op: &'static str,
    scheme: &'static str,
    implementation: String,
    threshold: (u8, u8),
    bytes: usize,
    work: Work,
}

/// Runs a plan; `progress` is told what comes next, and how much of all is done.
///
/// Time: a few minutes for the default plan; slow implementations take most of it.
pub fn run(plan: &Plan, mut progress: impl FnMut(&str, f64)) -> Report {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut report = Report {
        kernel: Kernel::best().name(),
        cores,
        absent: Vec::new(),
        rows: Vec::new(),
        marks: Vec::new(),
    };
    #[cfg(feature = "peers")]
    report.absent.extend(peers::absent());
    #[cfg(not(feature = "peers"))]
    report
        .absent
        .push("other implementations: this program was built without them".into());
    let steps = plan.lengths.len() * (plan.thresholds.len() + 1);
    let mut done = 0.0;
    for bytes in plan.lengths.iter().copied() {
        progress(
            &format!("memcpy and keystreams, {bytes} bytes"),
            done / steps as f64,
        );
        measure(&mut report.rows, plain::contenders(bytes), plan.rounds);
        done += 1.0;
        for (k, n) in plan.thresholds.iter().copied() {
            progress(&format!("({k},{n}), {bytes} bytes"), done / steps as f64);
            let Ok(threshold) = Threshold::new(k, n) else {
                continue;
            };
            measure(&mut report.rows, contenders(threshold, bytes), plan.rounds);
            measure_cores(&mut report.rows, threshold, bytes, cores, plan.rounds);
            done += 1.0;
        }
    }
    report.marks = marks::of(&report.rows);
    report
}

fn contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let mut all = ours::contenders(threshold, bytes);
    #[cfg(feature = "peers")]
    all.extend(peers::contenders(threshold, bytes));
    all
}

fn measure(rows: &mut Vec<Row>, contenders: Vec<Contender>, rounds: usize) {
    // What takes long by itself is tried once; the others as often as asked for.
    let (slow, quick): (Vec<_>, Vec<_>) = contenders
        .into_iter()
        .partition(|contender| contender.is_slow());
    for (mut group, rounds) in [(quick, rounds), (slow, 1)] {
        let mut works = Vec::new();
        for contender in &mut group {
            works.push(std::mem::replace(&mut contender.work, Box::new(|| {})));
        }
        let samples = take_turns(&mut works, rounds);
        rows.extend(
            group
                .iter()
                .zip(samples)
                .map(|(who, sample)| who.row(1, sample)),
        );
    }
}

/// Our default on all cores, each with buffers of its own.
fn measure_cores(
    rows: &mut Vec<Row>,
    threshold: Threshold,
    bytes: usize,
    cores: usize,
    rounds: usize,
) {
    let sets: Vec<Vec<Contender>> = (0..cores)
        .map(|_| ours::best_contenders(threshold, bytes))
        .collect();
    let mut sets: Vec<_> = sets.into_iter().map(Vec::into_iter).collect();
    loop {
        let same: Vec<Contender> = sets.iter_mut().filter_map(Iterator::next).collect();
        let Some(first) = same.first() else { break };
        let mut row = first.row(cores, NOTHING);
        let sample = side_by_side(same.into_iter().map(|who| who.work).collect(), rounds);
        row.fill(bytes * cores, sample);
        rows.push(row);
    }
}

impl Contender {
    /// Whether a sample takes seconds: scalar code on tens of megabytes.
    fn is_slow(&self) -> bool {
        self.bytes > 8 << 20 && !self.implementation.starts_with("hlincos") && self.is_scalar()
    }

    fn is_scalar(&self) -> bool {
        ["blahaj", "vsss-rs", "libgfshare"]
            .iter()
            .any(|name| self.implementation.starts_with(name))
    }

    fn row(&self, cores: usize, sample: Sample) -> Row {
        let mut row = Row {
            op: self.op,
            scheme: self.scheme,
            implementation: self.implementation.clone(),
            k: self.threshold.0,
            n: self.threshold.1,
            bytes: self.bytes,
            cores,
            mb_per_s: 0.0,
            median_mb_per_s: 0.0,
            samples: 0,
        };
        row.fill(self.bytes, sample);
        row
    }
}

impl Row {
    fn fill(&mut self, bytes: usize, sample: Sample) {
        let rate = |time: std::time::Duration| bytes as f64 / 1e6 / time.as_secs_f64();
        self.mb_per_s = rate(sample.best);
        self.median_mb_per_s = rate(sample.median);
        self.samples = sample.samples;
    }
}

const NOTHING: Sample = Sample {
    best: std::time::Duration::MAX,
    median: std::time::Duration::MAX,
    samples: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_plan_measures_every_operation_and_every_contender_restores_what_it_split() {
        let plan = Plan {
            lengths: vec![4 << 10, 64 << 10],
            thresholds: vec![(2, 3), (3, 5)],
            rounds: 1,
        };
        let report = run(&plan, |_, done| assert!((0.0..=1.0).contains(&done)));
        for op in ["split", "combine", "memcpy", "keystream"] {
            let rows = report.rows.iter().filter(|row| row.op == op);
            assert!(rows.clone().count() > 0, "{op}");
            assert!(
                rows.clone()
                    .all(|row| row.mb_per_s > 0.0 && row.mb_per_s.is_finite())
            );
        }
        let json = serde_json::to_value(&report).unwrap();
        assert!(json["rows"][0]["mb_per_s"].is_number() && json["marks"].is_array());
    }
}
