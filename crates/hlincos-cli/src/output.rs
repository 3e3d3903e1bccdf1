//! What commands print: JSON for machines, lines for people, progress for whoever waits.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use hlincos_ssmix::screen::is_shown;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// How a command that ran to its end went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// Done, but somebody should look.
    Attention,
    /// Something acknowledged is lost.
    Lost,
}

impl Outcome {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Attention => 3,
            Self::Lost => 4,
        }
    }
}

/// Prints a result: as JSON, or as the text that `text` makes of it.
///
/// Nothing that a file or its name holds can act on the terminal.
pub(crate) fn print<T: Serialize>(json: bool, value: &T, text: impl FnOnce(&T) -> String) {
    if json {
        let line = serde_json::to_string_pretty(value).expect("results are plain structs");
        println!("{line}");
    } else {
        print!("{}", harmless(&text(value)));
    }
}

/// A text whose control characters, but for ends of line and tabs, and whose turns of the writing
/// direction are U+FFFD.
pub(crate) fn harmless(text: &str) -> String {
    let shown = |letter| matches!(letter, '\n' | '\t') || is_shown(letter);
    let letters = text.chars();
    { letters }
        .map(|letter| if shown(letter) { letter } else { '\u{FFFD}' })
        .collect()
}

/// A path on one line, whatever its bytes.
pub(crate) fn on_one_line(path: &Path) -> String {
    let mut line = String::new();
    for letter in path.to_string_lossy().chars() {
        if is_shown(letter) {
            line.push(letter);
        } else {
            line.extend(letter.escape_unicode());
        }
    }
    line
}

/// A spinner with a text that the caller keeps current.
pub(crate) fn spinner(template: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(template).expect("templates are tried in tests"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A bar of known length.
pub(crate) fn bar(total: u64, unit: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let template = format!("{{wide_bar}} {{pos}}/{{len}} {unit} {{eta}}");
    bar.set_style(ProgressStyle::with_template(&template).expect("templates are tried in tests"));
    bar
}

/// Bytes in units that people read.
pub(crate) fn bytes(count: u64) -> String {
    indicatif::DecimalBytes(count).to_string()
}

/// `n things`, with an s where it belongs.
pub(crate) fn count(n: u64, thing: &str) -> String {
    let plural = match (n, thing.strip_suffix('y')) {
        (1, _) => thing.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{thing}s"),
    };
    format!("{} {plural}", indicatif::HumanCount(n))
}

/// An error and its causes, each said once: many errors quote their cause already.
pub(crate) fn with_causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
    }
    text
}

/// Whether a person watches.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_progress_template_is_one() {
        spinner("{spinner} {msg}").finish_and_clear();
        bar(3, "patients").finish_and_clear();
    }

    #[test]
    fn nothing_printed_acts_on_a_terminal() {
        assert_eq!(harmless("a\u{1B}[2J\u{202E}b\n"), "a\u{FFFD}[2J\u{FFFD}b\n");
        let path = Path::new("a\n\u{1B}]0;x\u{7}土佐");
        assert_eq!(on_one_line(path), "a\\u{a}\\u{1b}]0;x\\u{7}土佐");
    }

    #[test]
    fn counts_read_as_people_write_them() {
        assert_eq!(count(1, "site"), "1 site");
        assert_eq!(count(12_345, "file"), "12,345 files");
        assert_eq!(count(2, "directory"), "2 directories");
    }
}
