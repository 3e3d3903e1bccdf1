//! The pages around the patient's: unlock, search, pick one of several, and what went wrong.

use hlincos_ssmix::summary::Bilingual;
use maud::{Markup, html};

use super::frame::{Parts, Surroundings, frame};
use crate::word::{Word, both, shown};
use crate::words;

/// A facility to choose.
pub(crate) struct Choice {
    pub(crate) code: String,
    /// Empty where the configuration names none.
    pub(crate) name: String,
}

/// What a form sends for a facility without a code; nothing at all means every facility.
pub(crate) const NO_CODE: &str = "-";

impl Choice {
    fn value(&self) -> &str {
        if self.code.is_empty() {
            NO_CODE
        } else {
            &self.code
        }
    }
}

/// A sealed copy to open.
pub(crate) struct Keeping {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) patient: String,
    pub(crate) facility: String,
    pub(crate) fetched: String,
}

/// What the search page shows.
#[derive(Default)]
pub(crate) struct Search {
    pub(crate) facilities: Vec<Choice>,
    pub(crate) kept: Vec<Keeping>,
    pub(crate) said: Option<Bilingual>,
}

fn simple(around: &Surroundings, main: Markup) -> String {
    frame(
        around,
        &Parts {
            main: main.into_string(),
            own_form: true,
            ..Parts::default()
        },
    )
}

/// The locked screen.
pub(crate) fn unlock(around: &Surroundings, said: Option<&Bilingual>) -> String {
    let main = html! {
        section.form {
            h1 { (words::LOCKED) }
            @if let Some(said) = said { p.say.red role="alert" { (both(said)) } }
            form id="act" method="post" action="/unlock" autocomplete="off" {
                label.field for="passphrase" { (words::PASSPHRASE) }
                input.text type="password" id="passphrase" name="passphrase" required autofocus
                    autocomplete="off" maxlength="1024";
                div.act { button.main { (words::UNLOCK) } }
            }
        }
    };
    simple(around, main)
}

/// The first start: no passphrase was chosen yet.
pub(crate) fn choose(around: &Surroundings, said: Option<Word>) -> String {
    let main = html! {
        section.form {
            h1 { (words::CHOOSE) }
            p { (words::CHOOSE_HELP) }
            @if let Some(said) = said { p.say.red role="alert" { (said) } }
            form id="act" method="post" action="/choose" autocomplete="off" {
                label.field for="passphrase" { (words::PASSPHRASE) }
                input.text type="password" id="passphrase" name="passphrase" required autofocus
                    autocomplete="new-password" maxlength="1024";
                label.field for="again" { (words::PASSPHRASE_AGAIN) }
                input.text type="password" id="again" name="again" required
                    autocomplete="new-password" maxlength="1024";
                div.act { button.main { (words::CHOOSE_BUTTON) } }
            }
        }
    };
    simple(around, main)
}

/// The question for a patient.
pub(crate) fn search(around: &Surroundings, search: &Search, idle_minutes: u64) -> String {
    let main = html! {
        section.form {
            h1 { (words::SEARCH) }
            @if let Some(said) = &search.said { p.say role="status" { (both(said)) } }
            p.small { (words::SEARCH_HELP) }
            form id="act" method="post" action="/query" autocomplete="off" {
                label.field for="patient" { (words::PATIENT_ID) }
                input.text type="text" id="patient" name="patient" required autofocus
                    autocomplete="off" spellcheck="false" maxlength="64";
                label.field for="facility" { (words::FACILITY) }
                select id="facility" name="facility" {
                    option value="" { (words::ANY_FACILITY.twofold()) }
                    @for one in &search.facilities { option value=(one.value()) { (facility(one)) } }
                }
                div.act { button.main { (words::SEARCH_BUTTON) } }
            }
            p.small { (both(&words::locks_after(idle_minutes))) }
        }
        @if !search.kept.is_empty() {
            section.form {
                h2 { (words::KEPT) }
                p.small { (words::KEPT_HELP) }
                ul.plain {
                    @for one in &search.kept {
                        li {
                            b.name { (shown(&one.name)) } " " (shown(&one.patient))
                            div.small { (shown(&one.facility)) " · " (words::FETCHED) " " (one.fetched) }
                            a.button href=(format!("/patient/{}", one.number)) { (words::OPEN) }
                        }
                    }
                }
            }
        }
    };
    simple(around, main)
}

fn facility(one: &Choice) -> String {
    match (one.code.as_str(), one.name.as_str()) {
        ("", "") => words::FACILITY_UNKNOWN.twofold(),
        (code, "") => code.to_owned(),
        (code, name) => format!("{name} ({code})"),
    }
}

/// Several facilities have such a patient: one button for each.
pub(crate) fn several(around: &Surroundings, patient: &str, facilities: &[Choice]) -> String {
    let main = html! {
        section.form {
            h1 { (words::SEVERAL) }
            p.say { (words::SEVERAL_NEXT) }
            form id="act" method="post" action="/query" {
                input type="hidden" name="patient" value=(patient);
                p { (words::PATIENT_ID) " " b { (shown(patient)) } }
                ul.plain {
                    @for one in facilities {
                        li { button name="facility" value=(one.value()) { (facility(one)) } }
                    }
                }
            }
        }
    };
    simple(around, main)
}

/// What went wrong: cause, next step, and the sealed copy where there is one.
pub(crate) struct Trouble {
    pub(crate) what: Word,
    pub(crate) next: Vec<Bilingual>,
    /// The gateway's or the system's own sentence.
    pub(crate) detail: String,
    /// The copy that may be opened.
    pub(crate) copy: Option<u64>,
    /// The same question again: patient and facility.
    pub(crate) again: Option<(String, String)>,
}

/// The page of a trouble.
pub(crate) fn trouble(around: &Surroundings, trouble: &Trouble) -> String {
    let main = html! {
        section.form {
            div.say.red role="alert" { h1 { (trouble.what) } }
            @for next in &trouble.next { p { (both(next)) } }
            @if let Some(copy) = trouble.copy {
                p { a.button href=(format!("/patient/{copy}?offline=1")) { (words::OPEN_COPY) } }
            }
            form id="act" method="post" action="/query" {
                @if let Some((patient, facility)) = &trouble.again {
                    input type="hidden" name="patient" value=(patient);
                    input type="hidden" name="facility" value=(facility);
                    button.main { (words::AGAIN) }
                }
            }
            @if !trouble.detail.is_empty() {
                details.fold { summary { (words::TECHNICAL) } p lang="en" { (shown(&trouble.detail)) } }
            }
        }
    };
    simple(around, main)
}
