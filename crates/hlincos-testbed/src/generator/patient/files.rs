//! Files of one patient: names, flags, old versions, and documents that fill up.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::Writer;
use crate::generator::calendar::{Day, Stamp, minutes_after};
use crate::generator::characters::encode;
use crate::generator::defect::{Draft, spoil};
use crate::generator::draw::Draw;
use crate::generator::extended;
use crate::generator::message::{Control, Envelope, Order};
use crate::generator::profile::GenerateError;

/// What a file name says besides the patient.
pub(super) struct Name<'a> {
    date: Option<Date>,
    kind: &'a str,
    order: u64,
    sent: DateTime,
    department: Option<&'a str>,
    flag: u8,
}

impl<'a> Writer<'a> {
    /// Writes an order, as it is now and as it was: 6 in 100 were changed, and 3 in 100 of those that
    /// may be withdrawn were.
    pub(super) fn order(
        &mut self,
        kind: &'a str,
        at: DateTime,
        bed: Option<&'static str>,
        may_withdraw: bool,
        compose: impl Fn(&mut String, &Envelope, &Order),
    ) -> Result<(), GenerateError> {
        self.orders += 1;
        let number = self.order_number();
        let versions: &[(Control, u8)] = match self.draw.below(100) {
            0..6 => &[(Control::New, 2), (Control::Changed, 1)],
            // The order itself, renamed, and the tombstone.
            6..9 if may_withdraw => &[(Control::New, 0), (Control::Cancelled, 0)],
            _ => &[(Control::New, 1)],
        };
        let mut sent = at;
        for &(control, flag) in versions {
            let envelope = self.envelope(sent, bed);
            compose(
                &mut self.text,
                &envelope,
                &Order {
                    number,
                    entered: at,
                    control,
                },
            );
            self.put(&self.dated(kind, at.date(), number, envelope.sent, flag))?;
            sent = minutes_after(sent, 16);
        }
        Ok(())
    }

    /// Writes a content folder of extended storage, sometimes with the version before.
    pub(super) fn note(&mut self, at: DateTime, summary: bool) -> Result<(), GenerateError> {
        let kind = if summary {
            extended::SUMMARY
        } else {
            extended::PROGRESS
        };
        self.documents += 1;
        let flags: &[u8] = match self.draw.below(100) {
            0..5 => &[2, 1],
            5..7 => &[0],
            _ => &[1],
        };
        let mut sent = at;
        for &flag in flags {
            let content = extended::note(self.sender, self.chart, at, summary, &mut self.draw);
            let envelope = self.envelope(sent, None);
            let folder =
                extended::folder(self.sender, kind, at, self.documents, envelope.sent, flag);
            for (name, bytes) in &content {
                self.folder.file(&folder, name, bytes)?;
            }
            sent = minutes_after(sent, 31);
        }
        Ok(())
    }

    /// Adds scanned documents and pictures until the patient weighs what the profile asks.
    pub(super) fn fill_up(&mut self, draw: &mut Draw) -> Result<(), GenerateError> {
        let wanted = self.profile.bytes_per_patient();
        loop {
            let left = wanted.saturating_sub(self.folder.made_so_far.bytes);
            if left < DOCUMENT_BYTES_MIN {
                return Ok(());
            }
            let at = if self.chart.events.is_empty() {
                self.profile.base_date.at(9, 0, 0, 0)
            } else {
                draw.pick(&self.chart.events).at
            };
            self.documents += 1;
            let sent = minutes_after(at, draw.between(120, 240));
            let picture = left > 2 * u64::from(PICTURE_BYTES.1) && draw.percent(40);
            let (kind, name, bytes) = if picture {
                let size = PICTURE_BYTES.0 + draw.below(PICTURE_BYTES.1 - PICTURE_BYTES.0);
                (extended::PICTURE, "image1.png", extended::noise(size, draw))
            } else {
                let usual = u64::from(100_000 + draw.below(300_000));
                // The last document takes what is left, so that the sum is exact.
                let size = if left < usual + DOCUMENT_BYTES_MIN {
                    left
                } else {
                    usual
                };
                let size = usize::try_from(size).expect("less than a megabyte");
                (
                    extended::SCAN,
                    "document.pdf",
                    extended::page(self.sender, at, size, draw),
                )
            };
            let folder = extended::folder(self.sender, kind, at, self.documents, sent, 1);
            self.folder.file(&folder, name, &bytes)?;
        }
    }

    pub(super) fn envelope(&mut self, at: DateTime, bed: Option<&'static str>) -> Envelope {
        self.messages += 1;
        let later = Span::new().milliseconds(self.draw.between(1_000, 59_000));
        Envelope {
            sent: at.saturating_add(later),
            sequence: self.messages,
            bed,
        }
    }

    /// Numbers orders so that no two of the hospital share one.
    pub(super) fn order_number(&self) -> u64 {
        u64::from(self.sender.person.number) * 100_000 + u64::from(self.orders)
    }

    pub(super) fn dated<'n>(
        &self,
        kind: &'n str,
        date: Date,
        order: u64,
        sent: DateTime,
        flag: u8,
    ) -> Name<'n>
    where
        'a: 'n,
    {
        let department = Some(self.sender.department.code);
        Name {
            date: Some(date),
            kind,
            order,
            sent,
            department,
            flag,
        }
    }

    pub(super) fn put_stay(
        &mut self,
        kind: &str,
        at: DateTime,
        envelope: &Envelope,
    ) -> Result<(), GenerateError> {
        self.put(&self.dated(kind, at.date(), NO_ORDER, envelope.sent, 1))
    }

    /// Encodes the message in `text` and writes it under its name, or spoils it first.
    pub(super) fn put(&mut self, name: &Name<'_>) -> Result<(), GenerateError> {
        let date = name
            .date
            .map_or_else(|| "-".to_owned(), |day| Day(day).to_string());
        let id = &self.sender.person.id;
        let Name {
            kind,
            order,
            sent,
            department,
            flag,
            ..
        } = name;
        let file = format!(
            "{id}_{date}_{kind}_{order:015}_{}_{}_{flag}",
            Stamp(*sent),
            department.unwrap_or("-")
        );
        let folder = format!("{date}/{kind}");
        let mut draft = Draft {
            folder,
            name: file,
            bytes: encode(&self.text),
        };
        if self.spoiler.rate(self.profile.defects) {
            spoil(&mut draft, &self.text, id, encode, &mut self.spoiler);
            self.folder.made_so_far.defects += 1;
        }
        self.folder.file(&draft.folder, &draft.name, &draft.bytes)
    }
}

/// Names a file of a kind without date, order and department.
pub(super) fn undated(kind: &str, sent: DateTime, flag: u8) -> Name<'_> {
    Name {
        date: None,
        kind,
        order: NO_ORDER,
        sent,
        department: None,
        flag,
    }
}

/// The order number of kinds that have none.
const NO_ORDER: u64 = 999_999_999_999_999;
/// Less than this is left over rather than filled.
const DOCUMENT_BYTES_MIN: u64 = 2_000;
const PICTURE_BYTES: (u32, u32) = (200_000, 600_000);
