//! Writes one patient: from the chart to the messages and documents it leaves.

mod basics;
mod documents;
mod files;

use super::calendar::{Day, minutes_after};
use super::clinic::{Act, Chart, Event, draw_chart};
use super::distribution::Distribution;
use super::draw::{Draw, Purpose};
use super::habit::Habit;
use super::message::stay::Move;
use super::message::{
    Control, Order, Sender, administration, laboratory, order, prescription, stay,
};
use super::population::{Person, patient_id};
use super::profile::{GenerateError, Profile};
use super::run::{Made, Note};
use super::tree::{PatientFolder, Tree};
use super::{clinic::staff::Modality, spread};

/// Writes everything of one patient of one facility and counts it.
pub(crate) fn write_patient(
    profile: &Profile,
    facility: u32,
    number: u32,
    tree: &dyn Tree,
    counted: &mut Distribution,
) -> Result<Made, GenerateError> {
    let habit = Habit::of(profile.shape);
    let seed = profile.seed;
    let mut draw = Draw::open(seed, facility, number, Purpose::Life);
    let id = patient_id(facility, number, &mut draw);
    let shared = facility > 0 && draw.percent(SHARED_PERCENT);
    let home = if shared { 0 } else { facility };
    let mut nature = Draw::open(seed, home, number, Purpose::Nature);
    let facility_id = profile.facility_id(facility);
    let person = Person::draw(number, id, profile.base_date, &mut nature);
    let files = files_wanted(profile, habit, &mut draw);
    let chart = draw_chart(
        &person,
        habit,
        files,
        profile.base_date,
        &mut nature,
        &mut draw,
    );
    let sender = Sender {
        person: &person,
        doctor: chart.doctor,
        department: chart.department,
        facility: &facility_id,
    };
    let folder = PatientFolder::open(tree, &facility_id, &person.id)?;
    let mut writer = Writer {
        profile,
        habit,
        sender: &sender,
        chart: &chart,
        folder,
        counted,
        notes: Vec::new(),
        draw,
        documents_draw: Draw::open(seed, facility, number, Purpose::Documents),
        spoiler: Draw::open(seed, facility, number, Purpose::Defects),
        text: String::with_capacity(8_192),
        messages: 0,
        orders: 0,
        documents: 0,
    };
    if shared {
        writer.is_also_known_as(number);
    }
    writer.basics()?;
    for event in &chart.events {
        writer.event(event)?;
    }
    writer.fill_up()?;
    Ok(writer.finish())
}

/// Draws how many files a patient leaves: a few have much more than most.
fn files_wanted(profile: &Profile, habit: &Habit, draw: &mut Draw) -> u32 {
    let mean = u64::from(profile.files_per_patient);
    let files = if habit.heavy_tail {
        mean * u64::from(spread::draw_permille(draw)) / 1_000
    } else {
        mean * u64::from(*draw.pick(&SPREAD_PERCENT)) / 100
    };
    u32::try_from(files).expect("5,000 files times 71 at most")
}

struct Writer<'a> {
    profile: &'a Profile,
    habit: &'static Habit,
    sender: &'a Sender<'a>,
    chart: &'a Chart,
    folder: PatientFolder<'a>,
    counted: &'a mut Distribution,
    notes: Vec<Note>,
    draw: Draw,
    documents_draw: Draw,
    spoiler: Draw,
    text: String,
    messages: u32,
    orders: u32,
    documents: u32,
}

impl<'a> Writer<'a> {
    fn is_also_known_as(&mut self, number: u32) {
        let mut first = Draw::open(self.profile.seed, 0, number, Purpose::Life);
        self.counted.shared_patients += 1;
        self.notes.push(Note::SamePerson {
            facility: self.sender.facility.to_owned(),
            patient: self.sender.person.id.clone(),
            known_as: patient_id(0, number, &mut first),
        });
    }

    fn finish(self) -> Made {
        let totals = self.folder.made_so_far;
        self.counted.files_per_patient.add(totals.files);
        self.counted.bytes_per_patient.add(totals.bytes);
        Made {
            totals,
            notes: self.notes,
        }
    }

    /// Writes what an event leaves.
    fn event(&mut self, event: &'a Event) -> Result<(), GenerateError> {
        let Event { at, bed, act } = event;
        let (at, bed, sender, chart) = (*at, *bed, self.sender, self.chart);
        match act {
            Act::Move { act, cancelled } => self.movement(act, bed, *cancelled),
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
            Act::Imaging { done: false, .. } => self.examination(event),
            Act::Imaging { .. } => {
                self.examination(event)?;
                self.examined(event)
            }
            Act::Injection { injection, starts } => {
                self.order("OMP-02", at, bed, false, |text, envelope, order| {
                    administration::injection(text, sender, envelope, order, injection, *starts);
                })?;
                let order = self.same_order(at);
                let envelope = self.envelope(minutes_after(*starts, injection.minutes + 2), bed);
                administration::injected(
                    &mut self.text,
                    sender,
                    &envelope,
                    &order,
                    injection,
                    *starts,
                );
                self.put(&self.dated("OMP-12", starts.date(), order.number, envelope.sent, 1))
            }
            Act::Taken { medicines } => {
                self.orders += 1;
                let order = self.same_order(minutes_after(at, -70));
                let envelope = self.envelope(minutes_after(at, 8), bed);
                administration::taken(&mut self.text, sender, &envelope, &order, medicines, at);
                self.put(&self.dated("OMP-11", at.date(), order.number, envelope.sent, 1))
            }
            Act::Laboratory { findings } => {
                self.order("OML-01", at, bed, false, |text, envelope, order| {
                    laboratory::requested(text, sender, envelope, order, findings);
                })?;
                let order = self.same_order(at);
                let taken = minutes_after(at, 12);
                let envelope = self.envelope(minutes_after(at, 74), bed);
                laboratory::found(&mut self.text, sender, &envelope, &order, findings, taken);
                self.put(&self.dated("OML-11", taken.date(), order.number, envelope.sent, 1))
            }
            Act::Note { summary } => self.note(at, *summary),
            Act::Scan => self.scan(at),
            Act::Photo => self.photo(at),
            Act::Slices { count } => self.slices(at, *count),
            Act::Nothing => self
                .folder
                .folder(format!("{}/OMG-01", Day(at.date())).as_bytes()),
        }
    }

    /// Writes a movement; plans are sent days before, and what was cancelled leaves a tombstone.
    fn movement(
        &mut self,
        act: &Move,
        bed: Option<&'static str>,
        cancelled: bool,
    ) -> Result<(), GenerateError> {
        let planned = matches!(
            act.movement,
            stay::Movement::AdmissionPlanned
                | stay::Movement::TransferPlanned
                | stay::Movement::DischargePlanned
        );
        let before = if planned {
            -self.draw.between(900, 4_000)
        } else {
            0
        };
        let mut sent = minutes_after(act.at, before);
        for cancels in [false, true].into_iter().take(1 + usize::from(cancelled)) {
            let envelope = self.envelope(sent, bed);
            stay::movement(&mut self.text, self.sender, &envelope, act, cancels);
            let flag = u8::from(!cancelled);
            let mut name = self.unnumbered(act.movement.kind(), act.at, envelope.sent, flag);
            name.cancels = cancels;
            self.put(&name)?;
            sent = minutes_after(sent, 47);
        }
        Ok(())
    }

    fn examination(&mut self, event: &'a Event) -> Result<(), GenerateError> {
        let (sender, Act::Imaging { study, .. }) = (self.sender, &event.act) else {
            return Ok(());
        };
        let kind = study.modality.kinds().0;
        let may_withdraw = !matches!(event.act, Act::Imaging { done: true, .. });
        self.order(
            kind,
            event.at,
            event.bed,
            may_withdraw,
            |text, envelope, order| {
                order::imaging(text, sender, envelope, order, study);
            },
        )
    }

    fn examined(&mut self, event: &'a Event) -> Result<(), GenerateError> {
        let Act::Imaging { study, reading, .. } = &event.act else {
            return Ok(());
        };
        let order = self.same_order(event.at);
        let at = minutes_after(event.at, 26);
        let envelope = self.envelope(minutes_after(at, 22), event.bed);
        let (text, sender) = (&mut self.text, self.sender);
        if study.modality == Modality::Physiology {
            order::measured(text, sender, &envelope, &order, study, reading, at);
        } else {
            order::imaged(text, sender, &envelope, &order, study, at);
        }
        let kind = study.modality.kinds().1;
        self.put(&self.dated(kind, at.date(), order.number, envelope.sent, 1))
    }

    /// The order that was written last.
    fn same_order(&self, entered: jiff::civil::DateTime) -> Order {
        Order {
            number: self.order_number(),
            entered,
            control: Control::New,
        }
    }
}

/// Twenty equally frequent shares of the mean, log-normal with sigma 0.8; their mean is 100.
const SPREAD_PERCENT: [u32; 20] = [
    16, 24, 30, 35, 41, 46, 52, 58, 64, 71, 78, 87, 96, 107, 120, 136, 158, 187, 236, 358,
];
/// Patients of a later facility whom the first one knows too.
const SHARED_PERCENT: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::profile::Shape;
    use crate::generator::tree::Tally;

    /// Any patient by number, without those before.
    #[test]
    fn patient_999_999_of_a_million_is_made_alone_and_under_an_id_of_its_own() {
        let mut ids = std::collections::HashSet::new();
        for number in [0, 499_999, 999_999, Profile::PATIENTS_MAX - 1] {
            let profile = Profile {
                patients: Profile::PATIENTS_MAX,
                facilities: 2,
                ..Profile::of(Shape::Small)
            };
            for facility in [0, 1] {
                let mut counted = Distribution::default();
                let tree = Tally::default();
                let made = write_patient(&profile, facility, number, &tree, &mut counted).unwrap();
                assert_eq!(made.totals.patients, 1);
                assert!(made.totals.files > 4);
                let mut draw = Draw::open(profile.seed, facility, number, Purpose::Life);
                assert!(ids.insert((facility, patient_id(facility, number, &mut draw))));
            }
        }
    }

    #[test]
    fn ids_are_ten_digits_distinct_and_mostly_in_the_hot_directory() {
        let mut ids = std::collections::HashSet::new();
        let mut hot = 0;
        for number in 0..20_000 {
            let mut draw = Draw::open(1, 3, number, Purpose::Life);
            let id = patient_id(3, number, &mut draw);
            assert!(id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_digit()));
            hot += u32::from(id.starts_with("000"));
            assert!(ids.insert(id));
        }
        assert!((19_000..20_000).contains(&hot), "{hot}");
    }
}
