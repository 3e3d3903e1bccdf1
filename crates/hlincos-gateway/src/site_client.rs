//! A shareholder over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use hlincos_net::{Call, CallError, Client};
use hlincos_proto::api;
use hlincos_proto::site::{
    GetOutcome, HeadsPage, ObjectKey, PutObject, PutOutcome, Site, SiteError,
};
use hlincos_record::handle::{Handle, ObjectName};
use hlincos_record::share_object::{LINK_AT, LinkGrade};
use serde::Deserialize;

use crate::breaker::Breaker;

const BINARY: &str = "application/octet-stream";
/// A site that takes longer counts as silent.
const SITE_TIMEOUT: Duration = Duration::from_secs(60);
/// A link whose level changes so often between two questions is no link.
const REGRADED_MAX: usize = 8;

/// What is sent, as far as links tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// What a clinician waits for.
    Emergency,
    /// Backups, restores and checks.
    Bulk,
}

/// The ways to one shareholder, one for each class of traffic; they may be one and the same.
pub(crate) struct Ways {
    pub(crate) emergency: Arc<Client>,
    pub(crate) control: Arc<Client>,
    pub(crate) bulk: Arc<Client>,
    breaker: Breaker,
}

/// One shareholder, called for one kind of traffic.
pub(crate) struct HttpSite {
    ways: Arc<Ways>,
    traffic: Traffic,
}

/// The part of a shareholder's status that the gateway shows.
#[derive(Deserialize)]
pub(crate) struct SiteStats {
    pub(crate) objects: u64,
    pub(crate) object_bytes: u64,
}

impl Ways {
    /// All traffic over one client.
    pub(crate) fn single(client: Client) -> Self {
        let client = Arc::new(client);
        Self::new(client.clone(), client.clone(), client)
    }

    pub(crate) fn new(emergency: Arc<Client>, control: Arc<Client>, bulk: Arc<Client>) -> Self {
        Self {
            emergency,
            control,
            bulk,
            breaker: Breaker::default(),
        }
    }
}

impl HttpSite {
    pub(crate) fn new(ways: Arc<Ways>, traffic: Traffic) -> Self {
        Self { ways, traffic }
    }

    pub(crate) fn address(&self) -> &str {
        self.ways.control.address()
    }

    /// Asks for the site's status; short patience, for a screen.
    pub(crate) async fn stats(&self) -> Result<SiteStats, SiteError> {
        let call = Call {
            path: api::STATUS,
            body: None,
            content_type: BINARY,
            timeout: Duration::from_secs(5),
            answer_bytes_max: 64 << 10,
            over: None,
        };
        let answer = self.ways.control.call(call).await;
        let answer = answer.map_err(|error| site_error(&error))?;
        serde_json::from_slice(&answer).map_err(|error| SiteError::Malformed(error.to_string()))
    }

    /// The way for shares.
    fn payload(&self) -> &Client {
        match self.traffic {
            Traffic::Emergency => &self.ways.emergency,
            Traffic::Bulk => &self.ways.bulk,
        }
    }

    /// The way for lists and deletions.
    fn control(&self) -> &Client {
        match self.traffic {
            Traffic::Emergency => &self.ways.emergency,
            Traffic::Bulk => &self.ways.control,
        }
    }

    async fn post(&self, way: &Client, path: &str, body: Vec<u8>) -> Result<Bytes, SiteError> {
        let answer = self.ask(way.call(post(path, body, None))).await;
        answer?.map_err(|error| site_error(&error))
    }

    /// Asks, unless the site did not answer a moment ago.
    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<Result<T, CallError>, SiteError> {
        let breaker = &self.ways.breaker;
        let under_way = breaker.call().map_err(SiteError::Unreachable)?;
        let answer = call.await;
        match answer.as_ref().map_err(site_error) {
            Err(SiteError::Unreachable(why)) => under_way.failed(&why),
            _ => under_way.answered(),
        }
        Ok(answer)
    }

    /// Puts objects with the grade of the link that really takes them.
    async fn put_graded(
        &self,
        objects: &[PutObject],
    ) -> Result<(Vec<PutOutcome>, LinkGrade), SiteError> {
        let way = self.payload();
        for _ in 0..REGRADED_MAX {
            let grade = self.ask(way.grade()).await?;
            let grade = grade.map_err(|error| site_error(&error))?;
            let body = api::write_put_over(objects, grade);
            match self
                .ask(way.call(post(api::PUT, body, Some(grade))))
                .await?
            {
                Err(CallError::Regraded) => {}
                Err(error) => return Err(site_error(&error)),
                Ok(answer) => {
                    let outcomes = api::read_put_answer(&answer, objects.len());
                    return Ok((outcomes.map_err(malformed)?, grade));
                }
            }
        }
        Err(SiteError::Unreachable(
            "its link changes its level all the time".into(),
        ))
    }

    /// Looks at an object that the site has already, with other bytes.
    ///
    /// It may be ours from a try whose answer was lost, sent over another link: then the weaker of
    /// both links is what counts, and what tells a stronger one is put again.
    async fn settle(&self, object: &PutObject, grade: LinkGrade) -> Result<PutOutcome, SiteError> {
        let Some(GetOutcome::Present(mut there)) = self.get(&[object.key]).await?.pop() else {
            return Ok(PutOutcome::Conflict);
        };
        let told = there.get(LINK_AT).copied();
        let Some(told) = told.and_then(|code| LinkGrade::try_from(code).ok()) else {
            return Ok(PutOutcome::Conflict);
        };
        there[LINK_AT] = object.bytes[LINK_AT];
        if there != object.bytes {
            return Ok(PutOutcome::Conflict);
        }
        if told <= grade {
            return Ok(PutOutcome::AlreadyStored);
        }
        self.delete(&[object.key]).await?;
        let (mut outcomes, _) = self.put_graded(std::slice::from_ref(object)).await?;
        Ok(outcomes.pop().unwrap_or(PutOutcome::Conflict))
    }
}

fn post(path: &str, body: Vec<u8>, over: Option<LinkGrade>) -> Call<'_> {
    Call {
        path,
        body: Some(Bytes::from(body)),
        content_type: BINARY,
        timeout: SITE_TIMEOUT,
        answer_bytes_max: api::ANSWER_BYTES_MAX,
        over,
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
        CallError::BelowPolicy(why) => SiteError::Refused(why.clone()),
        _ => SiteError::Unreachable(error.to_string()),
    }
}

fn malformed(error: api::ApiError) -> SiteError {
    SiteError::Malformed(error.to_string())
}

impl Site for HttpSite {
    async fn put(&self, objects: &[PutObject]) -> Result<Vec<PutOutcome>, SiteError> {
        let (mut outcomes, grade) = self.put_graded(objects).await?;
        for (outcome, object) in outcomes.iter_mut().zip(objects) {
            if *outcome == PutOutcome::Conflict {
                *outcome = self.settle(object, grade).await?;
            }
        }
        Ok(outcomes)
    }

    async fn heads(
        &self,
        folders: &[(Handle, Option<ObjectName>)],
    ) -> Result<Vec<HeadsPage>, SiteError> {
        let body = api::write_heads(folders);
        let answer = self.post(self.control(), api::HEADS, body).await?;
        api::read_heads_answer(&answer, folders.len()).map_err(malformed)
    }

    async fn get(&self, keys: &[ObjectKey]) -> Result<Vec<GetOutcome>, SiteError> {
        let body = api::write_keys(keys);
        let answer = self.post(self.payload(), api::GET, body).await?;
        api::read_get_answer(&answer, keys.len()).map_err(malformed)
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<Vec<bool>, SiteError> {
        let body = api::write_keys(keys);
        let answer = self.post(self.control(), api::DELETE, body).await?;
        api::read_delete_answer(&answer, keys.len()).map_err(malformed)
    }
}
