//! Who may ask: this machine's browser, with a token that works once, under no other host's name.
//!
//! The address holds the token; it is exchanged for a cookie, so an address in a history or a log
//! opens nothing.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::script::SCRIPT;
use crate::style::CSS;

/// Keeps everybody out but the browser that was given the token.
pub(crate) struct Door {
    policy: HeaderValue,
    hosts: [String; 2],
    token: String,
    token_used: AtomicBool,
    cookie: String,
    session: String,
    /// Where the token leads.
    home: &'static str,
}

impl Door {
    /// Draws token and session for a port of the loopback address.
    pub(crate) fn new(address: SocketAddr, home: &'static str) -> io::Result<Arc<Self>> {
        let port = address.port();
        let hash = |text: &str| Base64::encode_string(&Sha256::digest(text));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            hash(&CSS),
            hash(SCRIPT)
        );
        Ok(Arc::new(Self {
            policy: HeaderValue::from_str(&policy).map_err(io::Error::other)?,
            hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
            token: random_word()?,
            token_used: AtomicBool::new(false),
            // Browsers give a cookie to every port of a host: programs must not mix theirs up.
            cookie: format!("hlincos_session_{port}"),
            session: random_word()?,
            home,
        }))
    }

    /// The path that opens the door, once.
    pub(crate) fn path(&self) -> String {
        format!("/view/{}", self.token)
    }

    /// Why a request is not even looked at.
    fn refusal(&self, headers: &HeaderMap, path: &str) -> Option<StatusCode> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        if !host.is_some_and(|host| self.hosts.iter().any(|ours| ours == host)) {
            return Some(StatusCode::MISDIRECTED_REQUEST);
        }
        // Another port of this machine is the same site to a cookie: browsers tell it apart here.
        let foreign = headers
            .get(HeaderName::from_static("sec-fetch-site"))
            .is_some_and(|told| !matches!(told.to_str(), Ok("same-origin" | "none")));
        (foreign && path != self.path()).then_some(StatusCode::FORBIDDEN)
    }

    /// Whether a request carries the session's cookie.
    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        let lines = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let ours = |cookie: &str| {
            let value = cookie
                .trim()
                .strip_prefix(&self.cookie)?
                .strip_prefix('=')?;
            Some(bool::from(value.as_bytes().ct_eq(self.session.as_bytes())))
        };
        lines
            .flat_map(|line| line.split(';'))
            .any(|cookie| ours(cookie) == Some(true))
    }
}

/// Headers that every answer bears, besides the policy.
const HEADERS: [(HeaderName, &str); 7] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), display-capture=()",
    ),
];

/// Refuses other hosts (DNS rebinding) and other sites, and puts the security headers on answers.
pub(crate) async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let mut response = match door.refusal(request.headers(), request.uri().path()) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, door.policy.clone());
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Takes the token, once, and gives the session's cookie for it.
pub(crate) async fn exchange(State(door): State<Arc<Door>>, Path(token): Path<String>) -> Response {
    let right = bool::from(token.as_bytes().ct_eq(door.token.as_bytes()));
    if !right || door.token_used.swap(true, Ordering::SeqCst) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let cookie = format!(
        "{}={}; Path=/; HttpOnly; SameSite=Strict",
        door.cookie, door.session
    );
    let headers = [(SET_COOKIE, cookie), (LOCATION, door.home.to_owned())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// 256 random bits in hexadecimal digits.
fn random_word() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let mut word = String::with_capacity(64);
    for byte in bytes {
        write!(word, "{byte:02x}").map_err(io::Error::other)?;
    }
    Ok(word)
}
