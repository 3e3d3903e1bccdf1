//! Prescriptions and injections: those of the last hundred days, and those before.
//!
//! A hundred days is the period of the national summary for emergencies (e-prescriptions in the
//! normal view). It is counted back from the newest record, not from today: whether a drug is
//! still taken is not something that a record tells.

use hlincos_ssmix::summary::Prescription;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

/// Days that count as recent.
const RECENT_DAYS: i32 = 100;

/// Prescriptions and injections, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Orders {
    /// The first day of the period; empty when the newest record has no day.
    pub from: String,
    /// The last one.
    pub to: String,
    /// Of the period, or without a day that can be read.
    pub recent: Vec<Prescription>,
    /// Older ones.
    pub earlier: Vec<Prescription>,
}

impl Orders {
    pub(super) fn new(prescriptions: Vec<Prescription>, as_of: &str) -> Self {
        let last: Option<Date> = as_of.parse().ok();
        let first = last.and_then(|day| day.checked_sub(RECENT_DAYS.days()).ok());
        // Without a day nothing is put aside.
        let is_old = |drug: &Prescription| {
            let ordered: Option<Date> = drug.ordered.parse().ok();
            ordered.zip(first).is_some_and(|(day, first)| day < first)
        };
        let (earlier, recent) = prescriptions.into_iter().partition(is_old);
        Self {
            from: first.map(|day| day.to_string()).unwrap_or_default(),
            to: as_of.to_owned(),
            recent,
            earlier,
        }
    }

    /// Whether there is none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recent.is_empty() && self.earlier.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_put_aside_only_when_its_day_is_known_to_be_earlier() {
        let drug = |ordered: &str| Prescription {
            ordered: ordered.into(),
            ..Prescription::default()
        };
        let all = ["2019-09-01", "2019-05-24", "2019-05-23", "", "不明"].map(drug);
        let orders = Orders::new(all.to_vec(), "2019-09-01");
        let days: Vec<&str> = orders.recent.iter().map(|d| d.ordered.as_str()).collect();
        assert_eq!(days, ["2019-09-01", "2019-05-24", "", "不明"]);
        assert_eq!(orders.earlier.len(), 1);
        assert_eq!(Orders::new(all.to_vec(), "").earlier.len(), 0);
    }
}
