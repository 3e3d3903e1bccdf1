//! Writes one patient: from the chart to the messages and documents it leaves.

mod files;

use jiff::civil::Date;

use super::calendar::{Day, days_after, minutes_after};
use super::clinic::allergy::Allergies;
use super::clinic::{Act, Chart, Event, draw_chart};
use super::draw::{Draw, Purpose};
use super::message::{
    Control, Order, Sender, basic, laboratory, order, prescription, problem, stay,
};
use super::population::Person;
use super::profile::{GenerateError, Generated, Profile};
use super::tree::{PatientFolder, Tree};
use files::undated;

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
}
