//! Documents and images of the extended storage: what they are, how they begin, a way to save them.

use hlincos_ssmix::document::{Document, DocumentKind};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::frame::{Parts, Surroundings, frame};
use super::identity;
use crate::view::View;
use crate::word::shown;
use crate::words;

/// One document in the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DocumentLine {
    /// What it is, in a word such as `PDF`.
    pub(crate) kind: String,
    /// Its title, or what its folder says.
    pub(crate) title: String,
    /// When it was made, as written.
    pub(crate) date: String,
    /// How its text begins.
    pub(crate) preview: String,
    /// What could not be read of it.
    pub(crate) defects: Vec<String>,
    /// Whether its content folder is current.
    pub(crate) current: bool,
    /// Whether another patient is named inside it.
    pub(crate) differs: bool,
    pub(crate) bytes: u64,
    pub(crate) path: String,
}

impl DocumentLine {
    pub(crate) fn of(path: &[u8], bytes: &[u8]) -> Self {
        use hlincos_ssmix::document::DataType;
        use hlincos_ssmix::path::{Flag, Placed, patient_of, place};

        let document: Document = hlincos_ssmix::document::read(bytes);
        let (placed, _) = place(path);
        let (folder, flag) = match &placed {
            Placed::Extended(name) => {
                (DataType::read(name.data_type).shown().to_owned(), name.flag)
            }
            _ => (String::new(), Some(Flag::Current)),
        };
        let whose = patient_of(path).map(|patient| patient.patient);
        let told = Some(&document.patient).filter(|id| !id.is_empty());
        Self {
            kind: kind_word(document.kind).to_owned(),
            title: if document.title.is_empty() {
                folder
            } else {
                document.title.clone()
            },
            differs: told.is_some_and(|told| whose.as_ref() != Some(told)),
            date: document.date,
            preview: document.preview,
            defects: document
                .defects
                .iter()
                .map(|d| d.rule.says().to_owned())
                .collect(),
            current: flag.is_none_or(|flag| flag == Flag::Current),
            bytes: bytes.len() as u64,
            path: String::from_utf8_lossy(path).into_owned(),
        }
    }
}

const fn kind_word(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Hl7 => "HL7",
        DocumentKind::Cda => "CDA",
        DocumentKind::Xml => "XML",
        DocumentKind::Dicom => "DICOM",
        DocumentKind::Pdf => "PDF",
        DocumentKind::Jpeg => "JPEG",
        DocumentKind::Png => "PNG",
        DocumentKind::Other => "?",
    }
}

/// The list, or before it was fetched the button that does; `said` is why it could not be.
pub(crate) fn documents(
    view: &View,
    lines: Option<&[DocumentLine]>,
    too_large: &[String],
    said: Option<&Markup>,
    copy: u64,
    around: &Surroundings,
) -> String {
    let main = html! {
        section.wide.may-break {
            p { a href=(format!("/patient/{copy}")) { (words::BACK_TO_PATIENT) } }
            h2 { (words::DOCUMENTS) }
            @if let Some(said) = said { (said) }
            @match lines {
                None => {
                    p.empty { (words::DOCUMENTS_LATER) }
                    button.main form="act" formmethod="post" formaction=(format!("/patient/{copy}/documents")) {
                        (words::FETCH_DOCUMENTS)
                    }
                }
                Some([]) if too_large.is_empty() => { p.empty { (words::NO_DOCUMENTS) } }
                Some(lines) => {
                    p.small { (words::DOWNLOAD_WARNING) }
                    ul.plain { @for (at, line) in lines.iter().enumerate() { (one(line, at, copy)) } }
                    @if !too_large.is_empty() {
                        h3 { (words::TOO_LARGE) }
                        ul.plain { @for path in too_large { li.src { (shown(path)) } } }
                    }
                }
            }
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

fn one(line: &DocumentLine, at: usize, copy: u64) -> Markup {
    html! {
        li.over[!line.current] {
            b.name { @if line.title.is_empty() { (words::UNTITLED) } @else { (shown(&line.title)) } }
            span.tag.soft { (line.kind) }
            @if !line.current { span.tag.soft { (words::SUPERSEDED) } }
            @if line.differs { span.tag.red { "⚠ " (words::PATIENT_ID) " ≠" } }
            div.small { @if !line.date.is_empty() { (shown(&line.date)) " · " } (line.bytes.div_ceil(1_024)) " KiB" }
            @if !line.preview.is_empty() { p { (shown(&line.preview)) } }
            @if !line.defects.is_empty() {
                p.doubt { "⚠ " (words::NOT_TOLD) ": " span lang="en" { (line.defects.join("; ")) } }
            }
            p { a.button href=(format!("/patient/{copy}/document/{at}")) { (words::DOWNLOAD) } }
            div.src { (shown(&line.path)) }
        }
    }
}
