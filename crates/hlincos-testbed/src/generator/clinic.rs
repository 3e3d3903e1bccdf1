//! What happens to the patients: problems, medicines, visits and stays, told backwards from the
//! last day of the store until the wanted number of files is reached.

pub(crate) mod allergy;
pub(crate) mod drug;
pub(crate) mod illness;
pub(crate) mod laboratory;
pub(crate) mod regimen;
pub(crate) mod staff;

use jiff::civil::{Date, DateTime};

use super::calendar::{days_after, days_between, minutes_after, working_day};
use super::draw::Draw;
use super::population::Person;
use allergy::{Allergies, Family};
use illness::{Illness, Problem};
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
    Reception,
    Admission,
    Discharge {
        admitted: DateTime,
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
    Imaging {
        study: &'static Study,
    },
    Note {
        summary: bool,
    },
    /// A folder that was made and never used.
    Nothing,
}

/// Draws a chart with about `files` files in all.
pub(crate) fn draw_chart(person: &Person, files: u32, today: Date, draw: &mut Draw) -> Chart {
    let problems = illness::draw_problems(person, today, draw);
    let allergies = allergy::draw_allergies(person, &problems, today, draw);
    let regimen = regimen::draw_regimen(&problems, &allergies, person.age(today), draw);
    let chart = Chart {
        department: staff::draw_department(draw),
        doctor: staff::draw_doctor(draw),
        allergies,
        problems,
        events: Vec::new(),
    };
    let baseline = Baseline::draw(draw);
    let mut course = Course {
        person,
        regimen,
        baseline,
        chart,
        draw,
        interval_days: 28,
    };
    course.tell(files, today);
    let mut chart = course.chart;
    chart.events.sort_by_key(|event| event.at);
    chart.problems.sort_by_key(|problem| problem.since);
    chart
}

/// A chart on the way, with what is needed to go on.
struct Course<'a> {
    person: &'a Person,
    regimen: Vec<Medicine>,
    baseline: Baseline,
    chart: Chart,
    draw: &'a mut Draw,
    interval_days: i32,
}

impl Course<'_> {
    /// Goes back from visit to visit.
    fn tell(&mut self, files: u32, today: Date) {
        // Mean share of several patients in the total: a few have much more than most.
        let wanted = files * self.draw.pick(&SPREAD_PERCENT) / 100;
        let mut left = i64::from(wanted) * 100 / OLD_VERSIONS_PERCENT - BASIC_FILES;
        let floor = days_after(today, -LOOK_BACK_DAYS).max(days_after(self.person.born, 60));
        let room = i64::from(days_between(floor, today));
        let fitting = room / (left / FILES_PER_VISIT).max(1);
        let usual = *self.draw.pick(&[28, 28, 42, 56, 56, 84]);
        self.interval_days = usual.min(i32::try_from(fitting).unwrap_or(usual)).max(1);
        let mut day = working_day(days_after(today, -self.draw.between(1, 40)));
        while left > 0 && day > floor {
            let stay_percent = if self.person.age(day) > 60 { 4 } else { 1 };
            let before = self.chart.events.len();
            if left > 20 && self.draw.percent(stay_percent) {
                day = self.stay(day);
            } else {
                self.visit(day);
            }
            left -= self.chart.events[before..]
                .iter()
                .map(|event| files_of(&event.act))
                .sum::<i64>();
            let jitter = self.interval_days / 4;
            let step = self.interval_days + self.draw.between(-jitter, jitter);
            day = working_day(days_after(day, -step.max(1)));
        }
    }

    /// Tells one day at the outpatient department.
    fn visit(&mut self, day: Date) {
        let start = minutes_after(day.at(8, 30, 0, 0), self.draw.between(0, 330));
        self.push(start, None, Act::Reception);
        let acute = self.draw.percent(6);
        if acute {
            self.fall_ill(Illness::Bronchitis, day, 10);
        }
        if acute || self.draw.percent(55) {
            let findings = self.findings(day);
            self.push(minutes_after(start, 6), None, Act::Laboratory { findings });
        }
        if self.draw.percent(14) {
            self.image(minutes_after(start, 35), None);
        }
        self.prescribe(minutes_after(start, 96), None, acute);
        if self.draw.percent(12) {
            self.push(
                minutes_after(start, 104),
                None,
                Act::Note { summary: false },
            );
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
        self.push(admitted, bed, Act::Admission);
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
        self.push(minutes_after(leaves, -45), bed, Act::Note { summary: true });
        self.push(leaves, bed, Act::Discharge { admitted });
        first
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
        let study = staff::draw_study(forbidden, self.draw);
        self.push(at, bed, Act::Imaging { study });
    }

    fn prescribe(&mut self, at: DateTime, bed: Option<&'static str>, acute: bool) {
        let day = at.date();
        let mut medicines = Vec::new();
        if acute {
            medicines = regimen::acute_course(&self.regimen, &self.chart.allergies, day);
        }
        medicines.extend(
            self.regimen
                .iter()
                .filter(|medicine| medicine.since <= day)
                .cloned(),
        );
        keep_four_groups(&mut medicines);
        if medicines.is_empty() {
            return;
        }
        let days = (self.interval_days.cast_unsigned() / 7 * 7).clamp(7, 84);
        self.push(at, bed, Act::Prescription { medicines, days });
    }
}

/// Sorts medicines taken alike side by side and keeps four such groups (Rp) at most.
fn keep_four_groups(medicines: &mut Vec<Medicine>) {
    let mut groups: Vec<(&str, Option<u32>)> = Vec::new();
    for medicine in medicines.iter() {
        let group = (medicine.usage.code, medicine.days);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups.truncate(4);
    let place = |m: &Medicine| {
        groups
            .iter()
            .position(|group| *group == (m.usage.code, m.days))
    };
    medicines.retain(|medicine| place(medicine).is_some());
    medicines.sort_by_key(place);
}

/// Estimates the files an act leaves.
fn files_of(act: &Act) -> i64 {
    match act {
        Act::Laboratory { .. } => 2,
        Act::Note { .. } => 2,
        Act::Nothing => 0,
        Act::Reception
        | Act::Admission
        | Act::Discharge { .. }
        | Act::Meal { .. }
        | Act::Prescription { .. }
        | Act::Imaging { .. } => 1,
    }
}

/// Twenty equally frequent shares of the mean, log-normal with sigma 0.8; their mean is 100.
const SPREAD_PERCENT: [u32; 20] = [
    16, 24, 30, 35, 41, 46, 52, 58, 64, 71, 78, 87, 96, 107, 120, 136, 158, 187, 236, 358,
];
/// Files with every old version and tombstone, per hundred events' files.
const OLD_VERSIONS_PERCENT: i64 = 106;
/// ADT-00, ADT-61 and PPR-01 with their old versions, on average.
const BASIC_FILES: i64 = 5;
const FILES_PER_VISIT: i64 = 4;
const LOOK_BACK_DAYS: i32 = 15 * 365;
const BEDS: &[&str] = &[
    "32^302^1^^^N",
    "32^305^2^^^N",
    "41^460^2^^^N",
    "51^511^3^^^N",
];
