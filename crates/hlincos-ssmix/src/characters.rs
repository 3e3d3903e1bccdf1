//! ISO-2022-JP as hospitals write it, to text; [`encode`](mod@crate::encode) goes the other way.
//!
//! An escape machine of our own in front of the EUC-JP tables of `encoding_rs`: the WHATWG decoder
//! makes an error of two escapes in a row and garbage of a missing escape before a line's end,
//! both of which occur. Always decode before splitting: `|`, `^`, `&`, `~` and `\` occur as second
//! and first bytes of kanji.

mod sets;

use std::borrow::Cow;

use encoding_rs::EUC_JP;
use memchr::memchr;

use sets::{Set, designation};

const ESC: u8 = 0x1B;

/// Defects kept of one text: bytes that are no text at all must not cost more memory than they are.
pub const TEXT_DEFECTS_MAX: usize = 1_000;

/// Text, and what was wrong with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text; U+FFFD where bytes mean nothing. Borrowed when the bytes are their own text.
    pub text: Cow<'a, str>,
    /// In the order of their places; the first [`TEXT_DEFECTS_MAX`].
    pub defects: Vec<TextDefect>,
}

/// Something wrong with the bytes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextDefect {
    /// Where, in bytes from the beginning.
    pub offset: usize,
    /// What.
    pub kind: TextDefectKind,
}

/// What can be wrong with the bytes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextDefectKind {
    /// An escape sequence that ISO-2022-JP does not have.
    Escape,
    /// A byte above 0x7F, or a pair that is no character.
    Bytes,
    /// A line ends in two-byte mode: the escape back is missing.
    NotClosed,
    /// The body is UTF-8, whatever its header says.
    Utf8,
}

/// Decodes a message's bytes.
///
/// Bytes above 0x7F that make the whole valid UTF-8 are taken for UTF-8 and told as a defect.
/// Time: linear. Memory: at most three bytes of text per byte.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    if let Some(text) = own_text(bytes) {
        let high = bytes.iter().position(|byte| !byte.is_ascii());
        let kind = TextDefectKind::Utf8;
        return Decoded {
            text: Cow::Borrowed(text),
            defects: high
                .map(|offset| TextDefect { offset, kind })
                .into_iter()
                .collect(),
        };
    }
    let mut machine = Machine::new(bytes);
    while machine.step().is_some() {}
    Decoded {
        text: Cow::Owned(machine.finish()),
        defects: machine.defects,
    }
}

/// Bytes that are their own text: ASCII without escapes, or UTF-8 without escapes.
fn own_text(bytes: &[u8]) -> Option<&str> {
    if memchr(ESC, bytes).is_some() {
        return None;
    }
    core::str::from_utf8(bytes).ok()
}

/// Where places of the decoded text lie in its bytes.
///
/// Shape: `places` in ascending order, in bytes of the text; as many come back.
/// Time: decodes once more, so ask once for all places.
#[must_use]
pub fn places_in_bytes(bytes: &[u8], places: &[usize]) -> Vec<usize> {
    if own_text(bytes).is_some() {
        return places.iter().map(|at| (*at).min(bytes.len())).collect();
    }
    let mut machine = Machine::new(bytes);
    let mut found = Vec::with_capacity(places.len());
    while let Some(run) = machine.step() {
        while let Some(place) = places
            .get(found.len())
            .filter(|at| **at < machine.text.len())
        {
            let inside = machine.text.get(run.text..*place).unwrap_or_default();
            let characters = if run.width == 1 {
                // Half-width kana come one by one, so that this is ASCII.
                inside.len()
            } else {
                core::str::from_utf8(inside).map_or(0, |text| text.chars().count())
            };
            found.push(run.at + characters * run.width);
        }
    }
    found.resize(places.len(), bytes.len());
    found
}

/// A piece of bytes that became a piece of text.
struct Run {
    at: usize,
    text: usize,
    /// Bytes per character.
    width: usize,
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next escape, or the end; looked for once each, or garbage would cost its square.
    next_escape: usize,
    set: Set,
    /// Valid UTF-8: whole characters are all that is ever added.
    text: Vec<u8>,
    defects: Vec<TextDefect>,
}

impl<'a> Machine<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            next_escape: 0,
            set: Set::Ascii,
            // Half of the bytes as kanji, and their escapes.
            text: Vec::with_capacity(bytes.len() + bytes.len() / 8 + 16),
            defects: Vec::new(),
        }
    }

    fn finish(&mut self) -> String {
        String::from_utf8(core::mem::take(&mut self.text))
            .expect("only whole characters were added")
    }

    /// Reads on up to the next change of set; `None` at the end.
    fn step(&mut self) -> Option<Run> {
        let (at, text) = (self.at, self.text.len());
        let run = |width| Some(Run { at, text, width });
        let Some(byte) = self.bytes.get(self.at).copied() else {
            if self.set != Set::Ascii {
                self.defect(TextDefectKind::NotClosed);
                self.set = Set::Ascii;
            }
            return None;
        };
        match (self.set, byte) {
            (_, ESC) => self.escape(),
            (Set::Ascii, _) => self.ascii_run(),
            (_, b'\r' | b'\n') => {
                self.defect(TextDefectKind::NotClosed);
                self.set = Set::Ascii;
                self.ascii_run();
            }
            (Set::Kana, _) => self.kana(byte),
            (Set::Kanji, _) => {
                self.kanji_run();
                return run(2);
            }
            (Set::Supplement, _) => self.supplement(),
        }
        run(1)
    }

    fn defect(&mut self, kind: TextDefectKind) {
        if self.defects.len() < TEXT_DEFECTS_MAX {
            let offset = self.at;
            self.defects.push(TextDefect { offset, kind });
        }
    }

    /// Writes U+FFFD for one byte that means nothing.
    fn nonsense(&mut self, kind: TextDefectKind) {
        self.defect(kind);
        self.text.extend_from_slice("\u{FFFD}".as_bytes());
        self.at += 1;
    }

    /// Copies single bytes up to the next escape.
    fn ascii_run(&mut self) {
        if self.next_escape <= self.at {
            let rest = &self.bytes[self.at..];
            self.next_escape = self.at + memchr(ESC, rest).unwrap_or(rest.len());
        }
        let run = &self.bytes[self.at..self.next_escape];
        let clean = if run.is_ascii() {
            run.len()
        } else {
            run.iter().take_while(|byte| byte.is_ascii()).count()
        };
        if clean == 0 {
            return self.nonsense(TextDefectKind::Bytes);
        }
        self.text.extend_from_slice(&run[..clean]);
        self.at += clean;
    }

    fn escape(&mut self) {
        match designation(&self.bytes[self.at..]) {
            Some((len, set)) => {
                self.at += len;
                self.set = set;
            }
            None => self.nonsense(TextDefectKind::Escape),
        }
    }

    /// Half-width kana, JIS X 0201.
    fn kana(&mut self, byte: u8) {
        match sets::kana(byte) {
            Some(kana) => {
                let mut buffer = [0; 4];
                self.text
                    .extend_from_slice(kana.encode_utf8(&mut buffer).as_bytes());
                self.at += 1;
            }
            None => self.nonsense(TextDefectKind::Bytes),
        }
    }

    /// Pairs of JIS X 0208 as long as they are characters.
    fn kanji_run(&mut self) {
        let table = sets::kanji();
        let from = self.at;
        let (pairs, _) = self.bytes[from..].as_chunks::<2>();
        for pair in pairs {
            let Some(character) = table.get(*pair) else {
                break;
            };
            character.add_to(&mut self.text);
            self.at += 2;
        }
        if self.at == from {
            let pair = self.bytes.get(from..from + 2);
            self.nonsense(TextDefectKind::Bytes);
            // A pair of the right form that is no character is one mistake, not two.
            self.at += usize::from(pair.is_some_and(|pair| pair.iter().all(sets::is_graphic)));
        }
    }

    /// One pair of JIS X 0212; rare, so read through EUC-JP's prefix.
    fn supplement(&mut self) {
        let rest = &self.bytes[self.at..];
        match rest {
            [row, cell, ..] if sets::is_graphic(row) && sets::is_graphic(cell) => {
                let euc = [0x8F, row | 0x80, cell | 0x80];
                match EUC_JP.decode_without_bom_handling_and_without_replacement(&euc) {
                    Some(text) => {
                        self.text.extend_from_slice(text.as_bytes());
                        self.at += 2;
                    }
                    None => {
                        self.nonsense(TextDefectKind::Bytes);
                        self.at += 1;
                    }
                }
            }
            _ => self.nonsense(TextDefectKind::Bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[u8]) -> Vec<TextDefectKind> {
        decode(bytes)
            .defects
            .iter()
            .map(|defect| defect.kind)
            .collect()
    }

    #[test]
    fn every_pair_of_jis_x_0208_decodes_as_the_standard_decoder_does() {
        for row in 0x21..=0x7E_u8 {
            for cell in 0x21..=0x7E_u8 {
                let bytes = [0x1B, b'$', b'B', row, cell, 0x1B, b'(', b'B'];
                let (standard, failed) =
                    encoding_rs::ISO_2022_JP.decode_without_bom_handling(&bytes);
                if !failed {
                    assert_eq!(decode(&bytes).text, standard, "{row:02x}{cell:02x}");
                }
            }
        }
    }

    #[test]
    fn two_escapes_in_a_row_are_no_error() {
        let bytes = b"\x1B$B\x30\x21\x1B(B\x1B$B\x30\x22\x1B(B";
        assert_eq!(
            decode(bytes),
            Decoded {
                text: "亜唖".into(),
                defects: vec![]
            }
        );
    }

    #[test]
    fn a_missing_escape_spoils_its_own_line_only() {
        let decoded = decode(b"\x1B$B\x30\x21\rPV1|1");
        assert_eq!(decoded.text, "亜\rPV1|1");
        assert_eq!(decoded.defects.len(), 1);
        assert_eq!(kinds(b"\x1B$B\x30\x21"), [TextDefectKind::NotClosed]);
    }

    #[test]
    fn roman_kana_and_the_supplement_are_read() {
        assert_eq!(
            decode(b"\x1B(J\\\x1B(B").text,
            "\\",
            "HL7's escape survives"
        );
        assert_eq!(decode(b"\x1B(I\x31\x32\x1B(B").text, "ｱｲ");
        assert_eq!(kinds(b"\x1B(I\x00\x60\x1B(B"), [TextDefectKind::Bytes; 2]);
        assert_eq!(decode(b"\x1B$(D\x30\x21\x1B(B").text, "丂");
        assert_eq!(decode(b"\x1B$@\x30\x21\x1B(B").text, "亜");
    }

    #[test]
    fn utf_8_under_any_header_is_read_and_told() {
        assert_eq!(decode("土佐".as_bytes()).text, "土佐");
        assert_eq!(kinds("a土佐".as_bytes()), [TextDefectKind::Utf8]);
        assert_eq!(kinds(b"\xFB\xFC"), [TextDefectKind::Bytes; 2]);
        assert_eq!(kinds(b"\x1B[2J"), [TextDefectKind::Escape]);
    }

    #[test]
    fn a_script_hidden_across_escapes_comes_out_as_text_to_be_escaped() {
        assert_eq!(decode(b"<\x1B(Js\x1B(Bcript>").text, "<script>");
    }

    proptest::proptest! {
        #[test]
        fn bytes_from_outside_never_panic(bytes in proptest::collection::vec(
            proptest::prop_oneof![proptest::num::u8::ANY, proptest::sample::select(&b"\x1B$(BJI@D\r|"[..])], 0..60)
        ) {
            let decoded = decode(&bytes);
            proptest::prop_assert!(decoded.defects.iter().all(|defect| defect.offset <= bytes.len()));
        }
    }
}
