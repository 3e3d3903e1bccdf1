//! Files without a date: who the patient is, who attends, what must not be given, what ails.

use jiff::civil::Date;

use super::Writer;
use super::files::undated;
use crate::generator::calendar::{days_after, minutes_after};
use crate::generator::clinic::allergy::Allergies;
use crate::generator::message::{basic, problem, stay};
use crate::generator::profile::GenerateError;

impl Writer<'_> {
    /// Writes ADT-00, ADT-01, ADT-61 and PPR-01 with their old versions.
    pub(super) fn basics(&mut self) -> Result<(), GenerateError> {
        self.identities()?;
        if self.habit.every_kind {
            self.attending()?;
        }
        self.allergies()?;
        self.problems()
    }

    /// Writes ADT-00; who has moved had another address in the older versions. Some were
    /// registered by mistake first and deleted.
    fn identities(&mut self) -> Result<(), GenerateError> {
        let base = self.profile.base_date;
        if self.draw.percent(self.habit.cancel_percent / 10) {
            let at = days_after(base, -1_600).at(9, 10, 0, 0);
            let envelope = self.envelope(at, None);
            let allergies = &self.chart.allergies;
            basic::patient(&mut self.text, self.sender, &envelope, allergies);
            self.put(&undated("ADT-00", envelope.sent, 0))?;
            let envelope = self.envelope(minutes_after(at, 33), None);
            basic::deleted(&mut self.text, self.sender, &envelope);
            let mut name = undated("ADT-00", envelope.sent, 0);
            name.cancels = true;
            self.put(&name)?;
        }
        let old = self.draw.below(self.habit.old_versions[0] + 1);
        for version in 0..=old {
            let current = version == old;
            let back = (old - version).cast_signed() * 310 + self.draw.between(20, 200);
            let envelope = self.envelope(days_after(base, -back).at(10, 15, 0, 0), None);
            let allergies = &self.chart.allergies;
            basic::patient(&mut self.text, self.sender, &envelope, allergies);
            self.put(&undated("ADT-00", envelope.sent, current_or_past(current)))?;
        }
        Ok(())
    }

    /// Writes ADT-01: who attends, and sometimes that nobody does any more.
    fn attending(&mut self) -> Result<(), GenerateError> {
        let back = self.draw.between(300, 1_200);
        let at = days_after(self.profile.base_date, -back).at(10, 20, 0, 0);
        let cancelled = self.draw.percent(self.habit.cancel_percent / 3);
        for cancels in [false, true].into_iter().take(1 + usize::from(cancelled)) {
            let envelope = self.envelope(minutes_after(at, 41 * i32::from(cancels)), None);
            stay::attending(&mut self.text, self.sender, &envelope, cancels);
            let mut name = undated("ADT-01", envelope.sent, u8::from(!cancelled));
            name.cancels = cancels;
            self.put(&name)?;
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
            self.put(&undated("ADT-61", envelope.sent, current_or_past(current)))?;
        }
        Ok(())
    }

    /// Writes PPR-01: one file with all problems now, and as it was when each of the last ones came.
    fn problems(&mut self) -> Result<(), GenerateError> {
        let list = &self.chart.problems;
        let versions = self.habit.old_versions[2] as usize + 1;
        let latest = list.iter().rev().take(versions);
        let mut known_on: Vec<Date> = latest.map(|problem| problem.since).collect();
        known_on.reverse();
        known_on.dedup();
        let last = known_on.len() - 1;
        for (index, &day) in known_on.iter().enumerate() {
            let current = index == last;
            let as_of = if current { self.profile.base_date } else { day };
            let envelope = self.envelope(day.at(11, 40, 0, 0), None);
            problem::problems(&mut self.text, self.sender, &envelope, list, as_of);
            self.put(&undated("PPR-01", envelope.sent, current_or_past(current)))?;
        }
        Ok(())
    }
}

/// The condition flag of a version.
fn current_or_past(current: bool) -> u8 {
    if current { 1 } else { 2 }
}
