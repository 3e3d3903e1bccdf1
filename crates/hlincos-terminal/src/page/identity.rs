//! The band on top: who this is, large enough to compare with a wristband.

use maud::{Markup, html};

use crate::view::View;
use crate::word::{Word, both, shown};
use crate::words;

pub(crate) fn identity(view: &View) -> Markup {
    let patient = &view.patient;
    let measure = |measure: &Option<hlincos_ssmix::summary::Measure>| {
        let text = measure.as_ref().map(|m| format!("{} {}", m.value, m.unit));
        text.unwrap_or_default()
    };
    let blood = format!("{} {}", patient.blood_abo, patient.blood_rh);
    let facility = match (&view.provenance.facility, &view.provenance.facility_name) {
        (Some(code), name) if name.is_empty() => code.clone(),
        (Some(code), name) => format!("{name} ({code})"),
        (None, name) => name.clone(),
    };
    html! {
        header.id {
            h1 {
                @if patient.name.is_empty() { (words::NAMELESS) } @else { (shown(&patient.name)) }
                small { (shown(&patient.kana)) }
            }
            dl.facts {
                (fact(words::SEX, &sex(view)))
                (fact(words::BORN, &text(&patient.born)))
                (fact(words::AGE, &age(view)))
                (fact(words::PATIENT_ID, &text(&patient.id)))
                (fact(words::FACILITY, &text(&facility)))
                (fact(words::BLOOD, &text(blood.trim())))
                (fact(words::WEIGHT, &text(&measure(&patient.weight))))
                (fact(words::LATEST, &text(&view.as_of)))
                (fact(words::DATA_AGE, &data_age(view)))
            }
            details.more {
                summary { (words::ADDRESS) "・" (words::PHONE) }
                dl.facts {
                    (fact(words::PHONE, &text(&patient.phone)))
                    (fact(words::ADDRESS, &text(&patient.address)))
                    (fact(words::HEIGHT, &text(&measure(&patient.height))))
                }
            }
        }
    }
}

fn fact(name: Word, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn text(text: &str) -> Markup {
    html! { @if text.is_empty() { "—" } @else { (shown(text)) } }
}

fn sex(view: &View) -> Markup {
    let word = match view.patient.sex.as_str() {
        _ if view.patient.source.is_none() => return html! { "—" },
        "M" => words::MALE,
        "F" => words::FEMALE,
        "O" => words::OTHER_SEX,
        _ => words::UNKNOWN,
    };
    html! { (word) }
}

fn age(view: &View) -> Markup {
    let ages = &view.ages;
    html! {
        @match ages.years {
            Some(years) => { (both(&words::years(years))) }
            None => { "—" }
        }
        @if let (Some(then), true) = (ages.years_at_record, ages.years_at_record != ages.years) {
            " " (both(&words::years_then(then)))
        }
    }
}

fn data_age(view: &View) -> Markup {
    html! {
        @match view.ages.days {
            Some(days) => { (both(&words::days_old(days))) }
            None => { (words::UNKNOWN) }
        }
    }
}
