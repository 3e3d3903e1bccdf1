//! A message, segment by segment: every value is folded and escaped on its way in.

use super::fold::{Replacement, WarningKind, fold};
use crate::encode::encode;

/// The name of a segment: a capital letter, then two capitals or digits; not `MSH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentName([u8; 3]);

/// Names a segment that stands in the program's text.
///
/// # Panics
/// If it is no name of a segment; [`SegmentName::parse`] is for names from elsewhere.
#[must_use]
pub const fn name(text: &str) -> SegmentName {
    match SegmentName::parse(text) {
        Some(name) => name,
        None => panic!("a segment's name is a capital letter and two capitals or digits, not MSH"),
    }
}

impl SegmentName {
    /// Reads a name; `None` if it is none, or `MSH`, which a message has already.
    #[must_use]
    pub const fn parse(text: &str) -> Option<Self> {
        match *text.as_bytes() {
            [b'M', b'S', b'H'] => None,
            [
                a @ b'A'..=b'Z',
                b @ (b'A'..=b'Z' | b'0'..=b'9'),
                c @ (b'A'..=b'Z' | b'0'..=b'9'),
            ] => Some(Self([a, b, c])),
            _ => None,
        }
    }

    /// The three characters.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(&self.0) {
            Ok(text) => text,
            Err(_) => panic!("names are ASCII"),
        }
    }
}

/// What MSH says; the rest of it is the same in every message.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// MSH-3 to MSH-6: sending application and facility, receiving application and facility.
    pub route: [&'a str; 4],
    /// MSH-7, `yyyyMMddHHmmss` and perhaps `.fff`.
    pub sent: &'a str,
    /// MSH-9: message, event, structure.
    pub kind: [&'a str; 3],
    /// MSH-10, up to 20 characters.
    pub control: &'a str,
    /// MSH-21: entity identifier, namespace, universal ID and its type.
    pub profile: [&'a str; 4],
    /// What stands for characters that cannot be written.
    pub replacement: Replacement,
}

impl Default for Header<'_> {
    fn default() -> Self {
        Self {
            route: ["HIS123", "SEND", "GW", "RCV"],
            sent: "",
            kind: ["", "", ""],
            control: "",
            profile: [
                "SS-MIX2_1.20",
                "SS-MIX2",
                "1.2.392.200250.2.1.100.1.2.120",
                "ISO",
            ],
            replacement: Replacement::Geta,
        }
    }
}

/// Something that was lost in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The segment, counted from 0 with MSH.
    pub segment: usize,
    /// The field, counted as HL7 does.
    pub field: usize,
    /// What.
    pub kind: WarningKind,
}

/// A message's bytes, and what was lost in its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// ISO-2022-JP; CR after each segment, the last one too.
    pub bytes: Vec<u8>,
    /// In the order of their places.
    pub warnings: Vec<Warning>,
}

/// A message on the way.
#[derive(Clone, Debug)]
pub struct Message {
    text: String,
    segments: usize,
    warnings: Vec<Warning>,
    replacement: Replacement,
}

impl Message {
    /// Begins a message with MSH; MSH-18 and MSH-20 name the character sets.
    #[must_use]
    pub fn begin(header: &Header<'_>) -> Self {
        let mut message = Self {
            text: String::with_capacity(2_048),
            segments: 1,
            warnings: Vec::new(),
            replacement: header.replacement,
        };
        message.text.push_str("MSH|^~\\&");
        let msh = Segment {
            message: &mut message,
            last: 2,
        };
        let [application, facility, receiver, receiving] = header.route;
        msh.text(3, application)
            .text(4, facility)
            .text(5, receiver)
            .text(6, receiving)
            .text(7, header.sent)
            .components(9, &header.kind)
            .text(10, header.control)
            .text(11, "P")
            .text(12, "2.5")
            .repetitions(18, &[&[""], &["ISO IR87"]])
            .text(20, "ISO 2022-1994")
            .components(21, &header.profile);
        message
    }

    /// Opens a segment; it ends when it is dropped.
    pub fn segment(&mut self, name: SegmentName) -> Segment<'_> {
        self.segments += 1;
        self.text.push_str(name.as_str());
        Segment {
            message: self,
            last: 0,
        }
    }

    /// Encodes it.
    #[must_use]
    pub fn finish(self) -> Written {
        Written {
            bytes: encode(&self.text).expect("every value was folded"),
            warnings: self.warnings,
        }
    }
}

/// A segment on the way; fields come in ascending order, those left out are empty.
///
/// Each method panics if its field does not come after the last one, or has a number above
/// [`Segment::FIELDS_MAX`].
#[derive(Debug)]
pub struct Segment<'a> {
    message: &'a mut Message,
    last: usize,
}

impl Segment<'_> {
    /// No segment has as many fields.
    pub const FIELDS_MAX: usize = 200;

    /// Writes a field that is one text.
    pub fn text(mut self, field: usize, text: &str) -> Self {
        self.open(field);
        self.leaf(text);
        self
    }

    /// Writes `""`: there is no value, and the receiver shall know it.
    pub fn null(mut self, field: usize) -> Self {
        self.open(field);
        self.message.text.push_str("\"\"");
        self
    }

    /// Writes a field of components.
    pub fn components(mut self, field: usize, components: &[&str]) -> Self {
        self.open(field);
        self.join('^', components, |segment, text| segment.leaf(text));
        self
    }

    /// Writes a field of repetitions of components.
    pub fn repetitions(mut self, field: usize, repetitions: &[&[&str]]) -> Self {
        self.open(field);
        self.join('~', repetitions, |segment, components| {
            segment.join('^', components, |segment, text| segment.leaf(text));
        });
        self
    }

    /// Writes a field of repetitions of components of subcomponents.
    pub fn subcomponents(mut self, field: usize, repetitions: &[&[&[&str]]]) -> Self {
        self.open(field);
        self.join('~', repetitions, |segment, components| {
            segment.join('^', components, |segment, parts| {
                segment.join('&', parts, |segment, text| segment.leaf(text));
            });
        });
        self
    }

    fn open(&mut self, field: usize) {
        assert!(
            field > self.last && field <= Self::FIELDS_MAX,
            "fields are written in ascending order"
        );
        let bars = core::iter::repeat_n('|', field - self.last);
        self.message.text.extend(bars);
        self.last = field;
    }

    fn join<T: Copy>(&mut self, delimiter: char, parts: &[T], put: impl Fn(&mut Self, T)) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.message.text.push(delimiter);
            }
            put(self, *part);
        }
    }

    /// The one way in: folded, then escaped.
    fn leaf(&mut self, text: &str) {
        let folded = fold(text, self.message.replacement);
        for letter in folded.text.chars() {
            let escape = match letter {
                '|' => "\\F\\",
                '^' => "\\S\\",
                '&' => "\\T\\",
                '~' => "\\R\\",
                '\\' => "\\E\\",
                '\n' => "\\.br\\",
                _ => {
                    self.message.text.push(letter);
                    continue;
                }
            };
            self.message.text.push_str(escape);
        }
        let (segment, field) = (self.message.segments - 1, self.last);
        let warnings = folded.lost.into_iter().map(|kind| Warning {
            segment,
            field,
            kind,
        });
        self.message.warnings.extend(warnings);
    }
}

impl Drop for Segment<'_> {
    /// Ends the segment with CR.
    fn drop(&mut self) {
        self.message.text.push('\r');
    }
}
