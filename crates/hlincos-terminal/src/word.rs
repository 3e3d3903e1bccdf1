//! A text in two languages, and how it is put on a page: both, of which the style shows one.

use hlincos_ssmix::screen::is_shown;
use hlincos_ssmix::summary::Bilingual;
use maud::{Markup, Render, html};
use serde::Serialize;

/// A fixed text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// Japanese.
    pub ja: &'static str,
    /// English.
    pub en: &'static str,
}

impl Word {
    /// The same as text that may change.
    #[must_use]
    pub fn owned(self) -> Bilingual {
        said(self.ja, self.en)
    }
}

impl Word {
    /// Both at once, where the style cannot choose: in attributes and lists to choose from.
    pub(crate) fn twofold(self) -> String {
        format!("{} / {}", self.ja, self.en)
    }
}

impl Render for Word {
    fn render(&self) -> Markup {
        spans(self.ja, self.en)
    }
}

/// A text that was put together, in both languages.
pub(crate) fn said(ja: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual {
        ja: ja.into(),
        en: en.into(),
    }
}

/// A text in both languages on the page.
pub(crate) fn both(text: &Bilingual) -> Markup {
    html! {
        span.ja lang="ja" { (shown(&text.ja)) }
        span.en lang="en" { (shown(&text.en)) }
    }
}

fn spans(ja: &str, en: &str) -> Markup {
    html! { span.ja lang="ja" { (ja) } span.en lang="en" { (en) } }
}

/// A text from a record: what cannot be read, and what would act on the screen instead of being
/// shown on it, stands there as a mark that can be seen and is read out.
pub(crate) fn shown(text: &str) -> Markup {
    let plain = |letter: char| letter != char::REPLACEMENT_CHARACTER && is_shown(letter);
    if text.chars().all(|letter| plain(letter) || breaks(letter)) {
        return html! { (text) };
    }
    html! {
        @for letter in text.chars() {
            @if plain(letter) || breaks(letter) { (letter) } @else { (mark(letter)) }
        }
    }
}

/// White space between lines does no harm in HTML.
const fn breaks(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\t')
}

fn mark(letter: char) -> Markup {
    let code = if letter == char::REPLACEMENT_CHARACTER {
        "\u{FFFD}".to_owned()
    } else {
        format!("U+{:04X}", u32::from(letter))
    };
    html! {
        mark.broken { (code) span.vh { (crate::words::BROKEN) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_or_would_act_on_the_screen_is_marked() {
        assert_eq!(shown("土佐 花子").0, "土佐 花子");
        let broken = shown("ペニ\u{FFFD}リン\u{202E}").0;
        assert_eq!(broken.matches("class=\"broken\"").count(), 2, "{broken}");
        assert!(broken.contains("U+202E") && !broken.contains('\u{202E}'));
        assert!(broken.contains("読めない文字") && broken.contains("unreadable"));
    }
}
