//! The patient's page: everything that an emergency needs on one screen.

use maud::{Markup, html};

use super::frame::{Parts, Surroundings, frame};
use super::{blocks, identity, laboratory, proof, record};
use crate::view::View;
use crate::words;

/// One patient's page by itself, as one file: both languages, no script, nothing to follow.
///
/// Security: what a record holds is text, never markup. The title names no patient.
#[must_use]
pub fn page(view: &View) -> String {
    patient(view, None, &Surroundings::default())
}

/// One patient's page; `copy` is its number at the terminal, where the rest of it is served.
pub(crate) fn patient(view: &View, copy: Option<u64>, around: &Surroundings) -> String {
    let main = html! {
        (on_page())
        (blocks::notes(view))
        @if view.is_empty() {
            section.wide { p { b { (words::EMPTY_RECORD) } } }
        }
        (blocks::allergies(view))
        (blocks::critical(view))
        (blocks::prescriptions(view))
        (blocks::problems(view))
        (laboratory::laboratory(view))
        (blocks::encounters(view))
        (record::section(view, copy))
        (proof::whole(view))
    };
    frame(
        around,
        &Parts {
            header: Some(identity::identity(view)),
            main: main.into_string(),
            ..Parts::default()
        },
    )
}

fn on_page() -> Markup {
    let places = [
        ("allergies", words::ALLERGIES_SHORT),
        ("critical", words::CRITICAL),
        ("prescriptions", words::PRESCRIPTIONS),
        ("problems", words::PROBLEMS),
        ("laboratory", words::LABORATORY),
        ("encounters", words::ENCOUNTERS),
        ("record", words::RECORD),
        ("proof", words::PROOF),
    ];
    html! {
        nav.wide.on-page aria-label=(words::CONTENTS.twofold()) {
            @for (place, word) in places { a href=(format!("#{place}")) { (word) } }
        }
    }
}
