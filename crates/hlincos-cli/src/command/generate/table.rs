//! Prints how many files of which sizes there are: as a table, or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use hlincos_testbed as testbed;
use serde::Serialize;

/// What a store holds, by kind.
#[derive(Serialize)]
pub(crate) struct Distribution {
    kinds: Vec<Row>,
    messages: Row,
    documents: Row,
    /// Files per patient, not bytes.
    count_per_patient: Row,
    bytes_per_patient: Row,
    flags: BTreeMap<&'static str, u64>,
    defects_by_word: BTreeMap<&'static str, u64>,
    shared_patients: u64,
    message_histogram: Vec<Bucket>,
    document_histogram: Vec<Bucket>,
}

/// Sizes in bytes; percentiles are at most an eighth too high.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    count: u64,
    sum: u64,
    mean: u64,
    min: u64,
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

#[derive(Serialize)]
struct Bucket {
    below: u64,
    count: u64,
}

impl Distribution {
    /// Sums a count up.
    pub(super) fn of(counted: &testbed::Distribution) -> Self {
        let (messages, documents) = (counted.messages(), counted.documents());
        let flags = ["deleted", "current", "superseded"];
        Self {
            kinds: counted
                .kinds
                .iter()
                .map(|(kind, sizes)| row(kind, sizes))
                .collect(),
            messages: row("all messages", &messages),
            documents: row("all documents", &documents),
            count_per_patient: row("files per patient", &counted.files_per_patient),
            bytes_per_patient: row("bytes per patient", &counted.bytes_per_patient),
            flags: flags.into_iter().zip(counted.flags).collect(),
            defects_by_word: counted.defects.clone(),
            shared_patients: counted.shared_patients,
            message_histogram: histogram(&messages),
            document_histogram: histogram(&documents),
        }
    }
}

fn row(kind: &'static str, sizes: &testbed::Sizes) -> Row {
    Row {
        kind,
        count: sizes.count(),
        sum: sizes.sum(),
        mean: sizes.mean(),
        min: sizes.min(),
        p50: sizes.permille(500),
        p90: sizes.permille(900),
        p99: sizes.permille(990),
        max: sizes.max(),
    }
}

fn histogram(sizes: &testbed::Sizes) -> Vec<Bucket> {
    let doublings = sizes.doublings().into_iter();
    doublings
        .map(|(below, count)| Bucket { below, count })
        .collect()
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18}{:>11}{:>12}{:>11}{:>11}{:>11}{:>12}",
            "bytes", "count", "mean", "p50", "p90", "p99", "max"
        )?;
        let sums = [
            &self.messages,
            &self.documents,
            &self.count_per_patient,
            &self.bytes_per_patient,
        ];
        for row in self.kinds.iter().chain(sums) {
            writeln!(
                f,
                "{:<18}{:>11}{:>12}{:>11}{:>11}{:>11}{:>12}",
                row.kind, row.count, row.mean, row.p50, row.p90, row.p99, row.max
            )?;
        }
        bars(f, "messages", &self.message_histogram)?;
        bars(f, "documents", &self.document_histogram)?;
        let flags = self
            .flags
            .iter()
            .map(|(flag, count)| format!("{count} {flag}"));
        writeln!(
            f,
            "\nfiles by flag: {}",
            flags.collect::<Vec<_>>().join(", ")
        )?;
        if self.shared_patients > 0 {
            writeln!(
                f,
                "patients known to the first facility too: {}",
                self.shared_patients
            )?;
        }
        for (defect, count) in &self.defects_by_word {
            writeln!(f, "defect {defect:<28}{count:>8}")?;
        }
        Ok(())
    }
}

/// Draws a histogram.
fn bars(f: &mut fmt::Formatter<'_>, name: &str, buckets: &[Bucket]) -> fmt::Result {
    let Some(most) = buckets.iter().map(|bucket| bucket.count).max() else {
        return Ok(());
    };
    writeln!(f, "\n{name} by size")?;
    for Bucket { below, count } in buckets {
        let length = usize::try_from(count * 40 / most.max(1)).unwrap_or(40);
        writeln!(f, "  below {below:>11}{count:>11}  {}", "#".repeat(length))?;
    }
    Ok(())
}
