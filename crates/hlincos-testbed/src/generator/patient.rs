//! Writes one patient: from the chart to files with their names, flags and old versions.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::calendar::{Day, Stamp, days_after, minutes_after};
use super::characters::encode;
use super::clinic::allergy::Allergies;
use super::clinic::{Act, Chart, Event, draw_chart};
use super::defect::{Draft, spoil};
use super::draw::{Draw, Purpose};
use super::extended;
use super::message::{
    Control, Envelope, Order, Sender, basic, laboratory, order, prescription, problem, stay,
};
use super::population::Person;
use super::profile::{GenerateError, Generated, Profile};
use super::tree::{PatientFolder, Tree};

/// Writes everything of one patient and counts it.
pub(crate) fn write_patient(
    profile: &Profile,
    number: u32,
    tree: &dyn Tree,
) -> Result<Generated, GenerateError> {
    let mut draw = Draw::open(profile.seed, number, Purpose::Life);
    let person = Person::draw(number, profile.base_date, &mut draw);
    let chart = draw_chart(
        &person,
        profile.files_per_patient,
        profile.base_date,
        &mut draw,
    );
    let sender = Sender {
        person: &person,
        doctor: chart.doctor,
        department: chart.department,
        facility: &profile.facility,
    };
    let mut writer = Writer {
        profile,
        sender: &sender,
        chart: &chart,
        folder: PatientFolder::open(tree, &profile.facility, &person.id)?,
        draw,
        spoiler: Draw::open(profile.seed, number, Purpose::Defects),
        text: String::with_capacity(8_192),
        messages: 0,
        orders: 0,
        documents: 0,
    };
    writer.basics()?;
    for event in &chart.events {
        writer.event(event)?;
    }
    let mut documents = Draw::open(profile.seed, number, Purpose::Documents);
    writer.fill_up(&mut documents)?;
    Ok(writer.folder.made_so_far)
}

/// What a file name says besides the patient.
struct Name<'a> {
    date: Option<Date>,
    kind: &'a str,
    order: u64,
    sent: DateTime,
    department: Option<&'a str>,
    flag: u8,
}

struct Writer<'a> {
    profile: &'a Profile,
    sender: &'a Sender<'a>,
    chart: &'a Chart,
    folder: PatientFolder<'a>,
    draw: Draw,
    spoiler: Draw,
    text: String,
    messages: u32,
    orders: u32,
    documents: u32,
}

impl<'a> Writer<'a> {
    /// Writes ADT-00, ADT-61 and PPR-01 with their old versions.
    fn basics(&mut self) -> Result<(), GenerateError> {
        self.identities()?;
        self.allergies()?;
        self.problems()
    }

    /// Writes ADT-00; who has moved had another address in the older versions.
    fn identities(&mut self) -> Result<(), GenerateError> {
        let old = self.draw.below(4);
        for version in 0..=old {
            let current = version == old;
            let back = (old - version).cast_signed() * 310 + self.draw.between(20, 200);
            let day = days_after(self.profile.base_date, -back);
            let envelope = self.envelope(day.at(10, 15, 0, 0), None);
            basic::patient(
                &mut self.text,
                self.sender,
                &envelope,
                &self.chart.allergies,
            );
            self.put(&undated(
                "ADT-00",
                envelope.sent,
                if current { 1 } else { 2 },
            ))?;
        }
        Ok(())
    }

    fn allergies(&mut self) -> Result<(), GenerateError> {
        let list = self.chart.allergies.list();
        if matches!(self.chart.allergies, Allergies::NotAsked) {
            return Ok(());
        }
        let first = days_after(self.profile.base_date, -self.draw.between(400, 1_500));
        let versions = if list.len() > 1 && self.draw.percent(60) {
            2
        } else {
            1
        };
        for version in 1..=versions {
            let current = version == versions;
            let known = if current {
                list
            } else {
                &list[..list.len() - 1]
            };
            let day = days_after(first, version * 90);
            let envelope = self.envelope(day.at(10, 25, 0, 0), None);
            basic::allergies(&mut self.text, self.sender, &envelope, known);
            self.put(&undated(
                "ADT-61",
                envelope.sent,
                if current { 1 } else { 2 },
            ))?;
        }
        Ok(())
    }

    /// Writes PPR-01: one file with all problems now, and as it was when each of the last ones came.
    fn problems(&mut self) -> Result<(), GenerateError> {
        let list = &self.chart.problems;
        let mut known_on: Vec<Date> = list.iter().rev().take(4).map(|p| p.since).collect();
        known_on.reverse();
        known_on.dedup();
        let last = known_on.len() - 1;
        for (index, &day) in known_on.iter().enumerate() {
            let current = index == last;
            let as_of = if current { self.profile.base_date } else { day };
            let envelope = self.envelope(day.at(11, 40, 0, 0), None);
            problem::problems(&mut self.text, self.sender, &envelope, list, as_of);
            self.put(&undated(
                "PPR-01",
                envelope.sent,
                if current { 1 } else { 2 },
            ))?;
        }
        Ok(())
    }

    /// Writes what an event leaves.
    fn event(&mut self, event: &'a Event) -> Result<(), GenerateError> {
        let Event { at, bed, act } = event;
        let (at, bed, sender, chart) = (*at, *bed, self.sender, self.chart);
        match act {
            Act::Reception => {
                let envelope = self.envelope(at, bed);
                stay::reception(&mut self.text, sender, &envelope, at);
                self.put_stay("ADT-12", at, &envelope)
            }
            Act::Admission => {
                let envelope = self.envelope(at, bed);
                stay::admission(&mut self.text, sender, &envelope, at);
                self.put_stay("ADT-22", at, &envelope)
            }
            Act::Discharge { admitted } => {
                let envelope = self.envelope(at, bed);
                stay::discharge(&mut self.text, sender, &envelope, *admitted, at);
                self.put_stay("ADT-52", at, &envelope)
            }
            Act::Meal { diet } => self.order("OMD", at, bed, false, |text, envelope, order| {
                order::meal(text, sender, envelope, order, *diet);
            }),
            Act::Prescription { medicines, days } => {
                self.order("OMP-01", at, bed, true, |text, envelope, order| {
                    let allergies = &chart.allergies;
                    prescription::prescription(
                        text, sender, envelope, order, allergies, medicines, *days,
                    );
                })
            }
            Act::Imaging { study } => {
                self.order("OMG-01", at, bed, true, |text, envelope, order| {
                    order::imaging(text, sender, envelope, order, study);
                })
            }
            Act::Laboratory { findings } => {
                self.order("OML-01", at, bed, false, |text, envelope, order| {
                    laboratory::requested(text, sender, envelope, order, findings);
                })?;
                let order = Order {
                    number: self.order_number(),
                    entered: at,
                    control: Control::New,
                };
                let taken = minutes_after(at, 12);
                let envelope = self.envelope(minutes_after(at, 74), bed);
                laboratory::found(&mut self.text, sender, &envelope, &order, findings, taken);
                self.put(&self.dated("OML-11", taken.date(), order.number, envelope.sent, 1))
            }
            Act::Note { summary } => self.note(at, *summary),
            Act::Nothing => self.folder.folder(&format!("{}/OMG-01", Day(at.date()))),
        }
    }

    /// Writes an order, as it is now and as it was: 6 in 100 were changed, and 3 in 100 of those that
    /// may be withdrawn were.
    fn order(
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
    fn note(&mut self, at: DateTime, summary: bool) -> Result<(), GenerateError> {
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
    fn fill_up(&mut self, draw: &mut Draw) -> Result<(), GenerateError> {
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

    fn envelope(&mut self, at: DateTime, bed: Option<&'static str>) -> Envelope {
        self.messages += 1;
        let later = Span::new().milliseconds(self.draw.between(1_000, 59_000));
        Envelope {
            sent: at.saturating_add(later),
            sequence: self.messages,
            bed,
        }
    }

    /// Numbers orders so that no two of the hospital share one.
    fn order_number(&self) -> u64 {
        u64::from(self.sender.person.number) * 100_000 + u64::from(self.orders)
    }

    fn dated<'n>(&self, kind: &'n str, date: Date, order: u64, sent: DateTime, flag: u8) -> Name<'n>
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

    fn put_stay(
        &mut self,
        kind: &str,
        at: DateTime,
        envelope: &Envelope,
    ) -> Result<(), GenerateError> {
        self.put(&self.dated(kind, at.date(), NO_ORDER, envelope.sent, 1))
    }

    /// Encodes the message in `text` and writes it under its name, or spoils it first.
    fn put(&mut self, name: &Name<'_>) -> Result<(), GenerateError> {
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

fn undated(kind: &str, sent: DateTime, flag: u8) -> Name<'_> {
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
