//! The patient's page and the full record, made of the sealed copy: no network is needed.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::answer::{gone, html, page, to_lock};
use super::keep::Head;
use super::{Shared, unix_ms};
use crate::page::{self, Surroundings, Trouble};
use crate::source::{File, Phase};
use crate::view::{Materials, View, detail as read_detail};
use crate::words;

#[derive(Deserialize)]
pub(super) struct How {
    /// The copy is opened because the gateway cannot be reached.
    #[serde(default)]
    offline: u8,
}

pub(super) async fn patient(
    State(shared): State<Arc<Shared>>,
    Path(copy): Path<u64>,
    Query(how): Query<How>,
) -> Response {
    let offline = how.offline != 0;
    if offline && !shared.settings.copies.offline {
        let trouble = Trouble {
            what: words::COPY_FORBIDDEN,
            next: Vec::new(),
            detail: String::new(),
            copy: None,
            again: None,
        };
        let page = page::trouble(&shared.around(true), &trouble);
        return html(StatusCode::FORBIDDEN, page);
    }
    shared
        .show(copy, offline, move |opened| {
            page::patient(&opened.view, Some(copy), &opened.around)
        })
        .await
}

pub(super) async fn record(State(shared): State<Arc<Shared>>, Path(copy): Path<u64>) -> Response {
    shared
        .show(copy, false, move |opened| {
            page::record(&opened.view, copy, &opened.around)
        })
        .await
}

pub(super) async fn detail(
    State(shared): State<Arc<Shared>>,
    Path((copy, at)): Path<(u64, usize)>,
) -> Response {
    let missing = shared.around(true);
    let shown = shared
        .show(copy, false, move |opened| {
            let detail = read_detail(&opened.files, at);
            detail.map_or_else(String::new, |detail| {
                page::record_detail(&opened.view, &detail, copy, &opened.around)
            })
        })
        .await;
    if shown.status() == StatusCode::NO_CONTENT {
        return gone(&missing);
    }
    shown
}

/// A copy that was opened for one answer.
pub(super) struct Opened {
    pub(super) files: Vec<File>,
    pub(super) head: Head,
    pub(super) view: View,
    pub(super) around: Surroundings,
}

impl Shared {
    /// Opens a copy and makes a page of it; an empty page is answered with 204.
    async fn show(
        self: Arc<Self>,
        copy: u64,
        offline: bool,
        draw: impl FnOnce(&Opened) -> String + Send + 'static,
    ) -> Response {
        let opened = match self.clone().open(copy, offline).await {
            Ok(opened) => opened,
            Err(answer) => return answer,
        };
        self.remember(format!("/patient/{copy}"));
        match draw(&opened) {
            empty if empty.is_empty() => html(StatusCode::NO_CONTENT, empty),
            drawn => page(drawn),
        }
    }

    /// Opens a copy and reads it; or the answer that is given instead.
    pub(super) async fn open(
        self: Arc<Self>,
        copy: u64,
        offline: bool,
    ) -> Result<Opened, Response> {
        if !self.is_open() {
            return Err(to_lock());
        }
        let around = self.around(true);
        let opened = self.unlocked(|seal, keep| keep.open(seal, copy));
        let (mut head, files) = match opened {
            None => return Err(to_lock()),
            Some(Err(_)) => return Err(gone(&around)),
            Some(Ok(opened)) => opened,
        };
        head.provenance.offline = offline || self.source.link().phase == Phase::Down;
        let shared = self.clone();
        // Reading a large record must not hold up other answers.
        let read = tokio::task::spawn_blocking(move || {
            let view = View::new(Materials {
                messages: &files,
                account: &head.account,
                provenance: &head.provenance,
                critical: shared.source.critical(&files),
                now_unix_ms: unix_ms(),
                stale_after_days: shared.settings.screen.stale_after_days,
            });
            (files, head, view)
        });
        let (files, head, view) = read.await.map_err(|_| gone(&around))?;
        Ok(Opened {
            files,
            head,
            view,
            around,
        })
    }
}
