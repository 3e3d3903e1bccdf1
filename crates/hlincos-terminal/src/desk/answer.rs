//! Answers: pages, ways to other pages, and troubles in words with the next step.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};

use crate::page::{Surroundings, Trouble, trouble};
use crate::source::FetchError;
use crate::words;

pub(super) fn html(status: StatusCode, page: String) -> Response {
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

pub(super) fn page(page: String) -> Response {
    html(StatusCode::OK, page)
}

/// Go there, with GET.
pub(super) fn see(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, place.to_owned())]).into_response()
}

pub(super) fn to_lock() -> Response {
    see("/locked")
}

/// The copy is no longer there.
pub(super) fn gone(around: &Surroundings) -> Response {
    let page = trouble(
        around,
        &Trouble {
            what: words::GONE,
            next: vec![words::GONE_NEXT.owned()],
            detail: String::new(),
            copy: None,
            again: None,
        },
    );
    html(StatusCode::NOT_FOUND, page)
}

/// What a failed question means and what to do.
pub(super) fn explain(error: &FetchError) -> (StatusCode, Trouble) {
    let (status, what, next) = match error {
        FetchError::Unknown => (
            StatusCode::NOT_FOUND,
            words::UNKNOWN_PATIENT,
            Some(words::UNKNOWN_PATIENT_NEXT),
        ),
        FetchError::BadId(_) => (
            StatusCode::BAD_REQUEST,
            words::BAD_ID,
            Some(words::BAD_ID_NEXT),
        ),
        FetchError::Several(_) => (
            StatusCode::CONFLICT,
            words::SEVERAL,
            Some(words::SEVERAL_NEXT),
        ),
        FetchError::Expired(_) => (
            StatusCode::BAD_GATEWAY,
            words::EXPIRED,
            Some(words::EXPIRED_NEXT),
        ),
        FetchError::Clocks(_) => (
            StatusCode::BAD_GATEWAY,
            words::CLOCKS,
            Some(words::CLOCKS_NEXT),
        ),
        FetchError::Refused(_) => (StatusCode::BAD_GATEWAY, words::REFUSED, None),
        FetchError::TooFewSites(_) => (
            StatusCode::BAD_GATEWAY,
            words::TOO_FEW,
            Some(words::TOO_FEW_NEXT),
        ),
        FetchError::Unreachable(_) => (
            StatusCode::GATEWAY_TIMEOUT,
            words::UNREACHABLE,
            Some(words::UNREACHABLE_NEXT),
        ),
        FetchError::Other(_) => (StatusCode::BAD_GATEWAY, words::TROUBLE, None),
    };
    let detail = match error {
        FetchError::Unknown | FetchError::Several(_) => String::new(),
        other => other.to_string(),
    };
    let trouble = Trouble {
        what,
        next: next.map(crate::word::Word::owned).into_iter().collect(),
        detail,
        copy: None,
        again: None,
    };
    (status, trouble)
}
