//! The question for a patient, its answer, and what may come instead.

use std::sync::Arc;
use std::time::Instant;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hlincos_ssmix::summary::{Bilingual, summarise};
use serde::Deserialize;

use super::answer::{explain, html, page, see, to_lock};
use super::keep::Head;
use super::unlocking::Spoken;
use super::{Shared, held, unix_ms};
use crate::page::{self, Keeping, Language, NO_CODE, Search, Trouble, link_words};
use crate::source::{FetchError, File, Phase, Question, Records};
use crate::view::moment_of;
use crate::words;

/// Characters of a patient's identifier as a form may send it.
const ID_CHARACTERS_MAX: usize = 64;
/// A certificate that ends so soon is spoken of.
const EXPIRY_DAYS: u64 = 14;
const DAY_MS: u64 = 24 * 3_600_000;

#[derive(Deserialize)]
pub(super) struct Asked {
    patient: String,
    #[serde(default)]
    facility: String,
    language: Option<Language>,
}

/// The search page.
pub(super) async fn search(State(shared): State<Arc<Shared>>) -> Response {
    if !shared.is_open() {
        return to_lock();
    }
    *held(&shared.place) = None;
    page(shared.search_page(shared.expiry()))
}

/// Back to the search page, in the language chosen.
pub(super) async fn another(
    State(shared): State<Arc<Shared>>,
    Form(form): Form<Spoken>,
) -> Response {
    shared.speak(form.language);
    see("/")
}

/// The state of the link, for the script.
pub(super) async fn link(State(shared): State<Arc<Shared>>) -> Response {
    // Looking by itself is no activity: the lock's clock goes on.
    if shared.unlocked(|_, _| ()).is_none() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let link = shared.source.link();
    let words = link_words(link.phase.word(), &link.words, &moment_of(unix_ms()));
    page(words.into_string())
}

/// Asks for a patient.
pub(super) async fn query(State(shared): State<Arc<Shared>>, Form(form): Form<Asked>) -> Response {
    shared.speak(form.language);
    if !shared.is_open() {
        return to_lock();
    }
    let patient = narrow(form.patient.trim());
    if patient.is_empty() || patient.chars().count() > ID_CHARACTERS_MAX {
        let search = shared.search_page(Some(words::NO_ID.owned()));
        return html(StatusCode::BAD_REQUEST, search);
    }
    let facility = match form.facility.as_str() {
        "" => None,
        NO_CODE => Some(String::new()),
        code => Some(code.to_owned()),
    };
    let question = Question { patient, facility };
    match shared.source.messages(question.clone()).await {
        Ok(records) => shared.keep_and_show(&question, records),
        Err(FetchError::Several(facilities)) => {
            let choices: Vec<_> = facilities.into_iter().map(|f| shared.choice(f)).collect();
            let page = page::several(&shared.around(true), &question.patient, &choices);
            html(StatusCode::CONFLICT, page)
        }
        Err(error) => shared.instead(&question, &error),
    }
}

/// Wide letters and digits, as Japanese keyboards send them, as narrow ones.
fn narrow(text: &str) -> String {
    let one = |letter: char| match letter {
        '！'..='～' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        other => other,
    };
    text.chars().map(one).collect()
}

impl Shared {
    fn search_page(&self, said: Option<Bilingual>) -> String {
        let kept = if self.settings.copies.offline {
            self.kept()
        } else {
            Vec::new()
        };
        let search = Search {
            facilities: self.facilities(),
            kept,
            said,
        };
        let minutes = self.settings.screen.lock_after_s.div_ceil(60);
        page::search(&self.around(true), &search, minutes)
    }

    fn kept(&self) -> Vec<Keeping> {
        let heads = self.unlocked(|seal, keep| keep.heads(seal));
        let line = |(number, head): (u64, Head)| {
            let code = head.provenance.facility.unwrap_or_default();
            Keeping {
                number,
                name: head.name,
                patient: head.patient,
                facility: format!("{} {code}", self.facility_name(&code))
                    .trim()
                    .to_owned(),
                fetched: moment_of(head.provenance.fetched_unix_ms),
            }
        };
        heads.unwrap_or_default().into_iter().map(line).collect()
    }

    /// A certificate that ends soon, in words.
    fn expiry(&self) -> Option<Bilingual> {
        let until = self.source.valid_until_unix_ms()?;
        match until.checked_sub(unix_ms()) {
            None => Some(words::EXPIRED.owned()),
            Some(left) if left < EXPIRY_DAYS * DAY_MS => Some(words::expires_in(left / DAY_MS)),
            Some(_) => None,
        }
    }

    fn keep_and_show(&self, question: &Question, mut records: Records) -> Response {
        records.provenance.fetched_unix_ms = unix_ms();
        let code = records.provenance.facility.as_deref().unwrap_or_default();
        records.provenance.facility_name = self.facility_name(code);
        let head = Head {
            patient: question.patient.clone(),
            facility: question.facility.clone(),
            name: name_of(&records.files),
            account: records.account.clone(),
            provenance: records.provenance.clone(),
        };
        let kept = self.unlocked(|seal, keep| keep.put(seal, &head, records, Instant::now()));
        match kept {
            None => to_lock(),
            Some(Ok(number)) => see(&format!("/patient/{number}")),
            Some(Err(_)) => self.instead(
                question,
                &FetchError::Other("the records could not be sealed; try again".into()),
            ),
        }
    }

    /// What is shown when there is no answer: why, what to do, and the sealed copy if it may be.
    fn instead(&self, question: &Question, error: &FetchError) -> Response {
        let (status, mut trouble) = explain(error);
        let again = !matches!(error, FetchError::Unknown | FetchError::BadId(_));
        trouble.again = again.then(|| {
            let facility = match question.facility.as_deref() {
                None => "",
                Some("") => NO_CODE,
                Some(code) => code,
            };
            (question.patient.clone(), facility.to_owned())
        });
        if matches!(
            error,
            FetchError::Unreachable(_) | FetchError::TooFewSites(_)
        ) {
            self.offer_copy(question, &mut trouble);
        }
        html(status, page::trouble(&self.around(true), &trouble))
    }

    fn offer_copy(&self, question: &Question, trouble: &mut Trouble) {
        let link = self.source.link();
        if link.phase != Phase::Warm {
            trouble.next.push(link.words);
        }
        if !self.settings.copies.offline {
            trouble.next.push(words::COPY_FORBIDDEN.owned());
            return;
        }
        let same = |head: &Head| {
            let facility = question.facility.as_deref();
            head.patient == question.patient
                && (facility.is_none() || facility == head.provenance.facility.as_deref())
        };
        let heads = self
            .unlocked(|seal, keep| keep.heads(seal))
            .unwrap_or_default();
        let found: Vec<u64> = heads
            .into_iter()
            .filter(|(_, head)| same(head))
            .map(|(number, _)| number)
            .collect();
        match found.as_slice() {
            // Of two facilities' patients neither is offered for the other: the list has both.
            [one] => trouble.copy = Some(*one),
            _ => trouble.next.push(words::NO_COPY.owned()),
        }
    }
}

/// The patient's name, for the list of copies.
fn name_of(files: &[File]) -> String {
    let basics: Vec<&File> = files
        .iter()
        .filter(|(path, _)| path.windows(8).any(|part| part == b"/ADT-00/"))
        .collect();
    let basics: Vec<(&[u8], &[u8])> = basics
        .iter()
        .map(|(path, bytes)| (path.as_slice(), bytes.as_slice()))
        .collect();
    summarise(&basics).patient.name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_become_narrow_ones_and_others_stay() {
        assert_eq!(narrow("００００７８１１２５"), "0000781125");
        assert_eq!(narrow("Ａ－1あ"), "A-1あ");
    }
}
