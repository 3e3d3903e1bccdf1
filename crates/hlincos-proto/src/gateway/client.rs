//! The caller's side of the gateway's interface.

use std::time::Duration;

use bytes::Bytes;
use hlincos_net::{Call, CallError, Client, Failure};
use hlincos_record::identifier::BundleId;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    BUNDLES, BundlesAnswer, CHECK, CheckReport, DOCUMENTS, Frame, FrameReader, GatewayStatus,
    PatientRequest, Progress, QUERY, REBUILD, RESTORE, RUNS, RestoreRequest, RestoreSummary,
    RunOpening, RunRequest, STATUS,
};

const JSON: &str = "application/json";
const BINARY: &str = "application/octet-stream";
/// Short questions.
const ASK_TIMEOUT: Duration = Duration::from_secs(120);
/// A batch waits as long as the gateway has patience with a silent site, and longer.
const DEAL_TIMEOUT: Duration = Duration::from_secs(600);
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// A gateway that can be called.
pub struct GatewayClient {
    client: Client,
    explain: fn(&CallError) -> String,
}

/// Why the gateway did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The call failed; the text names cause and next step.
    #[error("gateway {address}: {text}")]
    Call {
        /// Where it was called.
        address: String,
        /// What happened and what to do.
        text: String,
        /// Whether trying again may help.
        transient: bool,
        /// What it is, for callers that go on differently.
        failure: Failure,
    },
    /// It answered something that is no answer.
    #[error("the gateway's answer is malformed; are both programs of the same release?")]
    Malformed,
    /// It could not go on in the middle of a stream.
    #[error("{0}")]
    Failed(String),
    /// The stream broke off before its end.
    #[error("the gateway's stream broke off before its end; run the command again")]
    BrokenOff,
}

impl GatewayClient {
    /// Wraps a client; `explain` puts a failed call into words.
    #[must_use]
    pub const fn new(client: Client, explain: fn(&CallError) -> String) -> Self {
        Self { client, explain }
    }

    /// Asks how gateway and sites are.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn status(&self) -> Result<GatewayStatus, GatewayError> {
        self.ask(STATUS, None, JSON, ASK_TIMEOUT).await
    }

    /// Opens a run of a store.
    ///
    /// # Errors
    /// [`GatewayError`], also when fewer than k sites answer.
    pub async fn open_run(&self, store: &str) -> Result<RunOpening, GatewayError> {
        let request = RunRequest {
            store: store.to_owned(),
        };
        self.ask(RUNS, Some(json(&request)), JSON, ASK_TIMEOUT)
            .await
    }

    /// Sends a batch ([`super::write_bundles`]); on success all of it is acknowledged.
    ///
    /// # Errors
    /// [`GatewayError`]; nothing is acknowledged then.
    pub async fn send(&self, batch: Bytes) -> Result<BundlesAnswer, GatewayError> {
        self.ask(BUNDLES, Some(batch), BINARY, DEAL_TIMEOUT).await
    }

    /// Recreates the gateway's catalogue from the sites.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn rebuild(&self) -> Result<GatewayStatus, GatewayError> {
        self.ask(REBUILD, Some(Bytes::new()), BINARY, DEAL_TIMEOUT)
            .await
    }

    /// Streams a store or a patient's files.
    ///
    /// # Errors
    /// [`GatewayError`], before the stream begins.
    pub async fn restore(&self, request: &RestoreRequest) -> Result<Restoring, GatewayError> {
        self.stream(RESTORE, json(request))
            .await
            .map(Restoring::new)
    }

    /// Connects, if it is not connected.
    ///
    /// # Errors
    /// [`GatewayError`] when no connection can be made.
    pub async fn connect(&self) -> Result<(), GatewayError> {
        let grade = self.client.grade().await;
        grade.map(|_| ()).map_err(|error| self.failed(&error))
    }

    /// Streams one patient's messages.
    ///
    /// # Errors
    /// [`GatewayError`], before the stream begins.
    pub async fn query(&self, request: &PatientRequest) -> Result<Restoring, GatewayError> {
        self.stream(QUERY, json(request)).await.map(Restoring::new)
    }

    /// Streams one patient's documents and images.
    ///
    /// # Errors
    /// [`GatewayError`], before the stream begins.
    pub async fn documents(&self, request: &PatientRequest) -> Result<Restoring, GatewayError> {
        self.stream(DOCUMENTS, json(request))
            .await
            .map(Restoring::new)
    }

    /// Has everything read back; `progress` is told how far it is.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn check(
        &self,
        mut progress: impl FnMut(&Progress),
    ) -> Result<CheckReport, GatewayError> {
        let mut body = self.stream(CHECK, Bytes::new()).await?;
        let mut text = Vec::new();
        while let Some(piece) = next_piece(&mut body).await? {
            text.extend_from_slice(&piece);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let line: CheckLine =
                    serde_json::from_slice(&line).map_err(|_| GatewayError::Malformed)?;
                match line {
                    CheckLine::Progress(done) => progress(&done),
                    CheckLine::Report(report) => return Ok(report),
                    CheckLine::Failed(text) => return Err(GatewayError::Failed(text)),
                }
            }
            if text.len() > ANSWER_BYTES_MAX {
                return Err(GatewayError::Malformed);
            }
        }
        Err(GatewayError::BrokenOff)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<Bytes>,
        content_type: &'static str,
        timeout: Duration,
    ) -> Result<T, GatewayError> {
        let call = Call {
            path,
            body,
            content_type,
            timeout,
            answer_bytes_max: ANSWER_BYTES_MAX,
            over: None,
        };
        let answer = self
            .client
            .call(call)
            .await
            .map_err(|error| self.failed(&error))?;
        serde_json::from_slice(&answer).map_err(|_| GatewayError::Malformed)
    }

    async fn stream(&self, path: &str, body: Bytes) -> Result<Incoming, GatewayError> {
        let call = Call {
            path,
            body: Some(body),
            content_type: JSON,
            timeout: ASK_TIMEOUT,
            answer_bytes_max: 0,
            over: None,
        };
        self.client
            .stream(call)
            .await
            .map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &CallError) -> GatewayError {
        GatewayError::Call {
            address: self.client.address().to_owned(),
            text: (self.explain)(error),
            transient: error.failure() == Failure::Way,
            failure: error.failure(),
        }
    }
}

/// One line of a check's stream.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckLine {
    /// How far it is.
    Progress(Progress),
    /// The end.
    Report(CheckReport),
    /// It cannot go on.
    Failed(String),
}

/// A restore stream being read.
pub struct Restoring {
    body: Incoming,
    frames: FrameReader,
    summary: Option<RestoreSummary>,
}

/// What a restore stream brings.
#[derive(Debug)]
pub enum Restored {
    /// A verified bundle; of one subject they come newest first.
    Bundle(Bytes),
    /// How far the gateway is.
    Progress(Progress),
    /// All bundles of a subject were given.
    SubjectEnd,
    /// Acknowledged bundles that do not restore; there only when the request asks for them.
    Lost(Vec<BundleId>),
}

impl Restoring {
    fn new(body: Incoming) -> Self {
        Self {
            body,
            frames: FrameReader::default(),
            summary: None,
        }
    }

    /// Gives what comes next; `None` after the end.
    ///
    /// # Errors
    /// [`GatewayError`] when the gateway fails or the stream breaks off: what was given stays
    /// right, but it is not all.
    pub async fn next(&mut self) -> Result<Option<Restored>, GatewayError> {
        loop {
            match self
                .frames
                .next_frame()
                .map_err(|_| GatewayError::Malformed)?
            {
                Some(Frame::Bundle(bytes)) => return Ok(Some(Restored::Bundle(bytes))),
                Some(Frame::Progress(progress)) => return Ok(Some(Restored::Progress(progress))),
                Some(Frame::SubjectEnd) => return Ok(Some(Restored::SubjectEnd)),
                Some(Frame::Lost(ids)) => return Ok(Some(Restored::Lost(ids))),
                Some(Frame::Failed(text)) => return Err(GatewayError::Failed(text)),
                Some(Frame::End(summary)) => {
                    self.summary = Some(*summary);
                    return Ok(None);
                }
                None => match next_piece(&mut self.body).await? {
                    Some(piece) => self.frames.feed(&piece),
                    None => return Err(GatewayError::BrokenOff),
                },
            }
        }
    }

    /// What to make of it; there only after [`Restoring::next`] gave `None`.
    #[must_use]
    pub fn into_summary(self) -> Option<RestoreSummary> {
        self.summary
    }
}

async fn next_piece(body: &mut Incoming) -> Result<Option<Bytes>, GatewayError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(_)) => return Err(GatewayError::BrokenOff),
        }
    }
}

fn json(value: &impl Serialize) -> Bytes {
    Bytes::from(serde_json::to_vec(value).expect("plain structs are JSON"))
}
