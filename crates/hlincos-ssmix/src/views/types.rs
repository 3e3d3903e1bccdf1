//! Data types of HL7 as SS-MIX2 uses them.

use std::borrow::Cow;

use crate::hl7::Value;

/// A coded value (CWE): code, text and system; then the same again for a second system.
#[derive(Clone, Copy, Debug)]
pub struct Coded<'m>(pub Value<'m>);

impl<'m> Coded<'m> {
    /// The code.
    #[must_use]
    pub fn code(&self) -> Value<'m> {
        self.0.component(1)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> Value<'m> {
        self.0.component(2)
    }

    /// The code's system.
    #[must_use]
    pub fn system(&self) -> Value<'m> {
        self.0.component(3)
    }

    /// Code, name and system of the second, local coding.
    #[must_use]
    pub fn local(&self) -> [Value<'m>; 3] {
        [4, 5, 6].map(|number| self.0.component(number))
    }

    /// What to show: the name, or else the local name, or else the code.
    #[must_use]
    pub fn shown(&self) -> Cow<'m, str> {
        let candidates = [2, 5, 1].map(|number| self.0.component(number));
        let first = candidates.into_iter().find(Value::has_value);
        first.map_or(Cow::Borrowed(""), |value| value.plain())
    }
}

/// A person's name (XPN), repeated for kanji (`I`) and kana (`P`).
#[derive(Clone, Copy, Debug)]
pub struct Person<'m>(pub Value<'m>);

impl<'m> Person<'m> {
    /// Family and given name in kanji, joined by a space.
    #[must_use]
    pub fn kanji(&self) -> String {
        self.written('I', 0)
    }

    /// Family and given name in kana.
    #[must_use]
    pub fn kana(&self) -> String {
        self.written('P', 1)
    }

    /// The repetition that says so in XPN.8; in one component too few, XPN.7; else by its place.
    fn written(&self, kind: char, place: usize) -> String {
        let says = |value: &Value<'m>| {
            let told = [8, 7].map(|number| value.component(number).raw());
            told.iter().any(|told| told.chars().eq([kind]))
        };
        let mut repetitions = self.0.repetitions();
        let told = repetitions.find(says);
        let name = told.or_else(|| self.0.repetitions().nth(place));
        name.map(|name| joined([name.component(1).subcomponent(1), name.component(2)]))
            .unwrap_or_default()
    }
}

/// A doctor (XCN): identifier, then the name in one component or two.
#[derive(Clone, Copy, Debug)]
pub struct Doctor<'m>(pub Value<'m>);

impl<'m> Doctor<'m> {
    /// The identifier.
    #[must_use]
    pub fn id(&self) -> Value<'m> {
        self.0.component(1)
    }

    /// The name, joined by a space where it came in two components.
    #[must_use]
    pub fn name(&self) -> String {
        let first = self.0.repetitions().next().unwrap_or(self.0);
        joined([first.component(2).subcomponent(1), first.component(3)])
    }
}

fn joined(parts: [Value<'_>; 2]) -> String {
    let texts = parts.map(|part| part.plain());
    texts.join(" ").trim().to_owned()
}

/// An address (XAD): whole in component 8, or in pieces.
#[derive(Clone, Copy, Debug)]
pub struct Address<'m>(pub Value<'m>);

impl<'m> Address<'m> {
    /// Postal code.
    #[must_use]
    pub fn postal_code(&self) -> Value<'m> {
        self.0.component(5)
    }

    /// The address in one line: component 8, or prefecture, city, street, house.
    #[must_use]
    pub fn line(&self) -> String {
        let whole = self.0.component(8);
        if whole.has_value() {
            return whole.text();
        }
        let pieces = [4, 3, 1, 2].map(|number| self.0.component(number).text());
        pieces.concat()
    }
}

/// A telephone number (XTN): component 12, in older stores 1.
#[derive(Clone, Copy, Debug)]
pub struct Phone<'m>(pub Value<'m>);

impl Phone<'_> {
    /// The number as it is dialled.
    #[must_use]
    pub fn number(&self) -> String {
        let candidates = [12, 1].map(|number| self.0.component(number));
        let first = candidates.into_iter().find(Value::has_value);
        first.map(|value| value.text()).unwrap_or_default()
    }
}
