//! A shareholder over HTTP.

use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use hlincos_net::{Call, CallError, Client};
use hlincos_proto::api;
use hlincos_proto::site::{
    GetOutcome, HeadsPage, ObjectKey, PutObject, PutOutcome, Site, SiteError,
};
use hlincos_record::handle::{Handle, ObjectName};
use serde::Deserialize;

use crate::breaker::Breaker;

const BINARY: &str = "application/octet-stream";
/// A site that takes longer counts as silent.
const SITE_TIMEOUT: Duration = Duration::from_secs(60);

/// One shareholder, reached over mutual TLS.
pub(crate) struct HttpSite {
    client: Client,
    breaker: Breaker,
}

/// The part of a shareholder's status that the gateway shows.
#[derive(Deserialize)]
pub(crate) struct SiteStats {
    pub(crate) objects: u64,
    pub(crate) object_bytes: u64,
}

impl HttpSite {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            breaker: Breaker::default(),
        }
    }

    pub(crate) fn address(&self) -> &str {
        self.client.address()
    }

    /// Asks for the site's status; short patience, for a screen.
    pub(crate) async fn stats(&self) -> Result<SiteStats, SiteError> {
        let call = Call {
            path: api::STATUS,
            body: None,
            content_type: BINARY,
            timeout: Duration::from_secs(5),
            answer_bytes_max: 64 << 10,
        };
        let answer = self
            .client
            .call(call)
            .await
            .map_err(|error| site_error(&error))?;
        serde_json::from_slice(&answer).map_err(|error| SiteError::Malformed(error.to_string()))
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> Result<Bytes, SiteError> {
        let call = Call {
            path,
            body: Some(Bytes::from(body)),
            content_type: BINARY,
            timeout: SITE_TIMEOUT,
            answer_bytes_max: api::ANSWER_BYTES_MAX,
        };
        let under_way = self.breaker.call().map_err(SiteError::Unreachable)?;
        let answer = self.client.call(call).await;
        let answer = answer.map_err(|error| site_error(&error));
        match &answer {
            Err(SiteError::Unreachable(why)) => under_way.failed(why),
            _ => under_way.answered(),
        }
        answer
    }
}

fn site_error(error: &CallError) -> SiteError {
    match error {
        CallError::Tls(tls) => SiteError::Refused(hlincos_tls::explain(tls)),
        CallError::Status { status, reason } => match *status {
            StatusCode::INSUFFICIENT_STORAGE => SiteError::Full,
            StatusCode::FORBIDDEN => SiteError::Refused(reason.clone()),
            _ => SiteError::Failed(reason.clone()),
        },
        CallError::Body => SiteError::Malformed(error.to_string()),
        _ => SiteError::Unreachable(error.to_string()),
    }
}

fn malformed(error: api::ApiError) -> SiteError {
    SiteError::Malformed(error.to_string())
}

impl Site for HttpSite {
    async fn put(&self, objects: &[PutObject]) -> Result<Vec<PutOutcome>, SiteError> {
        let answer = self.post(api::PUT, api::write_put(objects)).await?;
        api::read_put_answer(&answer, objects.len()).map_err(malformed)
    }

    async fn heads(
        &self,
        folders: &[(Handle, Option<ObjectName>)],
    ) -> Result<Vec<HeadsPage>, SiteError> {
        let answer = self.post(api::HEADS, api::write_heads(folders)).await?;
        api::read_heads_answer(&answer, folders.len()).map_err(malformed)
    }

    async fn get(&self, keys: &[ObjectKey]) -> Result<Vec<GetOutcome>, SiteError> {
        let answer = self.post(api::GET, api::write_keys(keys)).await?;
        api::read_get_answer(&answer, keys.len()).map_err(malformed)
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<Vec<bool>, SiteError> {
        let answer = self.post(api::DELETE, api::write_keys(keys)).await?;
        api::read_delete_answer(&answer, keys.len()).map_err(malformed)
    }
}
