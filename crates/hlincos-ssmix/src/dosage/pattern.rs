//! One repetition of TQ1-3, RXE-7 or RXE-31: code, text and system.

use std::borrow::Cow;

use crate::hl7::Value;
use crate::summary::Bilingual;
use crate::views::Coded;

use super::amount::Unit;
use super::sent::{believed, plain_days, plain_words};
use super::supplement::{self, Supplement};
use super::usage::{self, Usage};

pub(super) struct Pattern<'m> {
    code: Cow<'m, str>,
    pub(super) text: Cow<'m, str>,
    system: Cow<'m, str>,
}

/// What a pattern tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// How, when and how often.
    Usage(Box<Usage>),
    /// On which days.
    Days(Bilingual),
    /// One dose of a day: which, and how much.
    Uneven(u32, u32),
    /// What is not known here.
    Unknown,
    /// The code says something else than the text.
    Differs,
}

impl<'m> Pattern<'m> {
    /// A component of TQ1-3.
    pub(super) fn of_timing(value: Value<'m>) -> Self {
        let [code, text, system] = [1, 2, 3].map(|number| value.subcomponent(number).plain());
        Self { code, text, system }
    }

    /// A repetition of RXE-7 or RXE-31.
    pub(super) fn of_coded(coded: Coded<'m>) -> Self {
        let [_, local, _] = coded.local();
        let name = coded.name();
        let text = if name.has_value() { name } else { local };
        Self {
            code: coded.code().plain(),
            text: text.plain(),
            system: coded.system().plain(),
        }
    }

    pub(super) fn told(&self, unit: &Unit) -> Told {
        let same = |text: &str, meant: &str| text.is_empty() || text == meant;
        if !believed(&self.system, "JAMISDP01") {
            return Told::Unknown;
        }
        if let Some(usage) = usage::read(&self.code) {
            return if self.text.is_empty() || usage.says(&self.text) {
                Told::Usage(Box::new(usage))
            } else {
                Told::Differs
            };
        }
        match supplement::read(&self.code) {
            Some(Supplement::Days(days))
                if same(&plain_days(&self.text), &plain_days(&days.ja)) =>
            {
                Told::Days(days)
            }
            Some(Supplement::Uneven(dose, amount)) => {
                let (text, figure) = (plain_words(&self.text), amount.to_string());
                let with_unit = format!("{figure}{}", plain_words(&unit.ja));
                if same(&text, &figure) || text == with_unit {
                    Told::Uneven(dose, amount)
                } else {
                    Told::Differs
                }
            }
            Some(Supplement::Days(_)) => Told::Differs,
            None => Told::Unknown,
        }
    }

    /// Whether it stands where a usage does, known or not.
    pub(super) fn is_usage(&self) -> bool {
        let words = self.code.is_empty() && !self.text.is_empty();
        words || !self.code.is_empty() && self.code.len() != 8
    }

    /// What tells it from others.
    pub(super) fn key(&self) -> (String, String) {
        (self.code.to_string(), plain_words(&self.text))
    }

    /// The text, or else the code; of uneven doses both.
    pub(super) fn own_words(&self) -> String {
        if self.text.is_empty() {
            self.code.to_string()
        } else if matches!(supplement::read(&self.code), Some(Supplement::Uneven(..))) {
            self.whole()
        } else {
            self.text.to_string()
        }
    }

    /// Code and text.
    pub(super) fn whole(&self) -> String {
        format!("{} {}", self.code, self.text).trim().to_owned()
    }
}
