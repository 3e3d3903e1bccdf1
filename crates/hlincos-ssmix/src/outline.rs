//! A message as a person reads it: each field with its name, each value without HL7's signs.

use serde::Serialize;

use crate::dosage::{Dosage, of_order};
use crate::fields::Field;
use crate::hl7::{Message, Segment, Value};
use crate::screen::is_shown;

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SegmentOutline {
    /// Its name.
    pub segment: String,
    /// Its fields that were sent.
    pub fields: Vec<FieldOutline>,
    /// Of RXE: the dosage in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dosage: Option<Dosage>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldOutline {
    /// Its HL7 number.
    pub number: usize,
    /// Its name in Japanese; empty where the table has none.
    pub ja: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// The value for reading: components joined, escapes undone.
    pub value: String,
    /// The explicit null `""` was sent.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub null: bool,
}

/// Reads out a message.
///
/// Time: linear in the fields sent.
#[must_use]
pub fn outline(message: &Message<'_>) -> Vec<SegmentOutline> {
    let all: Vec<Segment<'_>> = message.segments().collect();
    let one = |(at, segment): (usize, &Segment<'_>)| {
        let sent = (1..=segment.field_count()).map(|number| (number, segment.field(number)));
        let fields = sent
            .filter(|(_, value)| !value.is_empty())
            .map(|(number, value)| field(*segment, number, value))
            .collect();
        SegmentOutline {
            segment: segment.name().to_owned(),
            fields,
            dosage: (segment.name() == "RXE").then(|| of_order(*segment, &all[at + 1..])),
        }
    };
    all.iter().enumerate().map(one).collect()
}

fn field(segment: Segment<'_>, number: usize, value: Value<'_>) -> FieldOutline {
    let known = Field::of(segment.name(), number);
    // MSH-1 and MSH-2 are the separators themselves.
    let separators = segment.name() == "MSH" && number <= 2;
    FieldOutline {
        number,
        ja: known.map_or("", |field| field.ja),
        en: known.map_or("", |field| field.en),
        value: if separators {
            value.raw().to_owned()
        } else {
            readable(value)
        },
        null: value.is_null(),
    }
}

/// Repetitions by ` / `, components and subcomponents by ` · `; empty ones are left out.
fn readable(value: Value<'_>) -> String {
    let whole = |repetition: Value<'_>| {
        let parts = repetition
            .components()
            .flat_map(|component| component.subcomponents().collect::<Vec<_>>());
        let texts: Vec<String> = parts
            .map(|part| printable(&part.plain()))
            .filter(|text| !text.is_empty())
            .collect();
        texts.join(" · ")
    };
    let repetitions: Vec<String> = value.repetitions().map(whole).collect();
    repetitions.join(" / ")
}

/// Control characters and turned text would act on a terminal; ends of line would break the layout.
fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' => '⏎',
        other if is_shown(other) => other,
        _ => '\u{FFFD}',
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_names_and_values_no_signs() {
        let message = Message::of(
            "MSH|^~\\&|HIS\rPID|1||42^^^^PI||土佐^花子~トサ^ハナコ||\"\"|a\\F\\b\rZZ1|x".into(),
        );
        let read = outline(&message);
        let pid: Vec<_> = read[1]
            .fields
            .iter()
            .map(|f| (f.number, f.ja, f.value.as_str()))
            .collect();
        assert_eq!(pid[1], (3, "患者 ID リスト", "42 · PI"));
        assert_eq!(pid[2].2, "土佐 · 花子 / トサ · ハナコ");
        assert_eq!((pid[3].2, read[1].fields[3].null), ("", true));
        assert_eq!(pid[4].2, "a|b");
        assert_eq!(
            (read[2].segment.as_str(), read[2].fields[0].ja),
            ("ZZ1", "")
        );
        assert_eq!(read[0].fields[1].value, "^~\\&");
    }

    #[test]
    fn nothing_sent_can_act_on_a_terminal() {
        let message = Message::of("MSH|^~\\&|\u{7}\u{9b}2J\u{202E}|a\\.br\\b".into());
        let values: Vec<_> = outline(&message)[0]
            .fields
            .iter()
            .map(|f| f.value.clone())
            .collect();
        assert_eq!(values[2..], ["\u{FFFD}\u{FFFD}2J\u{FFFD}", "a⏎b"]);
    }
}
