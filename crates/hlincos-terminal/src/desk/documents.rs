//! Documents and images: listed after they were fetched, saved as attachments of safe types.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hlincos_ssmix::document::{DocumentKind, kind_of};
use maud::{Markup, html};

use super::Shared;
use super::answer::{explain, gone, html as answer, see, to_lock};
use super::keep::DocumentHead;
use super::patient::Opened;
use super::unlocking::Spoken;
use crate::page::{self, DocumentLine};
use crate::source::{FetchError, Question, Records};
use crate::word::both;

pub(super) async fn list(State(shared): State<Arc<Shared>>, Path(copy): Path<u64>) -> Response {
    match shared.clone().open(copy, false).await {
        Ok(opened) => shared.documents_page(copy, &opened, None),
        Err(answer) => answer,
    }
}

/// Fetches the documents over the link.
pub(super) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path(copy): Path<u64>,
    Form(form): Form<Spoken>,
) -> Response {
    shared.speak(form.language);
    let opened = match shared.clone().open(copy, false).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    let question = Question {
        patient: opened.head.patient.clone(),
        // The answer's own facility: documents of somebody else must never stand here.
        facility: opened.head.provenance.facility.clone(),
    };
    let records = match shared.source.documents(question).await {
        Ok(records) => records,
        // No documents is an answer too.
        Err(FetchError::Unknown) => Records::default(),
        Err(error) => return shared.documents_page(copy, &opened, Some(&error)),
    };
    match shared.keep_documents(copy, records) {
        None => to_lock(),
        Some(true) => see(&format!("/patient/{copy}/documents")),
        Some(false) => gone(&opened.around),
    }
}

/// One document, as an attachment: the browser shows nothing of it.
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    Path((copy, at)): Path<(u64, u64)>,
) -> Response {
    if !shared.is_open() {
        return to_lock();
    }
    let around = shared.around(true);
    let found = shared.unlocked(|seal, keep| keep.document(seal, copy, at));
    let (_, bytes) = match found {
        None => return to_lock(),
        Some(Err(_)) => return gone(&around),
        Some(Ok(file)) => file,
    };
    let (kind, extension) = safe_type(kind_of(&bytes));
    // The name tells nothing of the patient.
    let name = format!("attachment; filename=\"document-{at}.{extension}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    (headers, bytes.to_vec()).into_response()
}

/// Types that no browser runs; text of any kind is given as bytes.
const fn safe_type(kind: DocumentKind) -> (&'static str, &'static str) {
    match kind {
        DocumentKind::Pdf => ("application/pdf", "pdf"),
        DocumentKind::Jpeg => ("image/jpeg", "jpg"),
        DocumentKind::Png => ("image/png", "png"),
        DocumentKind::Dicom => ("application/dicom", "dcm"),
        DocumentKind::Cda | DocumentKind::Xml => ("application/octet-stream", "xml"),
        DocumentKind::Hl7 => ("application/octet-stream", "hl7"),
        DocumentKind::Other => ("application/octet-stream", "bin"),
    }
}

impl Shared {
    fn keep_documents(&self, copy: u64, records: Records) -> Option<bool> {
        let mut files = records.files;
        files.sort_by(|(a, _), (b, _)| b.cmp(a));
        let head = DocumentHead {
            lines: files
                .iter()
                .map(|(path, bytes)| DocumentLine::of(path, bytes))
                .collect(),
            too_large: records.too_large,
        };
        self.unlocked(|seal, keep| keep.put_documents(seal, copy, &head, files).is_ok())
    }

    fn documents_page(&self, copy: u64, opened: &Opened, error: Option<&FetchError>) -> Response {
        let head = match self.unlocked(|seal, keep| keep.documents(seal, copy)) {
            None => return to_lock(),
            Some(Err(_)) => return gone(&opened.around),
            Some(Ok(head)) => head,
        };
        self.remember(format!("/patient/{copy}/documents"));
        let explained = error.map(explain);
        let status = explained
            .as_ref()
            .map_or(StatusCode::OK, |(status, _)| *status);
        let said: Option<Markup> = explained.map(|(_, trouble)| {
            html! {
                div.say.red role="alert" {
                    b { (trouble.what) }
                    @for next in &trouble.next { p { (both(next)) } }
                }
            }
        });
        let (lines, too_large) = match &head {
            Some(head) => (Some(head.lines.as_slice()), head.too_large.as_slice()),
            None => (None, &[][..]),
        };
        let page = page::documents(
            &opened.view,
            lines,
            too_large,
            said.as_ref(),
            copy,
            &opened.around,
        );
        answer(status, page)
    }
}
