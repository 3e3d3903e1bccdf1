//! The blocks of the first screen but for the laboratory.

use hlincos_ssmix::summary::{Allergies, Allergy, Encounter, Prescription, Problem, ProblemStatus};
use maud::{Markup, html};

use super::proof;
use crate::view::{Note, Urgency, View};
use crate::word::{Word, both, shown};
use crate::words;

pub(crate) fn notes(view: &View) -> Markup {
    let of = |urgency: Urgency| -> Vec<&Note> {
        let notes = view.notes.iter();
        notes.filter(|note| note.urgency == urgency).collect()
    };
    let (red, amber) = (of(Urgency::Red), of(Urgency::Amber));
    html! {
        @if !red.is_empty() {
            section.wide.notes.red role="alert" id="warnings" {
                h2.vh { (words::NOTES) }
                ul.plain { @for note in red { (one_note(note)) } }
            }
        }
        @if !amber.is_empty() {
            section.wide.notes id="notes" {
                h2 { (words::NOTES) }
                ul.plain { @for note in amber { (one_note(note)) } }
            }
        }
    }
}

fn one_note(note: &Note) -> Markup {
    const SHOWN: usize = 8;
    html! {
        li {
            (both(&note.text))
            @for source in note.sources.iter().take(SHOWN) { (proof::source(source)) }
            @if note.sources.len() > SHOWN {
                span.small { (both(&words::more(note.sources.len() - SHOWN))) }
            }
        }
    }
}

/// Red where there are any, green only where a record says that there is none, else grey.
pub(crate) fn allergies(view: &View) -> Markup {
    match &view.allergies {
        Allergies::Recorded(list) => html! {
            section.wide.alert.red id="allergies" {
                h2 { (words::ALLERGIES) }
                ul.plain { @for allergy in list { (one_allergy(allergy)) } }
                (proof::line(view, list.iter().map(|allergy| &allergy.source)))
            }
        },
        Allergies::NoneRecorded(from) => html! {
            section.wide.alert.green id="allergies" {
                h2 { (words::NO_ALLERGY) }
                (proof::source(from))
                (proof::line(view, [from]))
            }
        },
        Allergies::NotRecorded => html! {
            section.wide.alert.grey id="allergies" {
                h2 { (words::ALLERGY_UNKNOWN) }
                p.empty { (words::NOT_NONE) }
                (proof::line(view, []))
            }
        },
    }
}

/// A code's word, or else what was sent with it.
fn told(table: &[(&str, Word)], code: &str, sent: &str) -> Markup {
    match table.iter().find(|(known, _)| *known == code) {
        Some((_, word)) => html! { (word) },
        None => shown(sent),
    }
}

fn one_allergy(allergy: &Allergy) -> Markup {
    let has = |code: &str, text: &str| !code.is_empty() || !text.is_empty();
    html! {
        li {
            b.name { (shown(&allergy.substance)) }
            @if has(&allergy.class_code, &allergy.class) {
                span.tag.soft { (told(&words::CLASSES, &allergy.class_code, &allergy.class)) }
            }
            @if has(&allergy.severity_code, &allergy.severity) {
                span.tag.red { (told(&words::SEVERITIES, &allergy.severity_code, &allergy.severity)) }
            }
            div { (shown(&allergy.reaction)) }
            @if !allergy.since.is_empty() {
                div.small { (words::SINCE) " " (shown(&allergy.since)) }
            }
            (proof::source(&allergy.source))
        }
    }
}

pub(crate) fn critical(view: &View) -> Markup {
    html! {
        section.wide.critical id="critical" {
            h2 { (words::CRITICAL) }
            @match &view.critical {
                None => { p.empty { (words::CRITICAL_UNKNOWN) } }
                Some(found) if found.is_empty() => { p.empty { (words::CRITICAL_NONE) } }
                Some(found) => {
                    ul {
                        @for one in found {
                            li {
                                b { "▲ " (both(&one.what)) } " " span.small { (shown(&one.because)) }
                                (proof::source(&one.source))
                            }
                        }
                    }
                    (proof::line(view, found.iter().map(|one| &one.source)))
                }
            }
        }
    }
}

pub(crate) fn prescriptions(view: &View) -> Markup {
    let orders = &view.orders;
    html! {
        section.may-break id="prescriptions" {
            h2 { (words::PRESCRIPTIONS) }
            @if orders.is_empty() { p.empty { (words::NOTHING) } }
            @if !orders.recent.is_empty() {
                @if !orders.from.is_empty() {
                    p.small { (both(&words::recent_orders(&orders.from, &orders.to))) }
                }
                ul.plain { @for drug in &orders.recent { (one_drug(drug)) } }
            }
            @if !orders.earlier.is_empty() {
                details.fold {
                    summary { (words::EARLIER_ORDERS) " (" (orders.earlier.len()) ")" }
                    ul.plain { @for drug in &orders.earlier { (one_drug(drug)) } }
                }
            }
            (proof::line(view, orders.recent.iter().map(|drug| &drug.source)))
        }
    }
}

fn one_drug(drug: &Prescription) -> Markup {
    html! {
        li {
            b.name { (shown(&drug.drug)) }
            @if drug.injection { span.tag.blue { (words::INJECTION) } }
            @if drug.dosage.as_needed { span.tag.blue { (words::AS_NEEDED) } }
            @if !drug.kind.is_empty() { span.tag.soft { (shown(&drug.kind)) } }
            @if !drug.dosage.text.ja.is_empty() { div { (both(&drug.dosage.text)) } }
            @if let Some(warning) = drug.dosage.warning() {
                div.doubt { "⚠ " (both(&warning)) }
            }
            @if !drug.route.is_empty() || !drug.site.is_empty() {
                div.small {
                    @if !drug.route.is_empty() { (words::ROUTE) " " (shown(&drug.route)) " " }
                    @if !drug.site.is_empty() { (words::SITE) " " (shown(&drug.site)) }
                }
            }
            @for part in &drug.components { div.small { "＋ " (shown(part)) } }
            (proof::source(&drug.source))
        }
    }
}

pub(crate) fn problems(view: &View) -> Markup {
    html! {
        section.may-break id="problems" {
            h2 { (words::PROBLEMS) }
            @if view.problems.is_empty() && view.resolved.is_empty() {
                p.empty { (words::NOTHING) }
            }
            ul.plain { @for problem in &view.problems { (one_problem(problem)) } }
            @if !view.resolved.is_empty() {
                details.fold {
                    summary { (words::RESOLVED_ONES) " (" (view.resolved.len()) ")" }
                    ul.plain { @for problem in &view.resolved { (one_problem(problem)) } }
                }
            }
            (proof::line(view, view.problems.iter().chain(&view.resolved).map(|p| &p.source)))
        }
    }
}

fn one_problem(problem: &Problem) -> Markup {
    html! {
        li.over[problem.status == ProblemStatus::Resolved] {
            b.name { (shown(&problem.name)) }
            @match problem.status {
                ProblemStatus::Active => {}
                ProblemStatus::Suspected => { span.tag.blue { (words::SUSPECTED) } }
                ProblemStatus::Resolved => {
                    span.tag.soft { (words::RESOLVED) " " (shown(&problem.outcome)) " " (shown(&problem.until)) }
                }
            }
            div.small {
                (shown(&problem.since)) "〜"
                @if !problem.icd10.is_empty() { " ICD-10 " (shown(&problem.icd10)) }
            }
            (proof::source(&problem.source))
        }
    }
}

pub(crate) fn encounters(view: &View) -> Markup {
    const SHOWN: usize = 10;
    let list = &view.encounters;
    html! {
        section.wide.may-break id="encounters" {
            h2 { (words::ENCOUNTERS) }
            @if list.is_empty() { p.empty { (words::NOTHING) } }
            ul.plain { @for one in list.iter().take(SHOWN) { (one_encounter(one)) } }
            @if list.len() > SHOWN {
                details.fold {
                    summary { (both(&words::more(list.len() - SHOWN))) }
                    ul.plain { @for one in list.iter().skip(SHOWN) { (one_encounter(one)) } }
                }
            }
            (proof::line(view, list.iter().map(|one| &one.source)))
        }
    }
}

fn one_encounter(one: &Encounter) -> Markup {
    html! {
        li {
            b { (shown(&one.date)) } " " (both(&one.kind))
            @if !one.department.is_empty() {
                span.tag.soft { (words::DEPARTMENT) " " (shown(&one.department)) }
            }
            (proof::source(&one.source))
        }
    }
}
