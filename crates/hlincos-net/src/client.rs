//! The client side: one kept connection to one party, made again when it breaks.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hlincos_record::share_object::LinkGrade;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Mutex, watch};

use crate::dial::{Dial, Dialed, TlsDial};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const END_TIMEOUT: Duration = Duration::from_secs(1);
const WINDOW_BYTES: u32 = 16 << 20;
/// An answer that is an error says why in at most so many bytes.
const REASON_BYTES_MAX: usize = 16 << 10;

/// A party that can be called: how it is reached, and who it must prove to be.
pub struct Client {
    name: ServerName<'static>,
    dial: Arc<dyn Dial>,
    kept: Mutex<Option<Kept>>,
}

/// A live connection, and where its end will be told.
#[derive(Clone)]
struct Kept {
    sender: SendRequest<Full<Bytes>>,
    grade: LinkGrade,
    end: watch::Receiver<Option<End>>,
}

/// Why a connection ended.
#[derive(Clone)]
enum End {
    Tls(rustls::Error),
    Other,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Route and query.
    pub path: &'a str,
    /// Body; a GET is sent when there is none.
    pub body: Option<Bytes>,
    /// What the body is.
    pub content_type: &'static str,
    /// The whole answer must be there by then; streams are bounded by it only until their head.
    pub timeout: Duration,
    /// Longest answer taken, in bytes.
    pub answer_bytes_max: usize,
    /// Only over a connection of this grade; over any when absent.
    pub over: Option<LinkGrade>,
}

/// Why a call brought no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The address does not resolve, nothing listens, or the connection broke.
    #[error("{0}")]
    Unreachable(String),
    /// The TLS handshake failed: certificates do not fit.
    #[error("the secure channel could not be made: {0}")]
    Tls(rustls::Error),
    /// Nothing was sent: the connection is of another grade than the caller counts on.
    #[error("the connection is of another grade now; ask for it and call again")]
    Regraded,
    /// No level that the policy allows can be had.
    #[error("{0}")]
    BelowPolicy(String),
    /// No answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The answer is an error; the reason is the server's own sentence.
    #[error("{reason}")]
    Status {
        /// HTTP status.
        status: StatusCode,
        /// What the server said.
        reason: String,
    },
    /// The answer is longer than the caller allows, or broke off.
    #[error("the answer broke off or is longer than allowed")]
    Body,
}

impl Client {
    /// Names a party that is reached over TLS; connects on the first call.
    #[must_use]
    pub fn new(address: String, name: ServerName<'static>, tls: Arc<ClientConfig>) -> Self {
        let dial = TlsDial::new(address, name.clone(), tls);
        Self::over(name, Arc::new(dial))
    }

    /// Names a party that is reached some other way; connects on the first call.
    #[must_use]
    pub fn over(name: ServerName<'static>, dial: Arc<dyn Dial>) -> Self {
        Self {
            name,
            dial,
            kept: Mutex::new(None),
        }
    }

    /// Where the party is.
    #[must_use]
    pub fn address(&self) -> &str {
        self.dial.address()
    }

    /// What protects the connection that the next call would use; connects if there is none.
    ///
    /// # Errors
    /// [`CallError`] when none can be made.
    pub async fn grade(&self) -> Result<LinkGrade, CallError> {
        Ok(self.connection().await?.grade)
    }

    /// Calls and takes the whole answer.
    ///
    /// # Errors
    /// [`CallError`]; any status but 200 is one.
    pub async fn call(&self, call: Call<'_>) -> Result<Bytes, CallError> {
        let timeout = call.timeout;
        let limit = call.answer_bytes_max;
        let whole = async {
            let response = self.send(&call).await?;
            let body = Limited::new(response.into_body(), limit).collect().await;
            Ok(body.map_err(|_| CallError::Body)?.to_bytes())
        };
        match tokio::time::timeout(timeout, whole).await {
            Ok(answer) => answer,
            Err(_) => {
                // The connection may be the reason: do not keep it.
                *self.kept.lock().await = None;
                Err(CallError::TimedOut(timeout))
            }
        }
    }

    /// Calls and gives the answer as it comes.
    ///
    /// # Errors
    /// [`CallError`], before the answer begins.
    pub async fn stream(&self, call: Call<'_>) -> Result<Incoming, CallError> {
        match tokio::time::timeout(call.timeout, self.send(&call)).await {
            Ok(response) => Ok(response?.into_body()),
            Err(_) => Err(CallError::TimedOut(call.timeout)),
        }
    }

    async fn send(&self, call: &Call<'_>) -> Result<Response<Incoming>, CallError> {
        let mut kept = self.connection().await?;
        if call.over.is_some_and(|grade| grade != kept.grade) {
            return Err(CallError::Regraded);
        }
        let method = if call.body.is_some() {
            http::Method::POST
        } else {
            http::Method::GET
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("https://{}{}", self.name.to_str(), call.path))
            .header(http::header::CONTENT_TYPE, call.content_type)
            .body(Full::new(call.body.clone().unwrap_or_default()))
            .map_err(|error| CallError::Unreachable(error.to_string()))?;
        let response = match kept.sender.send_request(request).await {
            Ok(response) => response,
            Err(error) => {
                *self.kept.lock().await = None;
                // With TLS 1.3 a server refuses our certificate only after our handshake is
                // done: the reason is known where the connection ended.
                let told = kept.end.wait_for(Option::is_some);
                if let Ok(Ok(end)) = tokio::time::timeout(END_TIMEOUT, told).await
                    && let Some(End::Tls(tls)) = end.as_ref()
                {
                    return Err(CallError::Tls(tls.clone()));
                }
                return Err(CallError::Unreachable(format!(
                    "the connection broke ({error})"
                )));
            }
        };
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let status = response.status();
        let body = Limited::new(response.into_body(), REASON_BYTES_MAX)
            .collect()
            .await;
        let reason = body.map(|body| body.to_bytes()).unwrap_or_default();
        let mut reason = String::from_utf8_lossy(&reason).into_owned();
        if reason.is_empty() {
            reason = format!("the server answered {status}");
        }
        Err(CallError::Status { status, reason })
    }

    /// The kept connection, or a new one.
    async fn connection(&self) -> Result<Kept, CallError> {
        let mut kept = self.kept.lock().await;
        let good = |kept: &&Kept| !kept.sender.is_closed() && self.dial.keeps(kept.grade);
        if let Some(live) = kept.as_ref().filter(good) {
            return Ok(live.clone());
        }
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, self.connect());
        let new = connecting
            .await
            .map_err(|_| CallError::TimedOut(CONNECT_TIMEOUT))??;
        *kept = Some(new.clone());
        Ok(new)
    }

    async fn connect(&self) -> Result<Kept, CallError> {
        let Dialed { stream, grade } = self.dial.dial().await?;
        let (told, end) = watch::channel(None);
        let stream = Telling {
            stream,
            told: told.clone(),
        };
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(4 * WINDOW_BYTES)
            .max_frame_size(1 << 20)
            .max_send_buf_size(4 << 20)
            .keep_alive_interval(Some(Duration::from_secs(20)))
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| CallError::Unreachable(error.to_string()))?;
        tokio::spawn(async move {
            // Its end was told where the stream failed; without a failure it is told here.
            let _ = connection.await;
            told.send_if_modified(|end| {
                let first = end.is_none();
                end.get_or_insert(End::Other);
                first
            });
        });
        Ok(Kept { sender, grade, end })
    }
}

/// A stream that tells with which TLS error it ended: HTTP/2 keeps only the error's text.
struct Telling<S> {
    stream: S,
    told: watch::Sender<Option<End>>,
}

impl<S> Telling<S> {
    fn note<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled
            && let Some(tls) = find_tls(error)
        {
            self.told.send_replace(Some(End::Tls(tls)));
        }
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Telling<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.note(polled)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Telling<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.note(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.note(polled)
    }
}

/// What a failed call is, for callers that go on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// There is no way, or no answer in time: trying again may help.
    Way,
    /// The other end says that this party's certificate has expired.
    OwnExpired,
    /// The other end's certificate is not valid now: it has expired, or a clock is wrong.
    TheirTime,
    /// The handshake failed for another reason.
    Handshake,
    /// The other end refused, with this HTTP status.
    Status(u16),
    /// Anything else.
    Other,
}

impl CallError {
    /// What it is.
    #[must_use]
    pub fn failure(&self) -> Failure {
        use rustls::{AlertDescription, CertificateError};

        match self {
            Self::Unreachable(_) | Self::TimedOut(_) => Failure::Way,
            Self::Tls(rustls::Error::AlertReceived(AlertDescription::CertificateExpired)) => {
                Failure::OwnExpired
            }
            Self::Tls(rustls::Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            )) => Failure::TheirTime,
            Self::Tls(_) => Failure::Handshake,
            Self::Status { status, .. } => Failure::Status(status.as_u16()),
            Self::Regraded | Self::BelowPolicy(_) | Self::Body => Failure::Other,
        }
    }

    /// A failed handshake arrives as an I/O error around rustls's own.
    pub(crate) fn from_io(error: io::Error) -> Self {
        match find_tls(&error) {
            Some(tls) => Self::Tls(tls),
            None => Self::Unreachable(error.to_string()),
        }
    }
}

/// Looks for a TLS error among an error's causes.
pub(crate) fn find_tls(error: &(dyn std::error::Error + 'static)) -> Option<rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls.clone());
        }
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(inner) = inner {
            // An I/O error's source skips the error that it wraps.
            return find_tls(inner);
        }
        cause = error.source();
    }
    None
}
