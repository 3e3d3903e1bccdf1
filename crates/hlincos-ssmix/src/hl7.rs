//! HL7 v2.5: segments, fields, repetitions, components, subcomponents of decoded text.
//!
//! Lazy: a message is cut into segments, everything below on access. Nothing is refused; what is
//! not there is empty.

/// A message: decoded text cut into segments.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    segments: Vec<Segment<'a>>,
    separators: Separators,
}

/// The characters that separate; MSH-1 and MSH-2 say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Separators {
    field: char,
    component: char,
    repetition: char,
    escape: char,
    subcomponent: char,
}

const USUAL: Separators = Separators {
    field: '|',
    component: '^',
    repetition: '~',
    escape: '\\',
    subcomponent: '&',
};

/// One segment: a name and its fields.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    text: &'a str,
    separators: Separators,
}

/// A field, a repetition, a component or a subcomponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    text: &'a str,
    separators: Separators,
}

impl<'a> Message<'a> {
    /// Cuts text into segments. Ends in CR, LF or both; MLLP's last byte 0x1C is dropped.
    ///
    /// `None` when the text does not begin with `MSH`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_start_matches(['\u{0B}', '\u{FEFF}', '\r', '\n']);
        let rest = text.strip_prefix("MSH")?;
        let mut characters = rest.chars();
        let separators = match characters.next() {
            None | Some('\r' | '\n') => USUAL,
            Some(field) => {
                let mut next = |usual: char| {
                    characters
                        .next()
                        .filter(|c| *c != field && !c.is_alphanumeric())
                        .unwrap_or(usual)
                };
                Separators {
                    field,
                    component: next('^'),
                    repetition: next('~'),
                    escape: next('\\'),
                    subcomponent: next('&'),
                }
            }
        };
        let segments = text
            .split(['\r', '\n'])
            .map(|line| line.trim_matches('\u{1C}'))
            .filter(|line| !line.is_empty())
            .map(|text| Segment { text, separators })
            .collect();
        Some(Self {
            segments,
            separators,
        })
    }

    /// All segments in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// Segments of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Segment<'a>> {
        self.segments
            .iter()
            .copied()
            .filter(move |segment| segment.name() == name)
    }

    /// The first segment of a name; an empty one when there is none.
    #[must_use]
    pub fn first(&self, name: &str) -> Segment<'a> {
        self.all(name).next().unwrap_or(Segment {
            text: "",
            separators: self.separators,
        })
    }
}

impl<'a> Segment<'a> {
    /// The segment's name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text
            .split(self.separators.field)
            .next()
            .unwrap_or_default()
    }

    /// A field by its HL7 number, from 1; of MSH, 1 is the separator itself.
    #[must_use]
    pub fn field(&self, number: usize) -> Value<'a> {
        let skip = if self.name() == "MSH" {
            number.saturating_sub(1)
        } else {
            number
        };
        let text = self
            .text
            .split(self.separators.field)
            .nth(skip)
            .unwrap_or_default();
        Value {
            text,
            separators: self.separators,
        }
    }
}

impl<'a> Value<'a> {
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

    /// Repetitions, in order; none when nothing was sent.
    pub fn repetitions(&self) -> impl Iterator<Item = Self> + use<'a> {
        let separators = self.separators;
        let parts = self.text.split(separators.repetition);
        parts
            .filter(|text| !text.is_empty())
            .map(move |text| Self { text, separators })
    }

    /// A component by its number, from 1.
    #[must_use]
    pub fn component(&self, number: usize) -> Self {
        self.part(self.separators.component, number)
    }

    /// A subcomponent by its number, from 1.
    #[must_use]
    pub fn subcomponent(&self, number: usize) -> Self {
        self.part(self.separators.subcomponent, number)
    }

    fn part(&self, separator: char, number: usize) -> Self {
        let text = self
            .text
            .split(separator)
            .nth(number.saturating_sub(1))
            .unwrap_or_default();
        Self {
            text,
            separators: self.separators,
        }
    }

    /// The characters as sent.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.text
    }

    /// The text: `\F\`, `\S\`, `\T\`, `\R\`, `\E\` undone, the explicit null as nothing.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_null() {
            return String::new();
        }
        let mark = self.separators.escape;
        let mut out = String::with_capacity(self.text.len());
        let mut rest = self.text;
        while let Some((before, after)) = rest.split_once(mark) {
            out.push_str(before);
            let Some((code, later)) = after.split_once(mark) else {
                out.push(mark);
                rest = after;
                continue;
            };
            match code {
                "F" => out.push(self.separators.field),
                "S" => out.push(self.separators.component),
                "T" => out.push(self.separators.subcomponent),
                "R" => out.push(self.separators.repetition),
                "E" => out.push(mark),
                ".br" => out.push('\n'),
                // Highlighting and the like say nothing that a plain text needs.
                "H" | "N" => {}
                other => {
                    out.push(mark);
                    out.push_str(other);
                    out.push(mark);
                }
            }
            rest = later;
        }
        out.push_str(rest);
        out
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
