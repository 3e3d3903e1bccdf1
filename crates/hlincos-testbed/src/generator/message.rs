//! HL7 v2.5 messages as SS-MIX2 has them: text that the caller encodes.

pub(crate) mod administration;
pub(crate) mod basic;
pub(crate) mod laboratory;
pub(crate) mod order;
pub(crate) mod prescription;
pub(crate) mod problem;
pub(crate) mod stay;

use std::fmt::{Display, Write};

use jiff::civil::DateTime;

use super::calendar::{Day, Second, days_after};
use super::clinic::staff::{Department, Doctor, HOSPITAL, HOSPITAL_ADDRESS, HOSPITAL_PHONE};
use super::population::{Home, Insurance, Name, Person, Sex};

/// One segment, written field by field in ascending order.
pub(crate) struct Segment<'a> {
    text: &'a mut String,
    last: usize,
}

impl<'a> Segment<'a> {
    /// Opens a segment.
    pub(crate) fn open(text: &'a mut String, name: &str) -> Self {
        text.push_str(name);
        Self { text, last: 0 }
    }

    /// Writes field `index`, counted as HL7 does.
    ///
    /// # Panics
    /// If the field stands before one already written.
    pub(crate) fn field(mut self, index: usize, value: impl Display) -> Self {
        assert!(index > self.last, "fields are written in ascending order");
        for _ in self.last..index {
            self.text.push('|');
        }
        self.last = index;
        write!(self.text, "{value}").expect("writing to a String cannot fail");
        self
    }

    /// Ends it with CR, the last one of a message as well.
    pub(crate) fn close(self) {
        self.text.push('\r');
    }
}

/// What every message of a patient needs.
pub(crate) struct Sender<'a> {
    pub(crate) person: &'a Person,
    pub(crate) doctor: &'a Doctor,
    pub(crate) department: &'a Department,
    /// The facility ID that the documents name.
    pub(crate) facility: &'a str,
}

/// One message: when it is sent and its number in the patient's stream.
#[derive(Clone, Copy)]
pub(crate) struct Envelope {
    pub(crate) sent: DateTime,
    pub(crate) sequence: u32,
    /// The bed of a stay, as PL; `None` for outpatients.
    pub(crate) bed: Option<&'static str>,
}

/// What an order's ORC says.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    pub(crate) number: u64,
    /// When it was entered; its day is the care date.
    pub(crate) entered: DateTime,
    pub(crate) control: Control,
}

/// ORC-1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    New,
    Changed,
    Cancelled,
}

impl Display for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New => "NW",
            Self::Changed => "XO",
            Self::Cancelled => "CA",
        })
    }
}

impl Sender<'_> {
    /// Starts a message: MSH, and EVN for the messages that have one.
    pub(crate) fn start(&self, text: &mut String, kind: &str, envelope: &Envelope) {
        self.start_event(text, kind, envelope, None);
    }

    /// Starts a message; EVN-6 tells when it happened.
    pub(crate) fn start_event(
        &self,
        text: &mut String,
        kind: &str,
        envelope: &Envelope,
        happened: Option<DateTime>,
    ) {
        text.clear();
        let Envelope { sent, sequence, .. } = *envelope;
        let control = format_args!(
            "{}{:07}{:05}",
            Day(sent.date()),
            self.person.number,
            sequence % 100_000
        )
        .to_string();
        write!(
            text,
            "MSH|^~\\&|HIS123|SEND|GW|RCV|{}.{:03}||{kind}|{control}|P|2.5||||||~ISO IR87||ISO 2022-1994|\
             SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO\r",
            Second(sent),
            sent.millisecond(),
        )
        .expect("writing to a String cannot fail");
        if kind.starts_with("ADT") {
            let mut event = Segment::open(text, "EVN").field(2, Second(sent));
            if let Some(happened) = happened {
                event = event.field(6, Second(happened));
            }
            event.field(7, "SEND001").close();
        }
    }

    /// Writes PID with the address of the day.
    pub(crate) fn pid(&self, text: &mut String, envelope: &Envelope) {
        let person = self.person;
        let (home, known) = person.home(envelope.sent.date());
        let sex = if person.sex == Sex::Female { "F" } else { "M" };
        Segment::open(text, "PID")
            .field(1, "0001")
            .field(3, format_args!("{}^^^^PI", person.id))
            .field(5, xpn(person.family, person.given))
            .field(7, Day(person.born))
            .field(8, sex)
            .field(11, xad(home))
            .field(13, xtn(&person.phone))
            .field(33, format_args!("{}121551", Day(known)))
            .close();
    }

    /// Opens PV1 with class, place, doctor and department; the caller adds times and closes it.
    pub(crate) fn visit<'t>(&self, text: &'t mut String, envelope: &Envelope) -> Segment<'t> {
        self.place(text, envelope)
            .field(7, self.doctor())
            .field(10, self.department.code)
    }

    /// Opens PV1 of one who came from another bed.
    pub(crate) fn transferred<'t>(
        &self,
        text: &'t mut String,
        envelope: &Envelope,
        from: &str,
    ) -> Segment<'t> {
        self.place(text, envelope)
            .field(6, from)
            .field(7, self.doctor())
            .field(10, self.department.code)
    }

    fn place<'t>(&self, text: &'t mut String, envelope: &Envelope) -> Segment<'t> {
        let segment = Segment::open(text, "PV1").field(1, "0001");
        match envelope.bed {
            Some(bed) => segment.field(2, "I").field(3, bed),
            None => segment
                .field(2, "O")
                .field(3, format_args!("{}^^^^^C", self.department.code)),
        }
    }

    /// Opens ORC with the order, who entered it and for which department.
    pub(crate) fn order(&self, text: &mut String, order: &Order, group: &str, envelope: &Envelope) {
        let mut segment = Segment::open(text, "ORC")
            .field(1, order.control)
            .field(2, format_args!("{:015}", order.number));
        if !group.is_empty() {
            segment = segment.field(4, group);
        }
        let class = if envelope.bed.is_some() {
            "I^入院患者オーダ^HL70482"
        } else {
            "O^外来患者オーダ^HL70482"
        };
        segment
            .field(9, Second(order.entered))
            .field(10, "058^入力者^花子^^^^^^^L^^^^^I")
            .field(12, self.doctor())
            .field(13, format_args!("{}^^^^^C", self.department.code))
            .field(17, self.department())
            .field(18, "VMDOCX01^^99XY2")
            .field(21, HOSPITAL)
            .field(22, HOSPITAL_ADDRESS)
            .field(23, HOSPITAL_PHONE)
            .field(29, class)
            .close();
    }

    /// The department, as CWE.
    pub(crate) fn department(&self) -> String {
        format!("{}^{}^99XY1", self.department.code, self.department.name)
    }

    /// The doctor, as XCN.
    pub(crate) fn doctor(&self) -> String {
        let Doctor { id, family, given } = self.doctor;
        format!("{id}^{family}^{given}^^^^^^^L^^^^^I")
    }
}

/// A name, as XPN in kanji and in kana.
fn xpn(family: Name, given: Name) -> String {
    format!(
        "{}^{}^^^^^L^I~{}^{}^^^^^L^P",
        family.kanji, given.kanji, family.kana, given.kana
    )
}

fn xad(home: &Home) -> String {
    format!("^^^^{}^JPN^H^{}", home.postcode, home.address)
}

fn xtn(phone: &str) -> String {
    format!("^PRN^PH^^^^^^^^^{phone}")
}

/// Writes IN1, with the time it is valid for where that belongs.
fn insurance(text: &mut String, person: &Person, with_validity: bool) {
    let Insurance {
        kind,
        insurer,
        card,
        from,
    } = &person.insurance;
    let mut segment = Segment::open(text, "IN1")
        .field(1, 1)
        .field(2, format_args!("{}^{}^JHSD0001", kind.0, kind.1))
        .field(3, insurer)
        .field(11, card);
    if with_validity {
        segment = segment
            .field(12, Day(*from))
            .field(13, Day(days_after(*from, 364)));
    }
    segment.field(17, "SEL^本人^HL70063").close();
}
