//! Serves one page to this machine's browser.
//!
//! The address holds a token that works once: it is exchanged for a cookie, so an address in a
//! history or a log opens nothing.

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, REFERRER_POLICY,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;

use crate::style::CSS;

const COOKIE_NAME: &str = "hlincos_session";

/// A page ready to be shown.
pub struct Viewer {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    page: String,
    policy: HeaderValue,
    hosts: [String; 2],
    token: String,
    token_used: AtomicBool,
    session: String,
}

impl Viewer {
    /// Binds a port of the loopback address and draws token and session.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn start(page: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let port = address.port();
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            base64(&Sha256::digest(CSS))
        );
        let shared = Shared {
            page,
            policy: HeaderValue::from_str(&policy).map_err(io::Error::other)?,
            hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
            token: random_word()?,
            token_used: AtomicBool::new(false),
            session: random_word()?,
        };
        Ok(Self {
            listener,
            address,
            shared: Arc::new(shared),
        })
    }

    /// The address for the browser; it works once.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/view/{}", self.address, self.shared.token)
    }

    /// Serves until `stop` is ready.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn serve_until(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let router = Router::new()
            .route("/view/{token}", get(exchange))
            .route("/patient", get(patient))
            .fallback(|| async { StatusCode::NOT_FOUND })
            .layer(axum::middleware::from_fn_with_state(
                self.shared.clone(),
                guard,
            ))
            .with_state(self.shared);
        axum::serve(self.listener, router)
            .with_graceful_shutdown(stop)
            .await
    }
}

/// Refuses other hosts (DNS rebinding) and puts the security headers on every answer.
async fn guard(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let known = host.is_some_and(|host| shared.hosts.iter().any(|ours| ours == host));
    let mut response = if known {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, shared.policy.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Takes the token, once, and gives the session's cookie for it.
async fn exchange(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Response {
    let right = bool::from(token.as_bytes().ct_eq(shared.token.as_bytes()));
    if !right || shared.token_used.swap(true, Ordering::SeqCst) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let cookie = format!(
        "{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict",
        shared.session
    );
    let headers = [(SET_COOKIE, cookie), (LOCATION, "/patient".to_owned())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

async fn patient(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let ours = |cookie: &str| {
        let value = cookie.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('=')?;
        Some(bool::from(
            value.as_bytes().ct_eq(shared.session.as_bytes()),
        ))
    };
    let known = cookies
        .flat_map(|line| line.split(';'))
        .any(|cookie| ours(cookie) == Some(true));
    if !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    (
        [(CONTENT_TYPE, "text/html; charset=utf-8")],
        shared.page.clone(),
    )
        .into_response()
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

/// Base64 with padding, RFC 4648, section 4: what a policy's hash is written in.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
