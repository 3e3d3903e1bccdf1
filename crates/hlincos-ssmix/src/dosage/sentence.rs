//! The sentence as it grows, piece by piece in both languages.

use crate::summary::Bilingual;

use super::Dosage;
use super::amount::{Amount, Unit};
use super::pattern::{Pattern, Told};
use super::sent::quoted;

#[derive(Default)]
pub(super) struct Sentence {
    pub(super) dosage: Dosage,
    ja: Vec<String>,
    en: Vec<String>,
}

impl Sentence {
    pub(super) fn add(&mut self, ja: impl Into<String>, en: impl Into<String>) {
        self.ja.push(ja.into());
        self.en.push(en.into());
    }

    pub(super) fn both(&mut self, words: Bilingual) {
        self.add(words.ja, words.en);
    }

    /// Shows a text that has no plain words here as it was sent.
    pub(super) fn sent(&mut self, text: &str) {
        if !text.is_empty() {
            self.dosage.as_sent = true;
            self.both(quoted(text));
        }
    }

    /// Shows a text that says something else than what was sent with it.
    pub(super) fn differ(&mut self, text: &str) {
        self.dosage.contradictory = true;
        self.sent(text);
    }

    /// Passes a unit's doubts on.
    pub(super) fn doubt(&mut self, unit: &Unit) {
        self.dosage.as_sent |= unit.as_sent;
        self.dosage.contradictory |= unit.contradictory;
    }

    /// The amount of one dose.
    pub(super) fn dose(&mut self, dose: Option<&Amount>) {
        let Some(dose) = dose else { return };
        self.doubt(&dose.unit);
        self.dosage.as_sent |= dose.range.is_none();
        let words = dose.words();
        self.add(format!("１回{}", words.ja), words.en);
    }

    /// A usage or a supplement; uneven doses are told by their step.
    pub(super) fn tell(&mut self, pattern: &Pattern<'_>, told: &Told) {
        match told {
            Told::Usage(usage) => {
                self.dosage.as_needed |= usage.as_needed;
                self.dosage.self_injection |= usage.self_injection;
                let ja = if pattern.text.is_empty() {
                    usage.ja()
                } else {
                    pattern.text.to_string()
                };
                self.add(ja, usage.en());
            }
            Told::Days(days) if pattern.text.is_empty() => self.both(days.clone()),
            Told::Days(days) => self.add(&*pattern.text, &days.en),
            Told::Uneven(..) => {}
            Told::Unknown => self.sent(&pattern.own_words()),
            Told::Differs => self.differ(&pattern.own_words()),
        }
    }

    /// Takes a step's sentence in, behind its name.
    pub(super) fn append(&mut self, step: Self, name: Option<Bilingual>) {
        let own = step.dosage;
        self.dosage.as_needed |= own.as_needed;
        self.dosage.self_injection |= own.self_injection;
        self.dosage.as_sent |= own.as_sent;
        self.dosage.contradictory |= own.contradictory;
        let Some(name) = name else {
            self.ja.extend(step.ja);
            self.en.extend(step.en);
            return;
        };
        let (ja, en) = (step.ja.join("、"), step.en.join(", "));
        self.add(
            format!("{}：{ja}。", name.ja),
            format!("{}: {en};", name.en),
        );
    }

    pub(super) fn finish(mut self) -> Dosage {
        if self.dosage.as_needed {
            self.add("頓用", "only as needed");
        }
        if self.dosage.self_injection {
            self.add("自己注射", "self-injection at home");
        }
        let (ja, en) = (self.ja.join("、"), self.en.join(", "));
        self.dosage.text = Bilingual {
            ja: ja.replace("。、", "。").trim_end_matches('。').to_owned(),
            en: en.replace(";, ", "; ").trim_end_matches(';').to_owned(),
        };
        self.dosage
    }
}
