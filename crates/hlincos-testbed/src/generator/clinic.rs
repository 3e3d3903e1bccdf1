//! What happens to the patients: problems, medicines, visits and stays, told backwards from the
//! last day of the store until the wanted number of files is reached.

pub(crate) mod allergy;
pub(crate) mod drug;
pub(crate) mod illness;
pub(crate) mod injection;
pub(crate) mod laboratory;
pub(crate) mod regimen;
pub(crate) mod staff;

use jiff::civil::{Date, DateTime};

use super::calendar::{days_after, days_between, minutes_after, working_day};
use super::draw::Draw;
use super::habit::{Documents, Habit};
use super::message::order::Reading;
use super::message::stay::{Move, Movement};
use super::population::Person;
use allergy::{Allergies, Family};
use illness::{Illness, Problem};
use injection::Injection;
use laboratory::{Baseline, Finding};
use regimen::Medicine;
use staff::{Department, Doctor, Study};

/// The life of a patient at the hospital.
pub(crate) struct Chart {
    pub(crate) department: &'static Department,
    pub(crate) doctor: &'static Doctor,
    pub(crate) allergies: Allergies,
    /// Oldest first.
    pub(crate) problems: Vec<Problem>,
    /// Oldest first.
    pub(crate) events: Vec<Event>,
}

/// Something that leaves one file or a few.
pub(crate) struct Event {
    pub(crate) at: DateTime,
    /// The bed, as PL, during a stay.
    pub(crate) bed: Option<&'static str>,
    pub(crate) act: Act,
}

/// What it was.
pub(crate) enum Act {
    Move {
        act: Move,
        /// It was cancelled later.
        cancelled: bool,
    },
    Meal {
        diet: (&'static str, &'static str),
    },
    Prescription {
        medicines: Vec<Medicine>,
        days: u32,
    },
    Laboratory {
        findings: Vec<Finding>,
    },
    /// Ordered and, where the hospital keeps that, done.
    Imaging {
        study: &'static Study,
        reading: Reading,
        done: bool,
    },
    Injection {
        injection: &'static Injection,
        starts: DateTime,
    },
    Taken {
        medicines: Vec<Medicine>,
    },
    Note {
        summary: bool,
    },
    /// Scanned paper.
    Scan,
    Photo,
    /// Slices of a study.
    Slices {
        count: u32,
    },
    /// A folder that was made and never used.
    Nothing,
}

/// Draws a chart with about `files` files in all: the person's nature from one stream, the course at
/// this hospital from another.
pub(crate) fn draw_chart(
    person: &Person,
    habit: &'static Habit,
    files: u32,
    today: Date,
    nature: &mut Draw,
    draw: &mut Draw,
) -> Chart {
    let problems = illness::draw_problems(person, today, nature);
    let allergies = allergy::draw_allergies(person, &problems, today, nature);
    let regimen = regimen::draw_regimen(&problems, &allergies, person.age(today), nature);
    let baseline = Baseline::draw(nature);
    let chart = Chart {
        department: staff::draw_department(draw),
        doctor: staff::draw_doctor(draw),
        allergies,
        problems,
        events: Vec::new(),
    };
    let mut course = Course {
        person,
        habit,
        regimen,
        baseline,
        chart,
        draw,
        interval_days: 28,
    };
    course.tell(files, today);
    course.scan_once();
    let mut chart = course.chart;
    chart.events.sort_by_key(|event| event.at);
    chart.problems.sort_by_key(|problem| problem.since);
    chart
}

/// A chart on the way, with what is needed to go on.
struct Course<'a> {
    person: &'a Person,
    habit: &'static Habit,
    regimen: Vec<Medicine>,
    baseline: Baseline,
    chart: Chart,
    draw: &'a mut Draw,
    interval_days: i32,
}

impl Course<'_> {
    /// Goes back from visit to visit.
    fn tell(&mut self, files: u32, today: Date) {
        let [identities, allergies, problems] = self.habit.old_versions;
        let basic = i64::from((identities + allergies + problems) / 2 + 2);
        let mut left = i64::from(files) * 100 / OLD_VERSIONS_PERCENT - basic;
        let floor = days_after(today, -LOOK_BACK_DAYS).max(days_after(self.person.born, 60));
        let room = i64::from(days_between(floor, today));
        let fitting = room / (left / FILES_PER_VISIT).max(1);
        let usual = *self.draw.pick(&[28, 28, 42, 56, 56, 84]);
        self.interval_days = usual.min(i32::try_from(fitting).unwrap_or(usual)).max(1);
        let mut day = working_day(days_after(today, -self.draw.between(1, 40)));
        while left > 0 && day > floor {
            let [old, young] = self.habit.stay_percent;
            let stay_percent = if self.person.age(day) > 60 {
                old
            } else {
                young
            };
            let before = self.chart.events.len();
            if left > 20 && self.draw.percent(stay_percent) {
                day = self.stay(day);
            } else {
                self.visit(day);
            }
            left -= self.chart.events[before..]
                .iter()
                .map(|event| files_of(&event.act, self.habit))
                .sum::<i64>();
            let jitter = self.interval_days / 4;
            let step = self.interval_days + self.draw.between(-jitter, jitter);
            day = working_day(days_after(day, -step.max(1)));
        }
    }

    /// Tells one day at the outpatient department.
    fn visit(&mut self, day: Date) {
        let habit = self.habit;
        let start = minutes_after(day.at(8, 30, 0, 0), self.draw.between(0, 330));
        self.go(Movement::Reception, start, None);
        let acute = self.draw.percent(6);
        if acute {
            self.fall_ill(Illness::Bronchitis, day, 10);
        }
        if acute || self.draw.percent(habit.laboratory_percent) {
            let findings = self.findings(day);
            self.push(minutes_after(start, 6), None, Act::Laboratory { findings });
        }
        if self.draw.percent(habit.imaging_percent) {
            self.image(minutes_after(start, 35), None);
        }
        if acute || self.draw.percent(habit.prescription_percent) {
            self.prescribe(minutes_after(start, 96), None, acute);
        }
        if self.draw.percent(habit.note_percent) {
            let note = Act::Note { summary: false };
            self.push(minutes_after(start, 104), None, note);
        }
        if habit.documents == Documents::None {
            return;
        }
        if self.draw.percent(habit.scan_percent) {
            self.push(minutes_after(start, 106), None, Act::Scan);
        }
        if self.draw.percent(habit.photo_percent) {
            self.push(minutes_after(start, 108), None, Act::Photo);
        }
        if self.draw.percent(2) {
            self.push(minutes_after(start, 110), None, Act::Nothing);
        }
    }

    /// Tells a stay that ends on a day; returns the day it began.
    fn stay(&mut self, last: Date) -> Date {
        let length = self.draw.between(4, 12);
        let first = days_after(last, -length);
        let bed = Some(*self.draw.pick(BEDS));
        let admitted = minutes_after(first.at(9, 40, 0, 0), self.draw.between(0, 200));
        self.fall_ill(Illness::Pneumonia, first, length + 14);
        self.go(Movement::Admission, admitted, bed);
        let diet = *self.draw.pick(staff::DIETS);
        self.push(minutes_after(admitted, 50), bed, Act::Meal { diet });
        self.image(minutes_after(admitted, 70), bed);
        self.prescribe(minutes_after(admitted, 110), bed, true);
        for offset in (0..length).step_by(3) {
            let day = days_after(first, offset);
            let findings = self.findings(day);
            let at = day.at(6, 30, 0, 0).max(minutes_after(admitted, 80));
            self.push(at, bed, Act::Laboratory { findings });
        }
        let leaves = last.at(10, 15, 0, 0);
        if self.habit.note_percent > 0 {
            self.push(minutes_after(leaves, -45), bed, Act::Note { summary: true });
        }
        if self.habit.every_kind {
            self.stay_in_full(first, length, bed);
        }
        self.leave(leaves, bed, admitted);
        first
    }

    /// Adds what happens daily and what is planned: meals, injections, medicines given, moves.
    fn stay_in_full(&mut self, first: Date, length: i32, bed: Option<&'static str>) {
        self.go(Movement::AdmissionPlanned, first.at(9, 30, 0, 0), None);
        let diet = *self.draw.pick(staff::DIETS);
        for offset in 1..length {
            let day = days_after(first, offset);
            self.push(day.at(7, 10, 0, 0), bed, Act::Meal { diet });
            for round in 0..2 + i8::from(self.draw.percent(90)) {
                let injection = injection::draw_injection(&self.chart.allergies, self.draw);
                let at = day.at(8 + round * 5, 5, 0, 0);
                let starts = minutes_after(at, 35);
                self.push(at, bed, Act::Injection { injection, starts });
            }
            let medicines = self.medicines(day, true);
            if !medicines.is_empty() {
                self.push(day.at(8, 25, 0, 0), bed, Act::Taken { medicines });
            }
        }
        let from = Some(*self.draw.pick(BEDS));
        let moved = days_after(first, 1 + length / 3).at(14, 0, 0, 0);
        for movement in [Movement::TransferPlanned, Movement::Transfer] {
            self.relocate(movement, moved, bed, from);
        }
        let out = days_after(first, length / 2).at(10, 0, 0, 0);
        if self.draw.percent(30) {
            self.go(Movement::LeaveOut, out, bed);
            self.go(Movement::LeaveBack, minutes_after(out, 420), bed);
        }
        let last = days_after(first, length).at(10, 15, 0, 0);
        self.go(Movement::DischargePlanned, last, bed);
        self.change_their_minds(first, length, bed);
    }

    /// Adds movements that were cancelled, each a day from the one that took place.
    fn change_their_minds(&mut self, first: Date, length: i32, bed: Option<&'static str>) {
        let admitted = days_after(first, -1).at(9, 30, 0, 0);
        let moved = days_after(first, 2 + length / 3).at(15, 0, 0, 0);
        let out = days_after(first, 1 + length / 2).at(9, 0, 0, 0);
        let last = days_after(first, length - 1).at(10, 15, 0, 0);
        let tries = [
            (Movement::AdmissionPlanned, admitted),
            (Movement::Admission, admitted),
            (Movement::TransferPlanned, moved),
            (Movement::Transfer, moved),
            (Movement::LeaveOut, out),
            (Movement::LeaveBack, minutes_after(out, 360)),
            (Movement::DischargePlanned, last),
            (Movement::Discharge, last),
        ];
        for (movement, at) in tries {
            if self.draw.percent(self.habit.cancel_percent) {
                let admitted = (movement == Movement::Discharge).then_some(admitted);
                let bed = bed.filter(|_| movement != Movement::AdmissionPlanned);
                let act = Move {
                    movement,
                    at,
                    admitted,
                    from: None,
                };
                let cancelled = true;
                self.push(at, bed, Act::Move { act, cancelled });
            }
        }
    }

    fn go(&mut self, movement: Movement, at: DateTime, bed: Option<&'static str>) {
        self.relocate(movement, at, bed, None);
    }

    fn relocate(
        &mut self,
        movement: Movement,
        at: DateTime,
        bed: Option<&'static str>,
        from: Option<&'static str>,
    ) {
        let act = Move {
            movement,
            at,
            admitted: None,
            from,
        };
        let cancelled = false;
        self.push(at, bed, Act::Move { act, cancelled });
    }

    fn leave(&mut self, at: DateTime, bed: Option<&'static str>, admitted: DateTime) {
        let act = Move {
            movement: Movement::Discharge,
            at,
            admitted: Some(admitted),
            from: None,
        };
        let cancelled = false;
        self.push(at, bed, Act::Move { act, cancelled });
    }

    /// Adds one study of slices: with 5 of 100 patients, or a small one with everybody.
    fn scan_once(&mut self) {
        let count = match self.habit.documents {
            Documents::Whole if self.draw.percent(5) => self.draw.between(58, 152).cast_unsigned(),
            Documents::Sampler => 3,
            _ => return,
        };
        if let Some(event) = self.chart.events.first() {
            let at = minutes_after(event.at, 130);
            self.push(at, None, Act::Slices { count });
        }
    }

    fn push(&mut self, at: DateTime, bed: Option<&'static str>, act: Act) {
        self.chart.events.push(Event { at, bed, act });
    }

    fn fall_ill(&mut self, illness: Illness, since: Date, days: i32) {
        let until = Some(days_after(since, days));
        self.chart.problems.push(Problem {
            illness,
            since,
            until,
        });
    }

    fn findings(&mut self, day: Date) -> Vec<Finding> {
        laboratory::draw_findings(
            self.person.sex,
            &self.chart.problems,
            &self.regimen,
            &self.baseline,
            day,
            self.draw,
        )
    }

    fn image(&mut self, at: DateTime, bed: Option<&'static str>) {
        let forbidden = self.chart.allergies.forbid(Family::Contrast)
            || self
                .chart
                .problems
                .iter()
                .any(|p| p.illness == Illness::KidneyDisease);
        let study = staff::draw_study(self.habit.every_kind, forbidden, self.draw);
        let fibrillates = self.has(Illness::AtrialFibrillation);
        let reading = draw_reading(fibrillates, self.draw);
        let done = self.habit.every_kind && self.draw.percent(92);
        self.push(
            at,
            bed,
            Act::Imaging {
                study,
                reading,
                done,
            },
        );
    }

    fn has(&self, illness: Illness) -> bool {
        let problems = &self.chart.problems;
        problems.iter().any(|problem| problem.illness == illness)
    }

    fn medicines(&self, day: Date, acute: bool) -> Vec<Medicine> {
        let mut medicines = Vec::new();
        if acute {
            medicines = regimen::acute_course(&self.regimen, &self.chart.allergies, day);
        }
        let lasting = self.regimen.iter().filter(|medicine| medicine.since <= day);
        medicines.extend(lasting.cloned());
        keep_four_groups(&mut medicines);
        medicines
    }

    fn prescribe(&mut self, at: DateTime, bed: Option<&'static str>, acute: bool) {
        let medicines = self.medicines(at.date(), acute);
        if medicines.is_empty() {
            return;
        }
        let days = (self.interval_days.cast_unsigned() / 7 * 7).clamp(7, 84);
        self.push(at, bed, Act::Prescription { medicines, days });
    }
}

/// Draws an electrocardiogram; who fibrillates shows it.
fn draw_reading(fibrillates: bool, draw: &mut Draw) -> Reading {
    let words = match fibrillates {
        true => "心房細動",
        false => *draw.pick(&["正常範囲", "正常範囲", "洞性徐脈", "左室肥大の疑い"]),
    };
    let rate = match words {
        "心房細動" => draw.between(72, 118),
        "洞性徐脈" => draw.between(42, 49),
        _ => draw.between(55, 92),
    };
    Reading {
        words,
        rate,
        pq: draw.between(128, 196),
        qrs: draw.between(82, 112),
        qt: draw.between(360, 430),
        axis: draw.between(-20, 85),
    }
}

/// Sorts medicines taken alike side by side and keeps four such groups (Rp) at most.
fn keep_four_groups(medicines: &mut Vec<Medicine>) {
    let mut groups = Vec::new();
    for medicine in medicines.iter() {
        let group = medicine.group();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups.truncate(4);
    let place = |m: &Medicine| groups.iter().position(|group| *group == m.group());
    medicines.retain(|medicine| place(medicine).is_some());
    medicines.sort_by_key(place);
}

/// Estimates the files an act leaves; whole documents are counted apart from the messages.
fn files_of(act: &Act, habit: &Habit) -> i64 {
    match act {
        Act::Laboratory { .. } | Act::Injection { .. } => 2,
        Act::Imaging { done, .. } => 1 + i64::from(*done),
        Act::Move { cancelled, .. } => 1 + i64::from(*cancelled),
        Act::Note { .. } if habit.documents == Documents::Short => 2,
        Act::Nothing | Act::Note { .. } | Act::Scan | Act::Photo | Act::Slices { .. } => 0,
        Act::Meal { .. } | Act::Prescription { .. } | Act::Taken { .. } => 1,
    }
}

/// Files with every old version and tombstone, per hundred events' files.
const OLD_VERSIONS_PERCENT: i64 = 106;
const FILES_PER_VISIT: i64 = 4;
const LOOK_BACK_DAYS: i32 = 15 * 365;
const BEDS: &[&str] = &[
    "32^302^1^^^N",
    "32^305^2^^^N",
    "41^460^2^^^N",
    "51^511^3^^^N",
];
