//! Ratios that the project wants to reach, from the rows of one run.

use serde::Serialize;

use super::Row;
use super::ours::{GIVEN, ONE_KEY, PLAIN, TAGGED};

/// A ratio and its floor.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    /// What is compared.
    pub mark: String,
    /// What was measured.
    pub measured: f64,
    /// The floor; for a time, the ceiling.
    pub target: f64,
    /// Whether it was reached in this run.
    pub reached: bool,
}

/// The marks for which this run has the rows.
pub(super) fn of(rows: &[Row]) -> Vec<Mark> {
    let rows = Rows(rows);
    let mut marks = Vec::new();
    let mut at_least = |mark: String, ratio: Option<f64>, target: f64| {
        marks.extend(ratio.map(|measured| Mark {
            mark,
            measured,
            target,
            reached: measured >= target,
        }));
    };
    for bytes in [64 << 10, 1 << 20] {
        let size = format!("{} KiB", bytes >> 10);
        let ours = |op, scheme, kn| rows.best_of(op, scheme, "hlincos", kn, bytes);
        let split = ours("split", PLAIN, (2, 3));
        let of = |other: Option<f64>| Some(split? / other?);
        let crates =
            ["blahaj", "vsss-rs"].map(|who| rows.best_of("split", PLAIN, who, (2, 3), bytes));
        let fastest = crates.into_iter().flatten().reduce(f64::max);
        at_least(
            format!("split (2,3) {size} / fastest Rust crate"),
            of(fastest),
            200.0,
        );
        let gfshare = rows.best_of("split", PLAIN, "libgfshare", (2, 3), bytes);
        at_least(
            format!("split (2,3) {size} / libgfshare"),
            of(gfshare),
            80.0,
        );
        for (kn, target) in [((2, 3), 2.0), ((3, 5), 1.9), ((5, 9), 1.9)] {
            let isal = rows.best_of("split", PLAIN, "ISA-L + aws-lc", kn, bytes);
            let ratio = ours("split", PLAIN, kn)
                .zip(isal)
                .map(|(ours, isal)| ours / isal);
            at_least(
                format!("split ({},{}) {size} / ISA-L + aws-lc", kn.0, kn.1),
                ratio,
                target,
            );
        }
        let bound = rows.bound((2, 3));
        at_least(
            format!("split (2,3) {size} / bound of AES and field"),
            of(bound),
            0.85,
        );
        for kn in [(2, 3), (3, 5), (5, 9)] {
            let name = format!("({},{}) {size}", kn.0, kn.1);
            let isal = rows.best_of("combine", PLAIN, "ISA-L", kn, bytes);
            let combine = ours("combine", PLAIN, kn)
                .zip(isal)
                .map(|(ours, isal)| ours / isal);
            at_least(format!("combine {name} / ISA-L"), combine, 1.0);
        }
        let tagged = ours("split", TAGGED, (2, 3));
        at_least(
            format!("split (2,3) {size} with tag / without"),
            tagged.zip(split).map(|(with, without)| with / without),
            0.55,
        );
        let without = rows.best_of("split", GIVEN, "libgfshare", (2, 3), bytes);
        for (kernel, target) in [("avx2", 60.0), ("portable", 20.0)] {
            let path = rows.best_of("split", GIVEN, &format!("hlincos {kernel}"), (2, 3), bytes);
            let of = |other: Option<f64>| Some(path? / other?);
            let name = format!("split (2,3) {size}, {kernel}");
            at_least(
                format!("{name} / libgfshare, both without generator"),
                of(without),
                target,
            );
            // As the marks were derived: the peer with the generator that it brings.
            at_least(
                format!("{name} without / libgfshare with its generator"),
                of(gfshare),
                target,
            );
        }
    }
    for (scheme, what) in [
        (ONE_KEY, "key set-up left out"),
        (TAGGED, "with a seed of its own"),
    ] {
        let record = rows.best_of("split", scheme, "hlincos", (2, 3), 4 << 10);
        marks.extend(record.map(|rate| Mark {
            mark: format!("4 KiB split with its tag, {what}: microseconds at most"),
            measured: 4_096.0 / rate,
            target: 1.0,
            reached: 4_096.0 / rate <= 1.0,
        }));
    }
    marks
}

struct Rows<'a>(&'a [Row]);

impl Rows<'_> {
    fn best_of(
        &self,
        op: &str,
        scheme: &str,
        who: &str,
        kn: (u8, u8),
        bytes: usize,
    ) -> Option<f64> {
        let fits = |row: &&Row| {
            let sizes = (row.k, row.n, row.bytes, row.cores) == (kn.0, kn.1, bytes, 1);
            let named =
                row.implementation == who || row.implementation.starts_with(&format!("{who} "));
            sizes && row.op == op && row.scheme == scheme && named
        };
        self.0
            .iter()
            .filter(fits)
            .map(|row| row.mb_per_s)
            .reduce(f64::max)
    }

    /// What AES and field allow if both fill the same pipes: 14 rounds per coefficient row and 1, 9
    /// or 25 multiplications of a register, each one cycle.
    ///
    /// The cycle is taken from the fastest keystream of this run, which stores what it makes.
    fn bound(&self, kn: (u8, u8)) -> Option<f64> {
        let keystreams = self
            .0
            .iter()
            .filter(|row| row.op == "keystream" && row.cores == 1);
        let fastest = keystreams.map(|row| row.mb_per_s).reduce(f64::max)?;
        let products = match kn {
            (2, 3) => 1.0,
            (3, 5) => 9.0,
            (5, 9) => 25.0,
            _ => return None,
        };
        Some(fastest * 14.0 / (14.0 * f64::from(kn.0 - 1) + products))
    }
}
