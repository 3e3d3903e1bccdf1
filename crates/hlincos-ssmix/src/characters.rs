//! ISO-2022-JP as hospitals write it, to text; [`encode`](mod@crate::encode) goes the other way.
//!
//! An escape machine of our own in front of the EUC-JP tables of `encoding_rs`: the WHATWG decoder
//! makes an error of two escapes in a row and garbage of a missing escape before a line's end,
//! both of which occur. Always decode before splitting: `|`, `^`, `&`, `~` and `\` occur as second
//! and first bytes of kanji.

use encoding_rs::EUC_JP;

const ESC: u8 = 0x1B;

/// Text, and what was wrong with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; U+FFFD where bytes mean nothing.
    pub text: String,
    /// In the order of their places.
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Ascii,
    Kana,
    Kanji,
    Supplement,
}

/// Decodes a message's bytes.
///
/// Bytes above 0x7F that make the whole valid UTF-8 are taken for UTF-8 and told as a defect.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    if !bytes.contains(&ESC)
        && let Some(offset) = bytes.iter().position(|byte| !byte.is_ascii())
        && let Ok(text) = core::str::from_utf8(bytes)
    {
        let kind = TextDefectKind::Utf8;
        return Decoded {
            text: text.to_owned(),
            defects: vec![TextDefect { offset, kind }],
        };
    }
    let mut machine = Machine {
        bytes,
        at: 0,
        text: String::new(),
        defects: Vec::new(),
    };
    machine.text.reserve(bytes.len());
    machine.run();
    Decoded {
        text: machine.text,
        defects: machine.defects,
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    text: String,
    defects: Vec<TextDefect>,
}

impl Machine<'_> {
    fn run(&mut self) {
        let mut mode = Mode::Ascii;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match (mode, byte) {
                (_, ESC) => mode = self.escape(mode),
                (_, b'\r' | b'\n') => {
                    if mode != Mode::Ascii {
                        self.defect(TextDefectKind::NotClosed);
                        mode = Mode::Ascii;
                    }
                    self.ascii_run();
                }
                (Mode::Ascii, _) => self.ascii_run(),
                (Mode::Kana, _) => self.kana(byte),
                (Mode::Kanji | Mode::Supplement, _) => self.pair(mode),
            }
        }
        if mode != Mode::Ascii {
            self.defect(TextDefectKind::NotClosed);
        }
    }

    fn defect(&mut self, kind: TextDefectKind) {
        self.defects.push(TextDefect {
            offset: self.at,
            kind,
        });
    }

    /// Copies single bytes up to the next escape.
    fn ascii_run(&mut self) {
        let rest = &self.bytes[self.at..];
        let len = rest
            .iter()
            .position(|byte| *byte == ESC || !byte.is_ascii());
        let (run, _) = rest.split_at(len.unwrap_or(rest.len()));
        self.text
            .push_str(core::str::from_utf8(run).unwrap_or_default());
        self.at += run.len();
        if run.is_empty() {
            self.defect(TextDefectKind::Bytes);
            self.text.push('\u{FFFD}');
            self.at += 1;
        }
    }

    fn escape(&mut self, mode: Mode) -> Mode {
        const SEQUENCES: [(&[u8], Mode); 8] = [
            (b"\x1B(B", Mode::Ascii),
            // JIS Roman: its yen sign is HL7's escape character, so it is read as ASCII.
            (b"\x1B(J", Mode::Ascii),
            (b"\x1B(I", Mode::Kana),
            (b"\x1B$B", Mode::Kanji),
            (b"\x1B$@", Mode::Kanji),
            (b"\x1B$(B", Mode::Kanji),
            (b"\x1B$(D", Mode::Supplement),
            (b"\x1B&@\x1B$B", Mode::Kanji),
        ];
        let rest = &self.bytes[self.at..];
        for (sequence, next) in SEQUENCES {
            if rest.starts_with(sequence) {
                self.at += sequence.len();
                return next;
            }
        }
        self.defect(TextDefectKind::Escape);
        self.text.push('\u{FFFD}');
        self.at += 1;
        mode
    }

    /// Half-width kana, JIS X 0201.
    fn kana(&mut self, byte: u8) {
        let kana = (0x21..=0x5F)
            .contains(&byte)
            .then(|| char::from_u32(0xFF61 + u32::from(byte - 0x21)))
            .flatten();
        match kana {
            Some(kana) => self.text.push(kana),
            None => {
                self.defect(TextDefectKind::Bytes);
                self.text.push('\u{FFFD}');
            }
        }
        self.at += 1;
    }

    /// A pair of JIS X 0208, or of JIS X 0212 behind EUC's 0x8F.
    fn pair(&mut self, mode: Mode) {
        let pair = self.bytes.get(self.at..self.at + 2);
        let legal = |byte: &u8| (0x21..=0x7E).contains(byte);
        let Some(pair) = pair.filter(|pair| pair.iter().all(legal)) else {
            self.defect(TextDefectKind::Bytes);
            self.text.push('\u{FFFD}');
            self.at += 1;
            return;
        };
        let euc = [0x8F, pair[0] | 0x80, pair[1] | 0x80];
        let euc = if mode == Mode::Supplement {
            &euc[..]
        } else {
            &euc[1..]
        };
        let (text, failed) = EUC_JP.decode_without_bom_handling(euc);
        if failed {
            self.defect(TextDefectKind::Bytes);
        }
        self.text.push_str(&text);
        self.at += 2;
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
