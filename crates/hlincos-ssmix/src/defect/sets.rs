//! Character sets that are read, though SS-MIX2 has ISO IR6 and ISO IR87 alone.

use crate::rule::Rule;

use super::{DEFECTS_MAX, Defect};

/// Notes escapes to other sets, needless escapes, and characters of vendors in two-byte text.
pub(super) fn notes(bytes: &[u8], defects: &mut Vec<Defect>) {
    let mut offsets = memchr::memchr_iter(0x1B, bytes);
    while let Some(at) = offsets.next().filter(|_| defects.len() < DEFECTS_MAX) {
        let rest = &bytes[at..];
        if rest.starts_with(b"\x1B(B\x1B$B") {
            defects.push(note(Rule::EscapeTwice, at));
        } else if OTHER_SETS.iter().any(|escape| rest.starts_with(escape)) {
            defects.push(note(Rule::OtherSet, at));
        }
        for (escape, width) in KANJI {
            if rest.starts_with(escape) {
                vendors(bytes, at + width, defects);
            }
        }
    }
}

/// Notes pairs of the rows that JIS X 0208 leaves to vendors, up to the end of the run.
fn vendors(bytes: &[u8], from: usize, defects: &mut Vec<Defect>) {
    let (pairs, _) = bytes[from..].as_chunks::<2>();
    let run = pairs
        .iter()
        .take_while(|pair| pair.iter().all(|byte| matches!(byte, 0x21..=0x7E)));
    for (at, [row, _]) in run.enumerate() {
        // Rows 9 to 15 and 85 to 94.
        if matches!(row, 0x29..=0x2F | 0x75..=0x7E) && defects.len() < DEFECTS_MAX {
            defects.push(note(Rule::VendorCharacter, from + 2 * at));
        }
    }
}

const fn note(rule: Rule, at: usize) -> Defect {
    Defect {
        rule,
        offset: Some(at),
        field: None,
    }
}

/// JIS Roman, half-width kana, JIS X 0208 of 1978, of 1990, and JIS X 0212.
const OTHER_SETS: [&[u8]; 5] = [b"\x1B(J", b"\x1B(I", b"\x1B$@", b"\x1B$(", b"\x1B&@"];
/// Escapes behind which pairs of JIS X 0208 stand, and their lengths.
const KANJI: [(&[u8], usize); 3] = [(b"\x1B$B", 3), (b"\x1B$@", 3), (b"\x1B$(B", 4)];
