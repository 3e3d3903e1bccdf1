//! The transaction storage: what was written to a store, in order.
//!
//! ```text
//! <root>/<YYYY>/TR_YYYYMMDDHHMMSSFFF_nnnnn.DAT
//! #SSMIX,2.00,<facility>,<patient>,<date|->,<kind>,<order>,<INS|DEL>,<dept|->,<time, 17 digits>
//! MSH|^~\&|...
//! ```
//! A record is one header line and the message that follows it, up to the next header.
//!
//! Source: SS-MIX2 guideline 1.2; `spec/ssmix-transactions.md`.

use core::fmt;

use memchr::memmem;

use crate::time::Time;

/// Bytes of a header line that are read at most.
pub const HEADER_BYTES_MAX: usize = 512;

/// Whether a file's name is that of a file of a transaction storage: `TR_...`, in any case.
#[must_use]
pub fn is_log(name: &[u8]) -> bool {
    name.get(..3)
        .is_some_and(|begin| begin.eq_ignore_ascii_case(b"TR_"))
}

/// What a record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processing {
    /// INS: a record is new or takes the place of its earlier version.
    Insert,
    /// DEL: a record is deleted.
    Delete,
}

/// A record of the transaction storage.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction<'a> {
    /// Where its header begins, in bytes of the file.
    pub offset: usize,
    /// Ten digits.
    pub facility: &'a str,
    /// The patient.
    pub patient: &'a str,
    /// `None` for `-`.
    pub care_date: Option<&'a str>,
    /// The kind, such as `OMP-01`.
    pub kind: &'a str,
    /// The order.
    pub order: &'a str,
    /// What to do.
    pub processing: Processing,
    /// `None` for `-`.
    pub department: Option<&'a str>,
    /// 17 digits.
    pub timestamp: &'a str,
    /// The message, as it was written: without the line end that parts it from the next header.
    pub message: &'a [u8],
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction(..)")
    }
}

impl Transaction<'_> {
    /// The folder of the record, below the store: `facility/123/456/1234567890/date/kind`.
    #[must_use]
    pub fn folder(&self) -> String {
        let date = self.care_date.unwrap_or("-");
        format!("{}/{date}/{}", self.patient_folder(), self.kind)
    }

    /// The patient's folder, below the store.
    #[must_use]
    pub fn patient_folder(&self) -> String {
        let (first, second) = self.patient.split_at(self.patient.len().min(3));
        let second = &second[..second.len().min(3)];
        format!("{}/{first}/{second}/{}", self.facility, self.patient)
    }

    /// What file names of the record begin with, whatever their time, department and flag.
    #[must_use]
    pub fn name_stem(&self) -> String {
        let date = self.care_date.unwrap_or("-");
        format!("{}_{date}_{}_{}_", self.patient, self.kind, self.order)
    }

    /// The name of the file that the record makes: flag 1, or 0 for the mark of a deletion.
    #[must_use]
    pub fn file_name(&self) -> String {
        let flag = match self.processing {
            Processing::Insert => '1',
            Processing::Delete => '0',
        };
        let department = self.department.unwrap_or("-");
        format!("{}{}_{department}_{flag}", self.name_stem(), self.timestamp)
    }
}

/// A record that cannot be read; the following ones are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record at byte {offset} {what}")]
pub struct TransactionError {
    /// Where its header begins, in bytes of the file.
    pub offset: usize,
    what: &'static str,
}

impl TransactionError {
    /// The same, of a record read from a part of the file that begins at a place.
    #[must_use]
    pub const fn behind(self, start: usize) -> Self {
        Self {
            offset: self.offset.saturating_add(start),
            ..self
        }
    }
}

/// The records of a file in order, readable or not.
///
/// Bytes before the first header are passed over. A message cannot hold a header: `#SSMIX,` counts
/// only at the beginning of a line.
/// Time: linear. Memory: none beside the bytes.
pub fn transactions(
    bytes: &[u8],
) -> impl Iterator<Item = Result<Transaction<'_>, TransactionError>> {
    let mut next = header(bytes, 0);
    core::iter::from_fn(move || {
        let start = next?;
        next = header(bytes, start + 1);
        Some(record(&bytes[start..next.unwrap_or(bytes.len())], start))
    })
}

/// The next header at or after a place.
fn header(bytes: &[u8], from: usize) -> Option<usize> {
    let found = memmem::find_iter(bytes.get(from..)?, b"#SSMIX,").map(|at| from + at);
    let begins_line = |at: &usize| *at == 0 || matches!(bytes[at - 1], b'\r' | b'\n' | 0x1C);
    { found }.find(begins_line)
}

fn record(bytes: &[u8], offset: usize) -> Result<Transaction<'_>, TransactionError> {
    let error = |what| TransactionError { offset, what };
    let window = &bytes[..bytes.len().min(HEADER_BYTES_MAX)];
    let end = window.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let end = end.or_else(|| (bytes.len() < HEADER_BYTES_MAX).then_some(bytes.len()));
    let end = end.ok_or_else(|| error("has a header without an end"))?;
    let line = core::str::from_utf8(&bytes[..end])
        .ok()
        .filter(|l| l.is_ascii());
    let line = line.ok_or_else(|| error("has a header that is not ASCII"))?;
    let parts: Vec<&str> = line.split(',').map(str::trim).collect();
    let [
        "#SSMIX",
        _,
        facility,
        patient,
        date,
        kind,
        order,
        processing,
        department,
        timestamp,
    ] = parts[..]
    else {
        return Err(error("has a header without its ten parts"));
    };
    let processing = match processing {
        "INS" => Processing::Insert,
        "DEL" => Processing::Delete,
        _ => return Err(error("is neither INS nor DEL")),
    };
    let word = |text: &str, max: usize| {
        (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let digits = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let kind_legal = crate::kinds::Kind::of(kind).is_some() || kind == "ADT-02";
    // They become folders and names: nothing but letters and digits may get there.
    let legal = digits(facility, 10)
        && word(patient, 15)
        && patient.len() >= 4
        && (date == "-" || digits(date, 8) && Time::parse(date).is_some())
        && kind_legal
        && word(order, 15)
        && (department == "-" || word(department, 5))
        && digits(timestamp, 17);
    if !legal {
        return Err(error("has a header with a part of the wrong form"));
    }
    let body = &bytes[end..];
    let skipped = body
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count();
    Ok(Transaction {
        offset,
        facility,
        patient,
        care_date: (date != "-").then_some(date),
        kind,
        order,
        processing,
        department: (department != "-").then_some(department),
        timestamp,
        message: without_line_end(&body[skipped..]),
    })
}

/// A message without the line end of the storage behind it: one that follows the end of the last
/// segment. A message's only end is its own.
fn without_line_end(message: &[u8]) -> &[u8] {
    let ends = [&b"\r\n"[..], b"\n", b"\r"];
    let without = { ends.iter() }.filter_map(|end| message.strip_suffix(*end));
    let is_whole = |rest: &&[u8]| matches!(rest.last(), Some(b'\r' | b'\n' | 0x1C));
    match { without }.next() {
        Some(rest) if is_whole(&rest) => rest,
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "#SSMIX,2.00,9999999999,0000000123,20220101,OMP-01,000000000012345,INS,01,20220101235959566\r\nMSH|^~\\&|a #SSMIX,b\rPID|1\r\n#SSMIX,2.00,9999999999,0000000123,20220101,OMP-01,000000000012345,DEL,-,20220101235959567\r\nMSH|c\r";

    #[test]
    fn records_are_read_in_order_with_their_messages() {
        let records: Vec<_> = transactions(TWO.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(records.len(), 2, "a header inside a line is none");
        assert_eq!(records[0].message, b"MSH|^~\\&|a #SSMIX,b\rPID|1\r\n");
        assert_eq!(
            records[0].folder(),
            "9999999999/000/000/0000000123/20220101/OMP-01"
        );
        assert_eq!(
            records[0].file_name(),
            "0000000123_20220101_OMP-01_000000000012345_20220101235959566_01_1"
        );
        assert_eq!(records[1].processing, Processing::Delete);
        assert!(records[1].file_name().ends_with("20220101235959567_-_0"));
        assert_eq!(
            crate::path::place(
                format!("{}/{}", records[0].folder(), records[0].file_name()).as_bytes()
            )
            .1,
            []
        );
    }

    #[test]
    fn a_message_ends_as_it_was_written() {
        let header = TWO.split("MSH").next().unwrap();
        for (written, parted) in [
            ("MSH|a\r", "\r\n"),
            ("MSH|a\r\n", "\r\n"),
            ("MSH|a\n", "\n"),
            ("MSH|a\r", "\r"),
            ("MSH|a\r\u{1C}", "\r\n"),
            ("MSH|a\r", ""),
            ("MSH|a\r\n", ""),
            ("MSH|a\n", ""),
            ("MSH|a\r\u{1C}", ""),
        ] {
            let log = format!("{header}{written}{parted}{header}{written}{parted}");
            let read: Vec<_> = transactions(log.as_bytes()).map(Result::unwrap).collect();
            assert_eq!(read.len(), 2);
            for record in read {
                assert_eq!(record.message, written.as_bytes(), "{parted:?}");
            }
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_is_told_and_the_next_is_read() {
        for (from, to) in [
            ("INS", "UPD"),
            ("20220101,OMP", "20229999,OMP"),
            ("0000000123,2022", "../../etc,2022"),
            ("OMP-01,0", "OMP-99,0"),
            ("9999999999", "99"),
            (",01,2022", ",2022"),
            ("#SSMIX,2.00", "#SSMIX,二"),
        ] {
            let read: Vec<_> = { TWO }.replacen(from, to, 1).into_bytes();
            let read: Vec<_> = transactions(&read)
                .map(|record| record.map(|r| r.offset))
                .collect();
            assert_eq!(
                (read.len(), read[0].map_err(|e| e.offset)),
                (2, Err(0)),
                "{from}"
            );
            assert!(read[1].is_ok());
        }
        let endless = format!("#SSMIX,{}", "x".repeat(1000));
        assert!(transactions(endless.as_bytes()).next().unwrap().is_err());
    }

    proptest::proptest! {
        #[test]
        fn bytes_from_outside_never_panic(text in "(#SSMIX,2.00,9999999999,0000000123|,|-|INS|\r|\n|[0-9]{8}|MSH){0,30}") {
            for record in transactions(text.as_bytes()).flatten() {
                let _ = (record.folder(), record.file_name(), record.message.len());
            }
        }
    }
}
