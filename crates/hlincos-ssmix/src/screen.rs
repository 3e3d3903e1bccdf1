//! Characters that act on a screen instead of being shown on it.

/// Whether a character is shown as itself: it is no control character, turns no direction of
/// writing, and is not invisible.
///
/// Ends of line and tabs are not: whoever prints several lines lets them through.
#[must_use]
pub fn is_shown(letter: char) -> bool {
    !letter.is_control()
        && !matches!(
            letter,
            '\u{AD}'
                | '\u{61C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_and_what_turns_or_hides_it_is_not() {
        assert!("土佐 花子 ﾄｻ ｶﾞ é 𠮷 |^~\\&".chars().all(is_shown));
        let hidden = "\u{1B}\u{7F}\u{9B}\r\n\t\u{202E}\u{2066}\u{200B}\u{FEFF}\u{2028}\u{E0041}";
        assert!(!hidden.chars().any(is_shown));
    }
}
