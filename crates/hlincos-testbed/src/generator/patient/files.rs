//! Messages of one patient as files: names, flags, old versions.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::Writer;
use crate::generator::calendar::{Day, Stamp, minutes_after};
use crate::generator::characters::encode;
use crate::generator::defect::{Draft, spoil};
use crate::generator::message::{Control, Envelope, Order};
use crate::generator::profile::GenerateError;

/// What a file name says besides the patient.
pub(super) struct Name {
    date: Option<Date>,
    kind: &'static str,
    order: u64,
    sent: DateTime,
    department: Option<&'static str>,
    flag: u8,
    /// The message cancels another one; no part of the name.
    pub(super) cancels: bool,
}

impl Writer<'_> {
    /// Writes an order, as it is now and as it was: 6 in 100 were changed, and 3 in 100 of those that
    /// may be withdrawn were.
    pub(super) fn order(
        &mut self,
        kind: &'static str,
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
            let order = Order {
                number,
                entered: at,
                control,
            };
            compose(&mut self.text, &envelope, &order);
            self.put(&self.dated(kind, at.date(), number, envelope.sent, flag))?;
            sent = minutes_after(sent, 16);
        }
        Ok(())
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

    pub(super) fn dated(
        &self,
        kind: &'static str,
        date: Date,
        order: u64,
        sent: DateTime,
        flag: u8,
    ) -> Name {
        Name {
            date: Some(date),
            kind,
            order,
            sent,
            department: Some(self.sender.department.code),
            flag,
            cancels: false,
        }
    }

    /// Names a file of a day without an order.
    pub(super) fn unnumbered(
        &self,
        kind: &'static str,
        at: DateTime,
        sent: DateTime,
        flag: u8,
    ) -> Name {
        self.dated(kind, at.date(), NO_ORDER, sent, flag)
    }

    /// Encodes the message in `text` and writes it under its name, or spoils it first.
    pub(super) fn put(&mut self, name: &Name) -> Result<(), GenerateError> {
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
        let mut draft = Draft {
            folder: format!("{date}/{kind}"),
            name: file,
            bytes: encode(&self.text),
        };
        let mut broken = None;
        if self.spoiler.rate(self.profile.defects) {
            broken = Some(spoil(&mut draft, &self.text, id, &mut self.spoiler));
        }
        let Draft {
            folder,
            name: file,
            bytes,
        } = draft;
        let path = self.folder.file(folder.as_bytes(), &file, &bytes)?;
        let label = if name.cancels {
            cancel_label(kind)
        } else {
            kind
        };
        self.counted.file(label, *flag, bytes.len());
        if let Some(defect) = broken {
            self.count_defect(path, defect);
        }
        Ok(())
    }
}

/// Names a file of a kind without date, order and department.
pub(super) fn undated(kind: &'static str, sent: DateTime, flag: u8) -> Name {
    Name {
        date: None,
        kind,
        order: NO_ORDER,
        sent,
        department: None,
        flag,
        cancels: false,
    }
}

/// What messages that cancel one of a kind are counted as.
fn cancel_label(kind: &str) -> &'static str {
    match kind {
        "ADT-00" => "ADT-00 cancel",
        "ADT-01" => "ADT-01 cancel",
        "ADT-21" => "ADT-21 cancel",
        "ADT-22" => "ADT-22 cancel",
        "ADT-31" => "ADT-31 cancel",
        "ADT-32" => "ADT-32 cancel",
        "ADT-41" => "ADT-41 cancel",
        "ADT-42" => "ADT-42 cancel",
        "ADT-51" => "ADT-51 cancel",
        _ => "ADT-52 cancel",
    }
}

/// The order number of kinds that have none.
const NO_ORDER: u64 = 999_999_999_999_999;
