//! Locking and unlocking, and what the script tells.

use std::sync::Arc;
use std::time::Instant;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::answer::{html, page, see, to_lock};
use super::{Shared, held};
use crate::page::{self, Language};
use crate::unlock::{CHARACTERS_MIN, UnlockError};
use crate::words;

/// A passphrase in a form, wiped when it is dropped.
struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

#[derive(Deserialize)]
pub(super) struct Passphrase {
    passphrase: Secret,
    language: Option<Language>,
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    passphrase: Secret,
    again: Secret,
    language: Option<Language>,
}

/// A form that brings nothing but the language.
#[derive(Deserialize)]
pub(super) struct Spoken {
    pub(super) language: Option<Language>,
}

/// Locks, if it is open, and asks for the passphrase.
pub(super) async fn locked(State(shared): State<Arc<Shared>>) -> Response {
    shared.close();
    page(shared.lock_page())
}

pub(super) async fn lock(State(shared): State<Arc<Shared>>, Form(form): Form<Spoken>) -> Response {
    shared.speak(form.language);
    shared.close();
    to_lock()
}

pub(super) async fn unlock(
    State(shared): State<Arc<Shared>>,
    Form(form): Form<Passphrase>,
) -> Response {
    shared.speak(form.language);
    let _one_at_a_time = shared.trying.lock().await;
    let wait = held(&shared.lock).wait(Instant::now());
    if let Some(wait) = wait {
        let said = words::wait(wait.as_secs().saturating_add(1));
        let page = page::unlock(&shared.around(false), Some(&said));
        return html(StatusCode::TOO_MANY_REQUESTS, page);
    }
    let unlock = shared.unlock.clone();
    let passphrase = form.passphrase;
    // Deriving a key is made to take long.
    let tried = tokio::task::spawn_blocking(move || unlock.unlock(passphrase.0.as_bytes())).await;
    let now = Instant::now();
    let said = match tried {
        Ok(Ok(key)) => {
            held(&shared.lock).unlock(&key, now);
            let place = held(&shared.place).take();
            return see(place.as_deref().unwrap_or("/"));
        }
        Ok(Err(UnlockError::Wrong)) => {
            let (failures, delay) = held(&shared.lock).failed(now);
            tracing::warn!(failures, "wrong passphrase");
            words::wrong_passphrase(failures, delay.as_secs())
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "the passphrase could not be checked");
            crate::word::said(error.to_string(), error.to_string())
        }
        Err(_) => words::NO_FILE.owned(),
    };
    let page = page::unlock(&shared.around(false), Some(&said));
    html(StatusCode::FORBIDDEN, page)
}

/// Chooses the passphrase, at the first start.
pub(super) async fn choose(
    State(shared): State<Arc<Shared>>,
    Form(form): Form<Chosen>,
) -> Response {
    shared.speak(form.language);
    let _one_at_a_time = shared.trying.lock().await;
    if shared.unlock.is_set() {
        return to_lock();
    }
    let refuse = |why| {
        let page = page::choose(&shared.around(false), Some(why));
        html(StatusCode::BAD_REQUEST, page)
    };
    if form.passphrase.0 != form.again.0 {
        return refuse(words::DIFFER);
    }
    if form.passphrase.0.chars().count() < CHARACTERS_MIN {
        return refuse(words::TOO_SHORT);
    }
    let unlock = shared.unlock.clone();
    let passphrase = form.passphrase;
    let chosen = tokio::task::spawn_blocking(move || {
        unlock.choose(passphrase.0.as_bytes())?;
        unlock.unlock(passphrase.0.as_bytes())
    });
    match chosen.await {
        Ok(Ok(key)) => {
            held(&shared.lock).unlock(&key, Instant::now());
            see("/")
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "the passphrase could not be stored");
            refuse(words::NO_FILE)
        }
        Err(_) => refuse(words::NO_FILE),
    }
}

/// The script tells that somebody moved.
pub(super) async fn active(State(shared): State<Arc<Shared>>) -> StatusCode {
    if shared.is_open() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::FORBIDDEN
    }
}

/// The script tells which language was chosen.
pub(super) async fn language(
    State(shared): State<Arc<Shared>>,
    Form(form): Form<Spoken>,
) -> Response {
    shared.speak(form.language);
    StatusCode::NO_CONTENT.into_response()
}

impl Shared {
    /// Locks: the key is gone, and copies that do not outlive it.
    fn close(&self) {
        if held(&self.lock).lock() {
            tracing::info!("locked");
        }
        held(&self.keep).lock();
    }

    /// The page of a locked terminal.
    fn lock_page(&self) -> String {
        let around = self.around(false);
        if self.unlock.is_set() {
            page::unlock(&around, None)
        } else {
            page::choose(&around, None)
        }
    }

    /// Where an unlocked terminal goes on.
    pub(super) fn remember(&self, place: String) {
        *held(&self.place) = Some(place);
    }
}
