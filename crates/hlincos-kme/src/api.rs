//! Requests in HTTP, answers in JSON: ETSI GS QKD 014 on one side, page and control on the other.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::response::{Html, IntoResponse};
use futures_util::{StreamExt, stream};
use hlincos_net::qkd014::certificate_names;
use hlincos_net::qkd014::wire::{ErrorBody, KeyIdEntry, KeyIds, KeyRequest, from_json};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use crate::config::SaeConfig;
use crate::fault::{Fault, Faults};
use crate::link::Refusal;
use crate::notice::{MEMBER, NOTICE};
use crate::page::page;
use crate::server::Control;

const BODY_BYTES_MAX: usize = 1 << 20;
const SLOW: Duration = Duration::from_secs(60);
const OVERSIZE_CHUNKS: usize = 512;
const OVERSIZE_CHUNK: &[u8] = &[b' '; 64 << 10];

/// One key manager's side of the link.
pub(crate) struct Door {
    pub(crate) control: Control,
    pub(crate) saes: Vec<SaeConfig>,
}

impl Door {
    /// Whose certificate this is; its chain was verified by TLS.
    pub(crate) fn caller(&self, certificate: &[u8]) -> Option<String> {
        let named = |sae: &&SaeConfig| {
            let name = sae.certificate_name.as_ref().unwrap_or(&sae.id);
            certificate_names(certificate, name)
        };
        self.saes.iter().find(named).map(|sae| sae.id.clone())
    }
}

/// Answers an application.
pub(crate) async fn answer(door: &Door, caller: Option<&str>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let control = &door.control;
    if head.uri.path() == "/" {
        return show(control);
    }
    let Some((sae, action)) = route(head.uri.path()) else {
        let message = "the paths are /api/v1/keys/{SAE ID}/status, enc_keys and dec_keys".into();
        return refusal(
            control,
            &Refusal {
                status: 404,
                message,
            },
        );
    };
    let faults = control.link().faults.clone();
    if let Some(wrong) = misbehave(control, &faults).await {
        return wrong;
    }
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return refusal(control, &Refusal::bad("the body is too long, or broke off"));
    };
    let Some(caller) = caller else {
        let text = "the certificate is of no SAE that this KME knows";
        return refusal(control, &Refusal::unauthorized(text));
    };
    let call = Call {
        caller,
        sae: &sae,
        method: &head.method,
        query: Query::try_from_uri(&head.uri)
            .ok()
            .map(|Query(pairs)| pairs),
        body: &body,
    };
    let answer = match action {
        Action::Status => call.status(control),
        Action::EncKeys => call.enc_keys(control),
        Action::DecKeys => call.dec_keys(control),
    };
    match answer {
        Ok(json) => spoil(json, &faults),
        Err(wrong) => refusal(control, &wrong),
    }
}

enum Action {
    Status,
    EncKeys,
    DecKeys,
}

/// The SAE id and the action of a path.
fn route(path: &str) -> Option<(String, Action)> {
    let (sae, action) = path.strip_prefix("/api/v1/keys/")?.split_once('/')?;
    let sae = percent_decode_str(sae).decode_utf8().ok()?.into_owned();
    let action = match action {
        "status" => Action::Status,
        "enc_keys" => Action::EncKeys,
        "dec_keys" => Action::DecKeys,
        _ => return None,
    };
    Some((sae, action))
}

/// A request to one of the three methods.
struct Call<'a> {
    caller: &'a str,
    sae: &'a str,
    method: &'a Method,
    query: Option<Vec<(String, String)>>,
    body: &'a Bytes,
}

impl Call<'_> {
    fn status(&self, control: &Control) -> Result<Vec<u8>, Refusal> {
        if self.method != Method::GET {
            return Err(Refusal::bad("status is asked for by GET"));
        }
        to_json(&control.link().status(self.caller, self.sae)?)
    }

    fn enc_keys(&self, control: &Control) -> Result<Vec<u8>, Refusal> {
        let request = match *self.method {
            Method::GET => self.order_of_query()?,
            // An empty body asks for the defaults (5.3).
            Method::POST if self.body.is_empty() => KeyRequest::default(),
            Method::POST => self.read("key request")?,
            _ => return Err(Refusal::bad("enc_keys is asked for by GET or POST")),
        };
        to_json(&control.link().enc_keys(self.caller, self.sae, &request)?)
    }

    fn dec_keys(&self, control: &Control) -> Result<Vec<u8>, Refusal> {
        let request = match *self.method {
            Method::GET => self.id_of_query()?,
            Method::POST => self.read("list of key IDs")?,
            _ => return Err(Refusal::bad("dec_keys is asked for by GET or POST")),
        };
        to_json(&control.link().dec_keys(self.caller, self.sae, &request)?)
    }

    fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Refusal> {
        from_json(self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Refusal::bad(format!(
                "the body is no {what}: line {line} column {column}"
            ))
        })
    }

    /// What a query asks for, each parameter at most once; others are ignored, as in a body.
    fn parameter(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let pairs = self.query.as_deref();
        let pairs = pairs.ok_or_else(|| Refusal::bad("the query is malformed"))?;
        let mut found = pairs.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (one, None) => Ok(one.map(|(_, value)| value.as_str())),
            _ => Err(Refusal::bad(format!("GET takes one {name}; use POST"))),
        }
    }

    fn order_of_query(&self) -> Result<KeyRequest, Refusal> {
        let number = |name: &str| {
            let bad = || Refusal::bad(format!("{name} shall be an integer"));
            let text = self.parameter(name)?;
            text.map(|text| text.parse().map_err(|_| bad())).transpose()
        };
        Ok(KeyRequest {
            number: number("number")?,
            size: number("size")?,
            ..KeyRequest::default()
        })
    }

    fn id_of_query(&self) -> Result<KeyIds, Refusal> {
        let id = self.parameter("key_ID")?;
        let id = id.ok_or_else(|| Refusal::bad("GET names a key by ?key_ID="))?;
        Ok(KeyIds {
            key_ids: vec![KeyIdEntry {
                key_id: id.to_owned(),
                key_id_extension: None,
            }],
            key_ids_extension: None,
        })
    }
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|error| Refusal::unavailable(error.to_string()))
}

/// An answer in JSON; the status is one of ours, so the parts always fit.
fn reply(status: u16, body: impl Into<Body>) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, [(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

fn refusal(control: &Control, refusal: &Refusal) -> Response<Body> {
    let body: ErrorBody = control.link().refuse(refusal);
    reply(
        refusal.status,
        serde_json::to_vec(&body).unwrap_or_default(),
    )
}

/// The faults that replace the whole answer.
async fn misbehave(control: &Control, faults: &Faults) -> Option<Response<Body>> {
    let html = || Html(format!("<!DOCTYPE html><p>{NOTICE}")).into_response();
    if faults.has(Fault::Slow) {
        tokio::time::sleep(SLOW).await;
    }
    let statuses = [
        (Fault::NotFound404, 404),
        (Fault::Unavailable503, 503),
        (Fault::Gateway504, 504),
    ];
    if let Some((_, status)) = statuses.iter().find(|(fault, _)| faults.has(*fault)) {
        let message = "fault injected".into();
        let wrong = Refusal {
            status: *status,
            message,
        };
        return Some(refusal(control, &wrong));
    }
    if faults.has(Fault::Internal500) {
        return Some(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    }
    if faults.has(Fault::Html401) {
        return Some((StatusCode::UNAUTHORIZED, html()).into_response());
    }
    faults.has(Fault::Html200).then(html)
}

/// The faults of the body of a good answer.
fn spoil(json: Vec<u8>, faults: &Faults) -> Response<Body> {
    if faults.has(Fault::Truncated) {
        let half = Bytes::copy_from_slice(&json[..json.len() / 2]);
        let broken = async {
            // What came before is sent first.
            tokio::task::yield_now().await;
            Err(std::io::Error::other("fault injected"))
        };
        let body = stream::iter([Ok(half)]).chain(stream::once(broken));
        return reply(200, Body::from_stream(body));
    }
    if faults.has(Fault::Oversized) {
        let spaces = std::iter::repeat_n(Bytes::from_static(OVERSIZE_CHUNK), OVERSIZE_CHUNKS);
        let chunks = std::iter::once(Bytes::from(json)).chain(spaces);
        let chunks = chunks.map(Ok::<_, std::io::Error>);
        return reply(200, Body::from_stream(stream::iter(chunks)));
    }
    reply(200, json)
}

fn show(control: &Control) -> Response<Body> {
    let link = control.link();
    Html(page(&link.figures(), control.seeded, &link.faults)).into_response()
}

/// What the control address takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(default, deserialize_with = "given")]
    rate_bits_s: Option<Option<u64>>,
    faults: Option<Faults>,
}

/// Tells `null` from absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Answers whoever sits at this machine: the page, the figures, and orders.
///
/// Security: the socket is bound to this machine. A page of another site in a browser cannot order
/// anything: it cannot set the content type without asking first, and its host is another's.
pub(crate) async fn answer_control(control: &Control, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    if !is_local(&head.headers) {
        return refusal(control, &Refusal::bad("call it by its address"));
    }
    match (&head.method, head.uri.path()) {
        (&Method::GET, "/") => show(control),
        (&Method::GET, "/control") => figures(control),
        (&Method::POST, "/control") => {
            let typed = head.headers.get(CONTENT_TYPE);
            if typed.is_none_or(|kind| kind != "application/json") {
                return refusal(control, &Refusal::bad("content-type: application/json"));
            }
            let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
            match serde_json::from_slice::<Order>(&body.unwrap_or_default()) {
                Ok(order) => {
                    obey(control, order);
                    figures(control)
                }
                Err(error) => refusal(control, &Refusal::bad(error.to_string())),
            }
        }
        _ => {
            let message = "GET /, GET /control, POST /control".into();
            refusal(
                control,
                &Refusal {
                    status: 404,
                    message,
                },
            )
        }
    }
}

fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let local = ["127.0.0.1:", "localhost:", "[::1]:"];
    host.is_some_and(|host| local.iter().any(|name| host.starts_with(name)))
}

fn obey(control: &Control, order: Order) {
    if let Some(rate) = order.rate_bits_s {
        control.force_rate(rate);
    }
    if let Some(faults) = order.faults {
        control.set_faults(faults);
    }
}

fn figures(control: &Control) -> Response<Body> {
    let link = control.link();
    let figures = json!({ MEMBER: link.notice(), "figures": link.figures() });
    reply(200, figures.to_string())
}
