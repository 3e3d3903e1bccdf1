//! HL7 escapes: `\F\`, `\Xdd..\` and the like, back to characters.

use std::borrow::Cow;

use super::separators::Separators;
use crate::characters::decode;

/// Undoes the escapes of a text; what is no escape stays as it was sent.
pub(super) fn unescape(text: &str, separators: Separators) -> Cow<'_, str> {
    let mark = char::from(separators.escape);
    if !text.contains(mark) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        out.push_str(before);
        let Some((code, later)) = after.split_once(mark) else {
            out.push(mark);
            rest = after;
            continue;
        };
        if one(code, separators, &mut out) {
            rest = later;
        } else {
            // The second mark may open an escape of its own: `a\b\T\c`.
            out.push(mark);
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes what one escape stands for; `false` when it is none.
fn one(code: &str, separators: Separators, out: &mut String) -> bool {
    match code {
        "F" => out.push(char::from(separators.field)),
        "S" => out.push(char::from(separators.component)),
        "T" => out.push(char::from(separators.subcomponent)),
        "R" => out.push(char::from(separators.repetition)),
        "E" => out.push(char::from(separators.escape)),
        // Highlighting and no wrapping say nothing that a plain text needs.
        "H" | "N" | ".nf" | ".fi" => {}
        ".br" | ".ce" => out.push('\n'),
        _ => return hexadecimal(code, out) || spacing(code, out),
    }
    true
}

/// `Xdd..`: bytes in hexadecimal, in the message's character set.
///
/// Control characters become U+FFFD, but for ends of line and tabs: an escape must not bring
/// terminal sequences onto a screen.
fn hexadecimal(code: &str, out: &mut String) -> bool {
    let Some(digits) = code.strip_prefix('X').filter(|d| d.len() % 2 == 0) else {
        return false;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect();
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
        return false;
    };
    for letter in decode(&bytes).text.chars() {
        out.push(match letter {
            '\r' | '\n' => '\n',
            '\t' => '\t',
            control if control.is_control() => '\u{FFFD}',
            other => other,
        });
    }
    true
}

/// `.sp2`, `.in+4`, `.ti-2`, `.sk3`: vertical and horizontal space of formatted text.
fn spacing(code: &str, out: &mut String) -> bool {
    let Some(rest) = code.strip_prefix('.') else {
        return false;
    };
    let (command, number) = rest.split_at_checked(2).unwrap_or((rest, ""));
    let number = number.strip_prefix(['+', '-']).unwrap_or(number);
    if number.len() > 2 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let space = match command {
        "sp" => "\n",
        "sk" => " ",
        "in" | "ti" => "",
        _ => return false,
    };
    for _ in 0..number.parse().unwrap_or(1) {
        out.push_str(space);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        unescape(text, Separators::USUAL).into_owned()
    }

    #[test]
    fn every_escape_becomes_its_character() {
        assert_eq!(plain(r"a\F\b\S\c\T\d\R\e\E\f"), r"a|b^c&d~e\f");
        assert_eq!(plain(r"\H\bold\N\ \.br\x\.sp2\y"), "bold \nx\n\ny");
        assert_eq!(plain(r"\X41\\X0D\b"), "A\nb");
        assert_eq!(plain(r"\X1B2442301B2842\"), "\u{FFFD}", "half a pair");
        assert_eq!(plain(r"\X1B244230211B2842\"), "亜");
        assert_eq!(plain(r"\XE4BA9C\"), "亜");
    }

    #[test]
    fn what_is_no_escape_stays_as_it_was_sent() {
        for text in [
            r"\",
            r"a\b",
            r"C:\dir\file",
            r"\Z9\",
            r"\X1\",
            r"\XGG\",
            r"\X\",
            r"\.sp999\",
            r"\C1234\",
        ] {
            assert_eq!(plain(text), text);
        }
        assert!(matches!(
            unescape("plain", Separators::USUAL),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn an_escape_cannot_make_another() {
        assert_eq!(plain(r"\E\F\E\"), r"\F\");
        assert_eq!(plain(r"\X5C465C\"), r"\F\");
        assert_eq!(plain(r"\X1B5B324A\"), "\u{FFFD}[2J", "no terminal sequence");
    }
}
