//! Calls to one key manager, over one kept HTTP/1.1 connection.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::answer::{read_keys, read_named_keys, read_refusal, read_status};
use super::error::{Defect, KmeError};
use super::key::{Key, SaeId};
use super::order::{Named, Order, check_named, named_bytes_max};
use super::tls::{Config, ConfigError, certificate_names};
use super::wire::{KeyIdEntry, KeyIds, Status};
use crate::client::find_tls;

/// Longest status or error that is taken.
const SHORT_BYTES_MAX: usize = 64 << 10;
const HEAD_BYTES_MAX: usize = 64 << 10;
/// What may stand in a path as it is: RFC 3986, section 2.3.
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How keys are asked for where the standard leaves a choice (5.3, 5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Always by POST.
    #[default]
    Post,
    /// By GET where it can say all that is to be said.
    Get,
}

/// A key manager.
///
/// One request is under way at a time. The connection is made by the first, kept, and made again
/// when it broke. No request is repeated by itself: the keys of a lost answer are gone.
pub struct Client {
    address: String,
    name: ServerName<'static>,
    kme_id: Option<String>,
    sae_id: Option<String>,
    method: Method,
    timeout: Duration,
    tls: TlsConnector,
    kept: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

/// What is sent.
struct Call {
    path: String,
    body: Option<Vec<u8>>,
    named: bool,
    answer_bytes_max: usize,
}

impl Client {
    /// Reads certificates and key; connects on the first call.
    ///
    /// # Errors
    /// [`ConfigError`], each with what to mend.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self {
            address: config.address.clone(),
            name: config.name()?,
            kme_id: config.kme_id.clone(),
            sae_id: config.sae_id.clone(),
            method: config.method,
            timeout: Duration::from_secs(config.timeout_s),
            tls: TlsConnector::from(config.tls()?),
            kept: Mutex::new(None),
        })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Asks for the status towards a slave (5.2).
    ///
    /// Security: stock is what the key manager says and often wrong; do not wait for it to rise.
    ///
    /// # Errors
    /// [`KmeError`], also when the status is of another pair of applications.
    pub async fn status(&self, slave: &SaeId) -> Result<Status, KmeError> {
        let call = Call {
            path: path(slave, "status"),
            body: None,
            named: false,
            answer_bytes_max: SHORT_BYTES_MAX,
        };
        let status = read_status(&self.call(call).await?)?;
        let expect = |asked: Option<&str>, found: &str| match asked {
            Some(asked) if asked != found => Err(Defect::OtherPair {
                asked: asked.to_owned(),
                found: found.chars().take(255).collect(),
            }),
            _ => Ok(()),
        };
        expect(Some(slave.as_str()), &status.slave_sae_id)?;
        expect(self.sae_id.as_deref(), &status.master_sae_id)?;
        expect(self.kme_id.as_deref(), &status.source_kme_id)?;
        Ok(status)
    }

    /// Orders new keys to share with a slave (5.3).
    ///
    /// # Errors
    /// [`KmeError`]; whatever keys came with a defect are wiped, and lost.
    pub async fn enc_keys(&self, slave: &SaeId, order: &Order) -> Result<Vec<Key>, KmeError> {
        let query = match self.method {
            Method::Get => order.query(),
            Method::Post => None,
        };
        let body = match query {
            Some(_) => None,
            None => Some(json(&order.request)),
        };
        let call = Call {
            path: path(slave, "enc_keys") + &query.unwrap_or_default(),
            body,
            named: false,
            answer_bytes_max: order.answer_bytes_max(),
        };
        let answer = self.call(call).await?;
        Ok(read_keys(&answer, order.number, order.size_bits)?)
    }

    /// Gets the keys that a master told the ids of (5.4), in the order of the ids.
    ///
    /// # Errors
    /// [`KmeError`]; if one key fails, all are lost.
    pub async fn dec_keys(&self, master: &SaeId, named: &[Named]) -> Result<Vec<Key>, KmeError> {
        check_named(named)?;
        let path = path(master, "dec_keys");
        let (path, body) = match (self.method, named) {
            (Method::Get, [one]) => (format!("{path}?key_ID={}", one.id), None),
            _ => (path, Some(json(&key_ids(named)))),
        };
        let call = Call {
            path,
            body,
            named: true,
            answer_bytes_max: named_bytes_max(named),
        };
        let answer = self.call(call).await?;
        Ok(read_named_keys(&answer, named)?)
    }

    /// Sends, and takes the whole answer if its status is 200.
    async fn call(&self, call: Call) -> Result<Zeroizing<Vec<u8>>, KmeError> {
        let mut kept = self.kept.lock().await;
        // Out of its place while it is used: a call that fails, or is given up, does not put it
        // back, for it would answer the next call with what is left of this one.
        let live = kept.take().filter(|sender| !sender.is_closed());
        let exchange = async {
            let mut sender = match live {
                Some(sender) => sender,
                None => self.connect().await?,
            };
            let answer = self.exchange(&mut sender, call).await?;
            Ok((sender, answer))
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok((sender, answer))) => {
                *kept = Some(sender);
                answer
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(KmeError::TimedOut {
                address: self.address.clone(),
                limit: self.timeout,
            }),
        }
    }

    /// One request and its answer; the outer error breaks the connection.
    async fn exchange(
        &self,
        sender: &mut SendRequest<Full<Bytes>>,
        call: Call,
    ) -> Result<Result<Zeroizing<Vec<u8>>, KmeError>, KmeError> {
        let (named, limit) = (call.named, call.answer_bytes_max);
        let request = self.request(call)?;
        sender.ready().await.map_err(|error| self.broken(&error))?;
        let response = sender.send_request(request).await;
        let response = response.map_err(|error| self.broken(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            // What cannot be read of a reason is no reason to forget the status.
            let body = collect(response, SHORT_BYTES_MAX).await;
            let reason = body.as_ref().map_or(&[][..], |body| &body[..]);
            let refusal = read_refusal(status, reason, named);
            return if body.is_some() {
                Ok(Err(refusal))
            } else {
                Err(refusal)
            };
        }
        let body = collect(response, limit).await;
        Ok(Ok(body.ok_or(Defect::Body)?))
    }

    fn request(&self, call: Call) -> Result<Request<Full<Bytes>>, KmeError> {
        let method = if call.body.is_some() { "POST" } else { "GET" };
        let mut request = Request::builder()
            .method(method)
            .uri(call.path)
            .header(HOST, &self.address)
            .header(ACCEPT, "application/json");
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = Full::new(Bytes::from(call.body.unwrap_or_default()));
        request.body(body).map_err(|error| self.unreachable(&error))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, KmeError> {
        let stream = TcpStream::connect(&self.address).await;
        let stream = stream.map_err(|error| self.unreachable(&error))?;
        stream
            .set_nodelay(true)
            .map_err(|error| self.unreachable(&error))?;
        let stream = self.tls.connect(self.name.clone(), stream).await;
        let stream = stream.map_err(|error| self.broken(&error))?;
        if let Some(kme_id) = &self.kme_id {
            let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
            if !shown
                .first()
                .is_some_and(|leaf| certificate_names(leaf, kme_id))
            {
                return Err(KmeError::NotTheKme {
                    address: self.address.clone(),
                    kme_id: kme_id.clone(),
                });
            }
        }
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(&error))?;
        tokio::spawn(async move {
            // Its error reaches the caller through the sender.
            let _ = connection.await;
        });
        Ok(sender)
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> KmeError {
        KmeError::Unreachable {
            address: self.address.clone(),
            why: error.to_string(),
        }
    }

    /// A connection that broke: by TLS, which somebody must mend, or otherwise.
    fn broken(&self, error: &(dyn std::error::Error + 'static)) -> KmeError {
        match find_tls(error) {
            Some(tls) => KmeError::Tls {
                address: self.address.clone(),
                why: tls.to_string(),
            },
            None => self.unreachable(error),
        }
    }
}

fn path(sae: &SaeId, what: &str) -> String {
    let id = utf8_percent_encode(sae.as_str(), &PLAIN);
    format!("/api/v1/keys/{id}/{what}")
}

fn key_ids(named: &[Named]) -> KeyIds {
    let entry = |one: &Named| KeyIdEntry {
        key_id: one.id.to_string(),
        key_id_extension: None,
    };
    KeyIds {
        key_ids: named.iter().map(entry).collect(),
        key_ids_extension: None,
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("names and numbers are always JSON")
}

/// The whole body, if it is whole and not longer than `limit`; wiped when dropped.
///
/// Security: memory below (HTTP, TLS) is not wiped.
async fn collect(response: Response<Incoming>, limit: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut body = response.into_body();
    let told = body.size_hint().upper();
    let told = told.and_then(|bytes| usize::try_from(bytes).ok());
    if told.is_some_and(|bytes| bytes > limit) {
        return None;
    }
    let mut whole = Zeroizing::new(Vec::with_capacity(told.unwrap_or(SHORT_BYTES_MAX)));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        if whole.len() + data.len() > limit {
            return None;
        }
        grow(&mut whole, data.len());
        whole.extend_from_slice(&data);
    }
    Some(whole)
}

/// Makes room as a vector would, but wipes what it leaves behind.
fn grow(whole: &mut Zeroizing<Vec<u8>>, more: usize) {
    if whole.capacity() - whole.len() < more {
        let mut larger = Vec::with_capacity((whole.capacity() * 2).max(whole.len() + more));
        larger.extend_from_slice(whole);
        *whole = Zeroizing::new(larger);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_names_stand_in_one_segment_of_the_path() {
        let sae: SaeId = "SAE A/大阪?#%&+".parse().unwrap();
        assert_eq!(
            path(&sae, "status"),
            "/api/v1/keys/SAE%20A%2F%E5%A4%A7%E9%98%AA%3F%23%25%26%2B/status"
        );
    }
}
