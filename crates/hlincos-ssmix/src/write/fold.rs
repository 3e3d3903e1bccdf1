//! Folds text to the characters that SS-MIX2 can write: ASCII and JIS X 0208.

use super::table::{HALF_VOICED, KANA, Substitute, VOICED, substitute};
use crate::encode::pair;

/// What stands for a character that has no other substitute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replacement {
    /// 〓, the printer's mark for a missing type.
    #[default]
    Geta,
    /// ■, as the National Hospital Organization's writers do.
    Square,
}

impl Replacement {
    const fn mark(self) -> char {
        match self {
            Self::Geta => '〓',
            Self::Square => '■',
        }
    }
}

/// What was lost in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// A character is in neither set and has no substitute.
    Unmappable,
    /// A control character that could change the message.
    Control,
    /// The whole text was `""`, which HL7 reads as "no value"; it is written as `””`.
    LooksLikeNull,
}

/// Text that can be written, and what was lost on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// ASCII without control characters but LF, and JIS X 0208.
    pub text: String,
    /// One for each replaced character, in their order.
    pub lost: Vec<WarningKind>,
}

/// Folds a text.
///
/// Wave dash, minus and other characters that Unicode has twice; half-width kana with their voiced
/// marks; vendor characters by table. CR, CR LF and LF become LF. What remains becomes the
/// replacement, each with a warning. Folding twice changes nothing more.
/// Time: linear.
#[must_use]
pub fn fold(text: &str, replacement: Replacement) -> Folded {
    let mut folded = Folded {
        text: String::with_capacity(text.len()),
        lost: Vec::new(),
    };
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' '..='~' | '\n' => folded.text.push(letter),
            '\r' => {
                letters.next_if_eq(&'\n');
                folded.text.push('\n');
            }
            // Marks of their own after kana: combining, half-width, full-width.
            '\u{3099}' | '\u{FF9E}' => folded.mark(VOICED, '゛'),
            '\u{309A}' | '\u{FF9F}' => folded.mark(HALF_VOICED, '゜'),
            '\u{FF61}'..='\u{FF9D}' => {
                let index = u32::from(letter) - 0xFF61;
                folded.text.extend(KANA.chars().nth(index as usize));
            }
            _ => folded.other(letter, replacement),
        }
    }
    if folded.text == "\"\"" {
        folded.text = "””".to_owned();
        folded.lost.push(WarningKind::LooksLikeNull);
    }
    folded
}

impl Folded {
    /// Joins a mark with the kana before it, or writes it by itself.
    fn mark(&mut self, (plain, marked): (&str, &str), alone: char) {
        let last = self.text.chars().next_back();
        let place = last.and_then(|last| plain.chars().position(|kana| kana == last));
        match place {
            Some(place) => {
                self.text.pop();
                self.text.extend(marked.chars().nth(place));
            }
            None => self.text.push(alone),
        }
    }

    fn other(&mut self, letter: char, replacement: Replacement) {
        // Some of the table can be encoded as well, yet comes back as its twin.
        match substitute(letter) {
            Some(Substitute::One(one)) => self.text.push(one),
            Some(Substitute::Words(words)) => self.text.push_str(words),
            Some(Substitute::Bracketed(number)) => {
                self.text.push('(');
                self.text.push_str(&number.to_string());
                self.text.push(')');
            }
            None if letter.is_control() => {
                self.text.push(replacement.mark());
                self.lost.push(WarningKind::Control);
            }
            None if pair(letter).is_some() => self.text.push(letter),
            None => {
                self.text.push(replacement.mark());
                self.lost.push(WarningKind::Unmappable);
            }
        }
    }
}
