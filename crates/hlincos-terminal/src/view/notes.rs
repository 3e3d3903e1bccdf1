//! What to know before trusting the screen.

use hlincos_ssmix::summary::{Bilingual, Source, Summary};
use serde::Serialize;

use super::{Account, Ages, Provenance};
use crate::words;

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// The screen may mislead: said in red.
    Red,
    /// Something to read with care.
    Amber,
}

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// How much it matters.
    pub urgency: Urgency,
    /// What.
    pub text: Bilingual,
    /// Where, when it is about records.
    pub sources: Vec<Source>,
}

pub(super) fn notes(
    summary: &Summary,
    account: &Account,
    provenance: &Provenance,
    ages: &Ages,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut add = |urgency, text| {
        notes.push(Note {
            urgency,
            text,
            sources: Vec::new(),
        });
    };
    if account.missing > 0 {
        add(Urgency::Red, words::missing(account.missing));
    }
    if ages.stale {
        let days = ages.days.unwrap_or_default();
        add(
            Urgency::Red,
            words::stale(days, i64::from(ages.stale_after_days)),
        );
    }
    for what in &ages.future {
        add(Urgency::Red, words::clock(*what));
    }
    if provenance.offline {
        add(Urgency::Red, words::offline(ages.fetched_minutes));
    }
    if ages.days.is_none() {
        add(Urgency::Amber, words::age_unknown());
    }
    if account.too_large > 0 {
        add(Urgency::Amber, words::too_large(account.too_large));
    }
    if !account.culprits.is_empty() {
        add(Urgency::Amber, words::lied(&account.culprits.join(", ")));
    }
    if !account.suspects.is_empty() {
        add(
            Urgency::Amber,
            words::suspected(&account.suspects.join(", ")),
        );
    }
    // Many records with one and the same defect are one note.
    for warning in &summary.warnings {
        let known = notes.iter_mut().find(|note| note.text == warning.text);
        match known {
            Some(note) => note.sources.push(warning.source.clone()),
            None => notes.push(Note {
                urgency: Urgency::Amber,
                text: warning.text.clone(),
                sources: vec![warning.source.clone()],
            }),
        }
    }
    notes
}
