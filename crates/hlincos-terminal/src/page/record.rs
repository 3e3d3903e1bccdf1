//! The full record by date and kind, and one message of it read out.

use hlincos_ssmix::outline::SegmentOutline;
use maud::{Markup, html};

use super::frame::{Parts, Surroundings, frame};
use super::identity;
use crate::view::{RecordDetail, RecordEntry, Standing, View};
use crate::word::{both, shown};
use crate::words;

/// The place of the full record on the patient's page: how many, and the way there.
pub(super) fn section(view: &View, copy: Option<u64>) -> Markup {
    html! {
        section.wide id="record" {
            h2 { (words::RECORD) }
            p { (both(&words::records(view.record.len()))) }
            @if let Some(copy) = copy {
                p {
                    a.button href=(format!("/patient/{copy}/record")) { (words::RECORD) }
                    " "
                    a.button href=(format!("/patient/{copy}/documents")) { (words::DOCUMENTS) }
                }
            } @else {
                details.fold {
                    summary { (words::RECORD) }
                    (list(&view.record, None))
                }
            }
        }
    }
}

/// The list on a page of its own.
pub(crate) fn record(view: &View, copy: u64, around: &Surroundings) -> String {
    let main = html! {
        section.wide.may-break {
            p { a href=(format!("/patient/{copy}")) { (words::BACK_TO_PATIENT) } }
            h2 { (words::RECORD) }
            @if view.record.is_empty() { p.empty { (words::NOTHING) } }
            (list(&view.record, Some(copy)))
        }
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

fn list(entries: &[RecordEntry], copy: Option<u64>) -> Markup {
    let days = entries.chunk_by(|a, b| a.date == b.date);
    html! {
        @for day in days {
            h3 {
                @if day[0].date.is_empty() { (words::UNDATED) } @else { (shown(&day[0].date)) }
            }
            table.list {
                thead.vh { tr {
                    th scope="col" { (words::KIND) } th scope="col" { (words::SENT) }
                    th scope="col" { (words::ORDER) } th scope="col" { (words::DEPARTMENT) }
                } }
                tbody { @for entry in day { (row(entry, copy)) } }
            }
        }
    }
}

fn row(entry: &RecordEntry, copy: Option<u64>) -> Markup {
    let (class, standing) = standing(entry.standing);
    html! {
        tr {
            td {
                @match copy {
                    Some(copy) => {
                        a href=(format!("/patient/{copy}/record/{}", entry.at)) { (name(entry)) }
                    }
                    None => { (name(entry)) }
                }
                @if let Some(word) = standing { span class=(format!("tag {class}")) { (word) } }
                @if entry.broken > 0 { span.tag.amber { "⚠ " (words::DEFECTS) } }
            }
            td.small { (shown(&entry.sent)) }
            td.small { (shown(&entry.order)) }
            td.small { (shown(&entry.department)) }
        }
    }
}

fn name(entry: &RecordEntry) -> Markup {
    html! {
        @if entry.kind.is_empty() { (shown(&entry.path)) }
        @else { (both(&entry.kind_words)) " " span.small { (shown(&entry.kind)) } }
    }
}

const fn standing(standing: Standing) -> (&'static str, Option<crate::word::Word>) {
    match standing {
        Standing::Current | Standing::Other => ("soft", None),
        Standing::Superseded => ("soft", Some(words::SUPERSEDED)),
        Standing::Deleted => ("red", Some(words::DELETED)),
    }
}

/// One message on a page of its own.
pub(crate) fn record_detail(
    view: &View,
    detail: &RecordDetail,
    copy: u64,
    around: &Surroundings,
) -> String {
    let entry = &detail.entry;
    let (class, flag) = standing(entry.standing);
    let main = html! {
        section.wide.may-break {
            p {
                a href=(format!("/patient/{copy}/record")) { (words::BACK_TO_RECORD) } " "
                a href=(format!("/patient/{copy}")) { (words::BACK_TO_PATIENT) }
            }
            h2 {
                (shown(&entry.date)) " " (name(entry))
                span class=(format!("tag {class}")) { (flag.unwrap_or(words::CURRENT)) }
            }
            p.src { (words::SENT) " " (shown(&entry.sent)) " · " (shown(&entry.path)) }
            @if !detail.defects.is_empty() {
                div.doubt {
                    b { "⚠ " (words::DEFECTS) }
                    ul {
                        @for (code, says, field) in &detail.defects {
                            li { (field) " " code { (code) } " " span lang="en" { (says) } }
                        }
                    }
                }
            }
            @if let Some(raw) = &detail.raw {
                p { b { (words::NOT_READABLE) } }
                pre { (shown(raw)) }
            }
            @for segment in &detail.segments { (one_segment(segment)) }
        }
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

fn one_segment(segment: &SegmentOutline) -> Markup {
    html! {
        h3 { (shown(&segment.segment)) }
        @if let Some(dosage) = &segment.dosage {
            p { (both(&dosage.text)) }
            @if let Some(warning) = dosage.warning() { p.doubt { "⚠ " (both(&warning)) } }
        }
        table.list {
            thead.vh { tr { th scope="col" { (words::FIELD) } th scope="col" { (words::VALUE) } } }
            tbody {
                @for field in &segment.fields {
                    tr {
                        td.small {
                            (field.number) " "
                            span.ja lang="ja" { (field.ja) } span.en lang="en" { (field.en) }
                        }
                        td { @if field.null { "\"\"" } @else { (shown(&field.value)) } }
                    }
                }
            }
        }
    }
}
