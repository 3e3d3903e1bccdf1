//! What every page has: both languages, the bar with the link's state, the way to lock.

use hlincos_ssmix::summary::Bilingual;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::{Deserialize, Serialize};

use crate::script::SCRIPT;
use crate::style::CSS;
use crate::word::both;
use crate::words;

/// Which language is shown first; the other one is on the page too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

/// What surrounds a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) language: Language,
    /// Seconds until the screen locks; `None` where nothing serves it further.
    pub(crate) idle_s: Option<u64>,
    /// The link's state: `warm`, `trying` or `down`, and in words.
    pub(crate) link: Option<(&'static str, Bilingual)>,
    /// Time of the page, `yyyy-mm-dd hh:mm`.
    pub(crate) now: String,
    /// Whether the bar offers another patient and the lock.
    pub(crate) open: bool,
}

/// What only some pages have.
#[derive(Default)]
pub(crate) struct Parts {
    /// The band on top.
    pub(crate) header: Option<Markup>,
    pub(crate) main: String,
    pub(crate) footer: Option<Markup>,
    /// Whether the page has a form `act` of its own, to which the bar's buttons belong.
    pub(crate) own_form: bool,
}

/// The whole page. Security: its title names no patient, since browsers keep titles.
pub(crate) fn frame(around: &Surroundings, parts: &Parts) -> String {
    let english = around.language == Language::En;
    html! {
        (DOCTYPE)
        html lang="ja" data-idle=[around.idle_s] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { "H-LINCOS" }
                style { (PreEscaped(CSS.as_str())) }
                @if let (Some(idle), true) = (around.idle_s, around.open) {
                    noscript { meta http-equiv="refresh" content=(format!("{idle};url=/locked")); }
                }
            }
            body {
                (radio("ja", !english))
                (radio("en", english))
                a.skip href="#main" { (words::SKIP) }
                (bar(around, parts.own_form))
                @if let Some(header) = &parts.header { (header) }
                main id="main" tabindex="-1" { (PreEscaped(&parts.main)) }
                @if let Some(footer) = &parts.footer { footer { (footer) } }
                @if around.open { script { (PreEscaped(SCRIPT)) } }
            }
        }
    }
    .into_string()
}

/// A radio button that chooses a language; it comes first, so that the style can follow it.
fn radio(code: &str, checked: bool) -> Markup {
    let name = if code == "ja" {
        words::JAPANESE
    } else {
        words::ENGLISH
    };
    html! {
        input.vh type="radio" name="language" form="act" id=(format!("lang-{code}")) value=(code)
            checked[checked] aria-label=(name);
    }
}

fn bar(around: &Surroundings, own_form: bool) -> Markup {
    html! {
        div.bar {
            span.brand { "H-LINCOS" }
            div.link id="link" role="status" {
                @if let Some((state, text)) = &around.link { (link_words(state, text, &around.now)) }
            }
            span.langs {
                label for="lang-ja" lang="ja" { (words::JAPANESE) }
                label for="lang-en" lang="en" { (words::ENGLISH) }
            }
            @if !own_form && around.idle_s.is_some() {
                form id="act" method="post" action="/search" {}
            }
            @if around.open {
                button form="act" formmethod="post" formaction="/search" formnovalidate { (words::NEW_SEARCH) }
                button form="act" formmethod="post" formaction="/lock" formnovalidate { (words::LOCK) }
            }
        }
    }
}

/// The link's state, as the bar shows it and the script renews it.
pub(crate) fn link_words(state: &str, text: &Bilingual, now: &str) -> Markup {
    html! {
        span class=(format!("dot {state}")) {}
        (words::LINK) ": " (both(text)) " — " (words::AS_OF) " " (now)
    }
}
