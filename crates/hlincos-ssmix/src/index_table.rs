//! The index database's table SSMIXIDX, from an export as CSV or TSV, and whether it agrees with
//! the store.
//!
//! Source: the National Hospital Organization's module specification; `spec/ssmix-transactions.md`.

use std::collections::{BTreeMap, BTreeSet};

use crate::path::{Placed, place};

/// The columns in their order, with the longest value of each.
pub const COLUMNS: [(&str, usize); 12] = [
    ("VolumeLabel", 20),
    ("FacilityID", 10),
    ("PatientID", 15),
    ("OrderDate", 8),
    ("DataKind", 180),
    ("OrderNo", 22),
    ("ProcessingType", 3),
    ("EnterOrgCD", 5),
    ("TransactionDatetime", 17),
    ("OutRelDirectory", 260),
    ("FileName", 260),
    ("UpdateDatetime", 40),
];

/// One row of SSMIXIDX.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexRow {
    /// In the order of [`COLUMNS`].
    values: [String; 12],
}

impl core::fmt::Debug for IndexRow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("IndexRow(..)")
    }
}

impl IndexRow {
    /// The value of a column; empty when the table has no such column.
    #[must_use]
    pub fn value(&self, column: &str) -> &str {
        let at = COLUMNS.iter().position(|(name, _)| *name == column);
        at.map_or("", |at| &self.values[at])
    }

    /// Where the row says that its file is, relative to its volume's folder, with `/` between.
    #[must_use]
    pub fn path(&self) -> String {
        let folder = self.value("OutRelDirectory").replace('\\', "/");
        let name = self.value("FileName");
        match folder.trim_matches('/') {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        }
    }
}

/// Why an export cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// It is no text of comma- or tab-separated values.
    #[error("the export is no CSV or TSV: {0}; export the table SSMIXIDX with a header line")]
    Form(#[from] csv::Error),
    /// A column is missing.
    #[error("the export has no column {0}; export all twelve columns with a header line")]
    Column(&'static str),
    /// A value is longer than its column.
    #[error("line {line}: {column} is longer than its column")]
    TooLong {
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
    },
}

/// Reads an export with a header line; tabs are recognised by the header.
///
/// # Errors
/// [`IndexError`].
pub fn read_rows(text: &str) -> Result<Vec<IndexRow>, IndexError> {
    let text = text.trim_start_matches('\u{FEFF}');
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let place_of = |name: &'static str| {
        let found = header
            .iter()
            .position(|told| told.trim().eq_ignore_ascii_case(name));
        found.ok_or(IndexError::Column(name))
    };
    let places: Vec<usize> = COLUMNS
        .iter()
        .map(|(name, _)| place_of(name))
        .collect::<Result<_, _>>()?;
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record?;
        let mut values: [String; 12] = Default::default();
        for ((value, place), (column, longest)) in values.iter_mut().zip(&places).zip(COLUMNS) {
            record
                .get(*place)
                .unwrap_or_default()
                .trim()
                .clone_into(value);
            if value.chars().count() > longest {
                let line = record.position().map_or(0, csv::Position::line);
                return Err(IndexError::TooLong { line, column });
            }
        }
        Ok(IndexRow { values })
    };
    reader.records().map(row).collect()
}

/// How an index disagrees with its store. Paths are relative to the volume's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disagreement {
    /// Named by a row, not in the store.
    pub missing_files: Vec<String>,
    /// In the store, named by no row.
    pub unindexed_files: Vec<String>,
    /// Named by two rows or more.
    pub named_twice: Vec<String>,
    /// Rows whose patient, kind, date, order or time is not what their file's name says.
    pub wrong_rows: Vec<String>,
}

impl Disagreement {
    /// Nothing disagrees.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares an index with the files of its store.
///
/// Shape: `files` relative to the volume's folder, `/` between components.
/// Time: n log n.
#[must_use]
pub fn compare<'f>(rows: &[IndexRow], files: impl Iterator<Item = &'f str>) -> Disagreement {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Disagreement::default();
    for row in rows {
        let path = row.path();
        if !agrees(row, &path) {
            found.wrong_rows.push(path.clone());
        }
        *named.entry(path).or_default() += 1;
    }
    let files: BTreeSet<&str> = files.collect();
    for (path, count) in &named {
        if *count > 1 {
            found.named_twice.push(path.clone());
        }
        if !files.contains(path.as_str()) {
            found.missing_files.push(path.clone());
        }
    }
    let unindexed = files.iter().filter(|file| !named.contains_key(**file));
    found.unindexed_files = unindexed.map(|file| (*file).to_owned()).collect();
    found
}

/// Whether a row says the same as the name of its file; names of the extended storage are not
/// compared.
fn agrees(row: &IndexRow, path: &str) -> bool {
    let (Placed::Standard(name), _) = place(path.as_bytes()) else {
        return true;
    };
    let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let pairs = [
        ("PatientID", name.patient.to_owned()),
        ("OrderDate", dash(name.care_date)),
        ("DataKind", name.kind.to_owned()),
        ("OrderNo", name.order.to_owned()),
        ("EnterOrgCD", dash(name.department)),
        ("TransactionDatetime", name.timestamp.to_owned()),
    ];
    pairs.iter().all(|(column, told)| {
        let value = row.value(column);
        value == told || value.is_empty() && told == "-"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "VolumeLabel,FacilityID,PatientID,OrderDate,DataKind,OrderNo,ProcessingType,EnterOrgCD,TransactionDatetime,OutRelDirectory,FileName,UpdateDatetime";
    const ROW: &str = "STD01,1318814790,0000781125,20190901,OMP-01,000000019000185,INS,01,20190901103045120,000\\078\\0000781125\\20190901\\OMP-01,0000781125_20190901_OMP-01_000000019000185_20190901103045120_01_1,2019-09-01 10:30:45";
    const FILE: &str = "000/078/0000781125/20190901/OMP-01/0000781125_20190901_OMP-01_000000019000185_20190901103045120_01_1";

    #[test]
    fn csv_and_tsv_are_read_by_the_names_of_their_columns() {
        let csv = format!("\u{FEFF}{HEADER}\r\n{ROW}\r\n");
        let tsv = csv.replace(',', "\t");
        for text in [csv, tsv] {
            let rows = read_rows(&text).unwrap();
            assert_eq!(
                (rows.len(), rows[0].value("PatientID"), rows[0].path()),
                (1, "0000781125", FILE.to_owned())
            );
        }
    }

    #[test]
    fn exports_that_are_none_are_refused_with_the_reason() {
        assert!(matches!(
            read_rows("a,b\n1,2\n"),
            Err(IndexError::Column("VolumeLabel"))
        ));
        let long = format!("{HEADER}\n{}\n", ROW.replace("INS", "INSERT"));
        assert!(matches!(
            read_rows(&long),
            Err(IndexError::TooLong {
                line: 2,
                column: "ProcessingType"
            })
        ));
        assert!(matches!(
            read_rows(&format!("{HEADER}\nx,y\n")),
            Err(IndexError::Form(_))
        ));
        assert!(read_rows("").is_err());
    }

    #[test]
    fn every_disagreement_with_the_store_is_told() {
        let rows = |text: &str| read_rows(&format!("{HEADER}\n{text}\n")).unwrap();
        assert!(compare(&rows(ROW), [FILE].into_iter()).is_none());
        assert_eq!(compare(&rows(ROW), [].into_iter()).missing_files, [FILE]);
        assert_eq!(
            compare(&rows(ROW), [FILE, "000/x"].into_iter()).unindexed_files,
            ["000/x"]
        );
        assert_eq!(
            compare(&rows(&format!("{ROW}\n{ROW}")), [FILE].into_iter()).named_twice,
            [FILE]
        );
        let wrong = ROW.replace("14790,0000781125", "14790,0000781126");
        assert_eq!(
            compare(&rows(&wrong), [FILE].into_iter()).wrong_rows,
            [FILE]
        );
    }
}
