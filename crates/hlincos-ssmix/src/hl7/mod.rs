//! HL7 v2.5: segments, fields, repetitions, components, subcomponents of decoded text.
//!
//! A message is its text and an index of its fields; everything below a field is cut on access.
//! Nothing is refused; what is not there is empty.
//!
//! Source: HL7 v2.5 chapter 2; `spec/ssmix-message.md`.

mod escape;
mod index;
mod separators;

use std::borrow::Cow;

pub use index::{FIELDS_MAX, SEGMENTS_MAX};
pub use separators::Separators;

use index::Index;

/// A message: decoded text and where its segments and fields are.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    text: Cow<'a, str>,
    separators: Separators,
    index: Index,
    begins_with_msh: bool,
    separators_well_formed: bool,
}

/// One segment: a name and its fields.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'m> {
    message: &'m Message<'m>,
    /// Its place among the segments; beyond their end for one that is not there.
    at: usize,
}

/// A field, a repetition, a component or a subcomponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'m> {
    text: &'m str,
    separators: Separators,
}

impl<'a> Message<'a> {
    /// Cuts text into segments. Ends in CR, LF or both; MLLP's last byte 0x1C is dropped.
    ///
    /// `None` when the text does not begin with `MSH`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        Some(Self::of(Cow::Borrowed(text))).filter(|message| message.begins_with_msh)
    }

    /// Indexes any text; one without MSH has the usual separators.
    ///
    /// Time: linear. Memory: bounded by [`FIELDS_MAX`] and [`SEGMENTS_MAX`] beside the text.
    #[must_use]
    pub fn of(text: Cow<'a, str>) -> Self {
        let body = text.trim_start_matches(['\u{0B}', '\u{FEFF}', '\r', '\n']);
        let after_msh = body.strip_prefix("MSH");
        let (separators, separators_well_formed) = after_msh
            .map_or((Separators::USUAL, true), |after| {
                Separators::read(after.as_bytes())
            });
        let begins_with_msh = after_msh.is_some();
        let skipped = text.len() - body.len();
        // A byte order mark is no part of the first segment's name.
        let index = Index::of(&text, skipped, separators);
        Self {
            text,
            separators,
            index,
            begins_with_msh,
            separators_well_formed,
        }
    }

    /// The decoded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The separators in use.
    #[must_use]
    pub const fn separators(&self) -> Separators {
        self.separators
    }

    /// Whether the text begins as a message must.
    #[must_use]
    pub const fn begins_with_msh(&self) -> bool {
        self.begins_with_msh
    }

    /// Whether MSH-1 and MSH-2 give four further separators, all different.
    #[must_use]
    pub const fn separators_are_well_formed(&self) -> bool {
        self.separators_well_formed
    }

    /// Where the index stops before the text does, in bytes of the text.
    #[must_use]
    pub const fn ends_at(&self) -> Option<usize> {
        self.index.ends_at
    }

    /// The first LF, in bytes of the text.
    #[must_use]
    pub const fn first_line_feed(&self) -> Option<usize> {
        self.index.line_feed
    }

    /// The last end byte of MLLP, in bytes of the text.
    #[must_use]
    pub const fn end_byte(&self) -> Option<usize> {
        self.index.end_byte
    }

    /// All segments in order.
    #[must_use]
    pub fn segments(&self) -> impl ExactSizeIterator<Item = Segment<'_>> + DoubleEndedIterator {
        (0..self.index.lines.len()).map(|at| Segment { message: self, at })
    }

    /// Segments of a name.
    pub fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = Segment<'m>> {
        self.segments()
            .filter(move |segment| segment.name() == name)
    }

    /// The first segment of a name; an empty one when there is none.
    #[must_use]
    pub fn first(&self, name: &str) -> Segment<'_> {
        let found = self.segments().find(|segment| segment.name() == name);
        found.unwrap_or(Segment {
            message: self,
            at: usize::MAX,
        })
    }
}

impl<'m> Segment<'m> {
    /// The segment's name.
    #[must_use]
    pub fn name(&self) -> &'m str {
        self.part(0)
    }

    /// Whether the segment is there at all.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.at < self.message.index.lines.len()
    }

    /// Its place among the segments, from 0.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Where it begins, in bytes of the text.
    #[must_use]
    pub fn offset(&self) -> usize {
        let line = self.message.index.lines.get(self.at);
        line.map_or(0, |line| line.start as usize)
    }

    /// The number of its last field; of MSH, 1 is the separator itself.
    #[must_use]
    pub fn field_count(&self) -> usize {
        let cuts = self.cuts().len();
        cuts + usize::from(cuts > 0 && self.name() == "MSH")
    }

    /// A field by its HL7 number, from 1; of MSH, 1 is the separator itself.
    #[must_use]
    pub fn field(&self, number: usize) -> Value<'m> {
        let is_msh = self.name() == "MSH";
        let text = match (number, is_msh) {
            (0, _) => "",
            (1, true) => self.field_separator(),
            (number, true) => self.part(number - 1),
            (number, false) => self.part(number),
        };
        Value {
            text,
            separators: self.message.separators,
        }
    }

    /// Where a field begins, in bytes of the text; of one that was not sent, the segment's end.
    #[must_use]
    pub fn field_offset(&self, number: usize) -> usize {
        let Some(line) = self.message.index.lines.get(self.at) else {
            return 0;
        };
        let is_msh = self.name() == "MSH";
        if is_msh && number == 1 {
            // The separator itself.
            return self.cuts().first().map_or(line.end, |cut| *cut) as usize;
        }
        let part = number.saturating_sub(usize::from(is_msh));
        let cut = part.checked_sub(1).and_then(|cut| self.cuts().get(cut));
        match (part, cut) {
            (0, _) => line.start as usize,
            (_, Some(cut)) => *cut as usize + 1,
            _ => line.end as usize,
        }
    }

    fn cuts(&self) -> &'m [u32] {
        let line = self.message.index.lines.get(self.at);
        line.map_or(&[][..], |line| {
            &self.message.index.cuts[line.first as usize..][..line.count as usize]
        })
    }

    fn field_separator(&self) -> &'m str {
        let cut = self.cuts().first().map(|cut| *cut as usize);
        cut.map_or("", |cut| &self.message.text[cut..=cut])
    }

    /// What stands before the first separator, and after each.
    fn part(&self, number: usize) -> &'m str {
        let Some(line) = self.message.index.lines.get(self.at) else {
            return "";
        };
        let cuts = self.cuts();
        let start = match number.checked_sub(1) {
            None => line.start as usize,
            Some(before) => match cuts.get(before) {
                Some(cut) => *cut as usize + 1,
                None => return "",
            },
        };
        let end = cuts.get(number).map_or(line.end, |cut| *cut) as usize;
        self.message.text.get(start..end).unwrap_or_default()
    }
}

impl<'m> Value<'m> {
    /// Nothing was sent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// `""` was sent: there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.text == "\"\""
    }

    /// Neither nothing nor the explicit null.
    #[must_use]
    pub fn has_value(&self) -> bool {
        !self.is_empty() && !self.is_null()
    }

    /// Repetitions, in order; empty ones are passed over.
    pub fn repetitions(&self) -> impl Iterator<Item = Self> + use<'m> {
        self.every_repetition().filter(|value| !value.is_empty())
    }

    /// Repetitions as sent, empty ones too: in MSH-18 the first, empty, means ASCII.
    pub fn every_repetition(&self) -> impl Iterator<Item = Self> + use<'m> {
        self.parts(self.separators.repetition)
    }

    /// Components as sent.
    pub fn components(&self) -> impl Iterator<Item = Self> + use<'m> {
        self.parts(self.separators.component)
    }

    /// A component by its number, from 1.
    #[must_use]
    pub fn component(&self, number: usize) -> Self {
        self.part(self.separators.component, number)
    }

    /// Subcomponents as sent.
    pub fn subcomponents(&self) -> impl Iterator<Item = Self> + use<'m> {
        self.parts(self.separators.subcomponent)
    }

    /// A subcomponent by its number, from 1.
    #[must_use]
    pub fn subcomponent(&self, number: usize) -> Self {
        self.part(self.separators.subcomponent, number)
    }

    fn parts(&self, separator: u8) -> impl Iterator<Item = Self> + use<'m> {
        let separators = self.separators;
        let parts = self.text.split(char::from(separator));
        parts.map(move |text| Self { text, separators })
    }

    fn part(&self, separator: u8, number: usize) -> Self {
        let empty = Self {
            text: "",
            separators: self.separators,
        };
        self.parts(separator)
            .nth(number.saturating_sub(1))
            .unwrap_or(empty)
    }

    /// The characters as sent.
    #[must_use]
    pub const fn raw(&self) -> &'m str {
        self.text
    }

    /// The text: escapes undone, the explicit null as nothing; borrowed when nothing changes.
    #[must_use]
    pub fn plain(&self) -> Cow<'m, str> {
        if self.is_null() {
            return Cow::Borrowed("");
        }
        escape::unescape(self.text, self.separators)
    }

    /// [`Self::plain`], owned.
    #[must_use]
    pub fn text(&self) -> String {
        self.plain().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "MSH|^~\\&|HIS|A\rPID|1||42^^^^PI||土佐^花子~トサ^ハナコ||\"\"|a\\F\\b\\E\\c\r\nAL1\r\u{1C}";

    #[test]
    fn fields_are_numbered_as_hl7_numbers_them() {
        let message = Message::parse(TEXT).unwrap();
        assert_eq!(message.segments().len(), 3);
        let msh = message.first("MSH");
        assert_eq!((msh.field(2).raw(), msh.field(3).raw()), ("^~\\&", "HIS"));
        let pid = message.first("PID");
        assert_eq!(pid.field(3).component(1).raw(), "42");
        let kana: Vec<_> = pid.field(5).repetitions().collect();
        assert_eq!((kana.len(), kana[1].component(2).raw()), (2, "ハナコ"));
        assert!(pid.field(7).is_null() && pid.field(7).text().is_empty());
        assert_eq!(pid.field(8).text(), "a|b\\c");
        assert!(pid.field(99).is_empty());
        assert_eq!(message.first("AL1").name(), "AL1", "a bare segment name");
        assert!(message.first("ZZZ").field(1).is_empty());
    }

    #[test]
    fn separators_are_those_of_the_message() {
        let message = Message::parse("MSH#*~!%#x#a*b%c").unwrap();
        assert_eq!(
            message
                .first("MSH")
                .field(4)
                .component(2)
                .subcomponent(2)
                .raw(),
            "c"
        );
    }

    #[test]
    fn what_is_no_message_is_none() {
        assert!(Message::parse("").is_none());
        assert!(Message::parse("PID|1").is_none());
        assert!(Message::parse("MSH").is_some(), "seen in the wild");
    }

    proptest::proptest! {
        #[test]
        fn text_from_outside_never_panics(text in "(MSH)?[|^~\\\\&#\\r\\n\"a土\u{1C}]{0,40}", n in 0_usize..9) {
            if let Some(message) = Message::parse(&text) {
                for segment in message.segments() {
                    let value = segment.field(n);
                    let _ = (value.text(), value.component(n).subcomponent(n).text(), value.repetitions().count());
                }
            }
        }
    }
}
