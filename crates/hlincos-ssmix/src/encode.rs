//! ISO-2022-JP with ASCII and JIS X 0208 alone, the two sets of SS-MIX2; strict.
//!
//! Source: `spec/ssmix-writing.md`, section 3.

use std::sync::OnceLock;

use encoding_rs::EUC_JP;

/// A character that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the character at {offset} is not in JIS X 0208, or would change the message: fold the text first"
)]
pub struct EncodeError {
    /// Where, in bytes of the text.
    pub offset: usize,
}

/// Encodes text; CR, LF and tabs go through, other control characters are refused.
///
/// Wave dash and minus sign are folded to the characters that decoders give back. Numeric
/// references are never written: their `&` would be an HL7 delimiter.
/// Time: linear.
///
/// # Errors
/// [`EncodeError`] for escapes, other control characters, and characters outside of both sets:
/// [`fold`](crate::write::fold) makes a text that has none of them.
pub fn encode(text: &str) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let single = rest.bytes().position(|byte| !byte.is_ascii());
        let (ascii, wide) = rest.split_at(single.unwrap_or(rest.len()));
        if let Some(at) = ascii.bytes().position(is_refused) {
            let offset = text.len() - rest.len() + at;
            return Err(EncodeError { offset });
        }
        out.extend_from_slice(ascii.as_bytes());
        rest = wide;
        if wide.is_empty() {
            break;
        }
        out.extend_from_slice(KANJI);
        let end = wide.bytes().position(|byte| byte.is_ascii());
        let (wide, later) = wide.split_at(end.unwrap_or(wide.len()));
        for (at, letter) in wide.char_indices() {
            let offset = text.len() - rest.len() + at;
            out.extend(pair(letter).ok_or(EncodeError { offset })?);
        }
        out.extend_from_slice(ASCII);
        rest = later;
    }
    Ok(out)
}

fn is_refused(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\r' | b'\n' | b'\t')
}

/// The two bytes of a character of JIS X 0208; `None` outside of its rows 1 to 8 and 16 to 84,
/// where vendors have put characters of their own.
///
/// Time: constant, after the first call has turned the decoder's table round.
pub(crate) fn pair(letter: char) -> Option<[u8; 2]> {
    static PAIRS: OnceLock<Vec<[u8; 2]>> = OnceLock::new();
    let pairs = PAIRS.get_or_init(turn_round);
    let pair = *pairs.get(u32::from(letter) as usize)?;
    (pair != NO_PAIR).then_some(pair)
}

/// Lists pairs by character, from what the decoder makes of each pair.
fn turn_round() -> Vec<[u8; 2]> {
    let mut pairs = vec![NO_PAIR; 0x1_0000];
    for row in (0x21..=0x28_u8).chain(0x30..=0x74) {
        for cell in 0x21..=0x7E_u8 {
            let euc = [row | 0x80, cell | 0x80];
            let (text, failed) = EUC_JP.decode_without_bom_handling(&euc);
            let letter = text.chars().next().filter(|_| !failed);
            if let Some(place) = letter.and_then(|letter| pairs.get_mut(letter as usize)) {
                *place = [row, cell];
            }
        }
    }
    pairs[0x301C] = pairs[0xFF5E];
    pairs[0x2212] = pairs[0xFF0D];
    pairs
}

/// Two-byte characters follow.
const KANJI: &[u8] = b"\x1B$B";
/// One-byte characters follow.
const ASCII: &[u8] = b"\x1B(B";
/// No character has this pair.
const NO_PAIR: [u8; 2] = [0, 0];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::characters::decode;

    #[test]
    fn what_is_encoded_comes_back() {
        let text = "PID|土佐^花子~トサ^ハナコ|高知県高知市池２１２５番地１\r";
        let bytes = encode(text).unwrap();
        let decoded = decode(&bytes);
        assert_eq!((&*decoded.text, decoded.defects.len()), (text, 0));
        assert_eq!(encode("a亜b").unwrap(), b"a\x1B$B\x30\x21\x1B(Bb");
        assert_eq!(encode("").unwrap(), b"");
    }

    #[test]
    fn every_character_of_the_standard_is_written_as_the_pair_it_was_read_from() {
        let mut count = 0;
        for row in 0x21..=0x7E_u8 {
            for cell in 0x21..=0x7E_u8 {
                let bytes = [0x1B, b'$', b'B', row, cell, 0x1B, b'(', b'B'];
                let decoded = decode(&bytes);
                let standard = matches!(row, 0x21..=0x28 | 0x30..=0x74);
                if !decoded.defects.is_empty() {
                    continue;
                }
                if standard {
                    count += 1;
                    assert_eq!(encode(&decoded.text).unwrap(), bytes, "{row:02x}{cell:02x}");
                } else if let Ok(other) = encode(&decoded.text) {
                    // Row 13 repeats nine signs of row 2.
                    assert!((0x21..=0x28).contains(&other[3]), "{}", decoded.text);
                }
            }
        }
        assert_eq!(count, 6_879, "JIS X 0208:1990 has so many characters");
    }

    #[test]
    fn nothing_can_be_smuggled_in() {
        assert_eq!(
            encode("a\u{301C}b").map(|bytes| decode(&bytes).text.into_owned()),
            Ok("a～b".into())
        );
        for (bad, offset) in [
            ("\u{1B}$B", 0),
            ("a😀", 1),
            ("亜a\0", 4),
            ("髙", 0),
            ("亜①", 3),
            ("¥", 0),
            ("ｱ", 0),
            ("a\u{7F}", 1),
        ] {
            assert_eq!(encode(bad), Err(EncodeError { offset }), "{bad:?}");
        }
    }
}
