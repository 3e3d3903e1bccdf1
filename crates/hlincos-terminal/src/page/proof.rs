//! Provenance and proof: in one line under every block, and whole at the end.

use hlincos_ssmix::summary::Source;
use maud::{Markup, html};

use crate::view::{View, moment_of};
use crate::word::{Word, shown};
use crate::words;

/// The file that a value was read from.
pub(crate) fn source(source: &Source) -> Markup {
    html! {
        details.src {
            summary { (words::SOURCE) " " (source.sent) }
            (shown(&source.path))
        }
    }
}

/// One line under a block: checked, by whom, of which generation, its newest message.
pub(crate) fn line<'a>(view: &View, sources: impl IntoIterator<Item = &'a Source>) -> Markup {
    let newest = sources.into_iter().map(|source| source.sent.as_str()).max();
    let account = &view.account;
    html! {
        p.proof {
            @if !account.sites.is_empty() {
                "◆ " (words::PROVED) " · " (words::GENERATION) " " (account.generation)
                @if let Some(dealt) = view.provenance.dealt_unix_ms { " · " (moment_of(dealt)) " JST" }
                " · " (account.sites.join(" + "))
                @if !account.randomness.is_empty() { " · " (account.randomness) }
                @if !account.link.is_empty() { " · " (account.link) }
                @if !account.culprits.is_empty() {
                    " · " b { (words::LIARS) ": " (account.culprits.join(", ")) }
                }
            }
            @if let Some(newest) = newest.filter(|newest| !newest.is_empty()) {
                " · " (words::NEWEST_OF_BLOCK) " " (newest)
            }
        }
    }
}

/// Everything that is known of where the page comes from.
pub(crate) fn whole(view: &View) -> Markup {
    let (account, origin) = (&view.account, &view.provenance);
    let sites = |names: &[String]| {
        html! { @if names.is_empty() { (words::NONE) } @else { (names.join(", ")) } }
    };
    let time = |unix_ms: Option<u64>| {
        html! {
            @match unix_ms { Some(ms) => { (moment_of(ms)) " JST" } None => { (words::UNKNOWN) } }
        }
    };
    let word = |text: &str| {
        html! { @if text.is_empty() { (words::UNKNOWN) } @else { (text) } }
    };
    html! {
        section.wide id="proof" {
            h2 { (words::PROOF) }
            dl.proof-all {
                (fact(words::GENERATION, &html! { (account.generation) }))
                (fact(words::DEALT, &time(origin.dealt_unix_ms)))
                (fact(words::LAST_RUN, &time(origin.run_unix_ms)))
                (fact(words::FETCHED, &time(Some(origin.fetched_unix_ms))))
                (fact(words::WAY, &html! { (word(&origin.way)) " · " (origin.took_ms) " ms" }))
                (fact(words::SITES, &sites(&account.sites)))
                (fact(words::LIARS, &sites(&account.culprits)))
                (fact(words::SUSPECTS, &sites(&account.suspects)))
                (fact(words::SILENT, &sites(&account.silent)))
                (fact(words::RANDOMNESS, &word(&account.randomness)))
                (fact(words::LINK_GRADE, &word(&account.link)))
            }
        }
    }
}

fn fact(name: Word, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
