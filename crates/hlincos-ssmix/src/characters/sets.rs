//! The character sets that ISO-2022-JP switches between.

use std::sync::LazyLock;

use encoding_rs::EUC_JP;

/// What the bytes after an escape mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Ascii,
    /// JIS X 0201, right half: half-width kana.
    Kana,
    /// JIS X 0208.
    Kanji,
    /// JIS X 0212.
    Supplement,
}

/// The escape that bytes begin with: its length, and the set that follows it.
pub(super) fn designation(bytes: &[u8]) -> Option<(usize, Set)> {
    const SEQUENCES: [(&[u8], Set); 8] = [
        (b"\x1B$B", Set::Kanji),
        (b"\x1B(B", Set::Ascii),
        // JIS Roman: its yen sign is HL7's escape character, so it is read as ASCII.
        (b"\x1B(J", Set::Ascii),
        (b"\x1B(I", Set::Kana),
        (b"\x1B$@", Set::Kanji),
        (b"\x1B$(B", Set::Kanji),
        (b"\x1B$(D", Set::Supplement),
        (b"\x1B&@\x1B$B", Set::Kanji),
    ];
    SEQUENCES
        .iter()
        .find(|(sequence, _)| bytes.starts_with(sequence))
        .map(|(sequence, set)| (sequence.len(), *set))
}

/// A byte that may stand in a pair.
pub(super) const fn is_graphic(byte: &u8) -> bool {
    matches!(byte, 0x21..=0x7E)
}

/// The kana of a byte of JIS X 0201.
pub(super) fn kana(byte: u8) -> Option<char> {
    let cell = byte.checked_sub(0x21).filter(|cell| *cell <= 0x3E)?;
    char::from_u32(0xFF61 + u32::from(cell))
}

const CELLS: usize = 94;

/// A character as UTF-8: up to three bytes, then their number.
#[derive(Clone, Copy)]
pub(super) struct Character([u8; 4]);

impl Character {
    /// Adds the character to a text. Four bytes are copied and what is too much dropped again:
    /// a copy of fixed length is one instruction, of any length a call.
    #[inline]
    pub(super) fn add_to(self, text: &mut Vec<u8>) {
        let len = text.len() + usize::from(self.0[3]);
        text.extend_from_slice(&self.0);
        text.truncate(len);
    }
}

/// JIS X 0208 with the vendors' rows, as the WHATWG index has them.
pub(super) struct Kanji([Character; CELLS * CELLS]);

impl Kanji {
    /// The character of a pair; `None` when it is none.
    #[inline]
    pub(super) fn get(&self, [row, cell]: [u8; 2]) -> Option<Character> {
        let row = usize::from(row.wrapping_sub(0x21));
        let cell = usize::from(cell.wrapping_sub(0x21));
        if row >= CELLS || cell >= CELLS {
            return None;
        }
        let character = self.0[row * CELLS + cell];
        (character.0[3] > 0).then_some(character)
    }
}

/// The table, made from that of `encoding_rs` at its first use: 35 KiB.
pub(super) fn kanji() -> &'static Kanji {
    static TABLE: LazyLock<Box<Kanji>> = LazyLock::new(|| {
        let mut table = Box::new(Kanji([Character([0; 4]); CELLS * CELLS]));
        for (at, entry) in table.0.iter_mut().enumerate() {
            let byte = |n: usize| 0xA1 + u8::try_from(n).unwrap_or_default();
            let pair = [byte(at / CELLS), byte(at % CELLS)];
            let text = EUC_JP.decode_without_bom_handling_and_without_replacement(&pair);
            if let Some(text) = text.filter(|text| text.len() <= 3) {
                entry.0[..text.len()].copy_from_slice(text.as_bytes());
                entry.0[3] = u8::try_from(text.len()).unwrap_or_default();
            }
        }
        table
    });
    &TABLE
}
