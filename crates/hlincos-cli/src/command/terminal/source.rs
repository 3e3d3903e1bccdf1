//! A terminal's records come from the gateway, over the link that is kept warm.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hlincos_agent::{PatientRecords, RecordsError, fetch_documents, fetch_records};
use hlincos_net::Failure;
use hlincos_proto::gateway::{GatewayClient, GatewayError, PatientRequest};
use hlincos_terminal::{FetchError, Link, LinkError, LinkState, Question, Records, Source};

use crate::command::query::{is_nobody, records_of};

/// Asks the gateway.
pub(super) struct GatewaySource {
    link: Arc<Link>,
    valid_until: Duration,
}

/// What is asked for.
#[derive(Clone, Copy)]
enum What {
    Messages,
    Documents,
}

impl What {
    async fn fetch(
        self,
        gateway: Arc<GatewayClient>,
        request: PatientRequest,
    ) -> Result<PatientRecords, RecordsError> {
        match self {
            Self::Messages => fetch_records(&gateway, &request).await,
            Self::Documents => fetch_documents(&gateway, &request).await,
        }
    }
}

impl GatewaySource {
    pub(super) const fn new(link: Arc<Link>, valid_until: Duration) -> Self {
        Self { link, valid_until }
    }

    async fn fetch(&self, question: Question, what: What) -> Result<Records, FetchError> {
        self.refuse_expired()?;
        let request = PatientRequest {
            facility: question.facility,
            patient: question.patient,
            purpose: None,
        };
        let started = Instant::now();
        let ask = |gateway| what.fetch(gateway, request.clone()).boxed();
        let answer = self.link.ask(ask, of_the_way).await;
        let (fetched, way) = answer.map_err(|error| match error {
            LinkError::GaveUp(after) => {
                FetchError::Unreachable(format!("no answer within {} s", after.as_secs()))
            }
            LinkError::Answer(error) => self.explain(&error),
        })?;
        if is_nobody(&fetched) {
            return Err(FetchError::Unknown);
        }
        let mut records = records_of(fetched, way, started.elapsed());
        records.provenance.run_unix_ms = self.last_run(records.provenance.facility.as_deref());
        Ok(records)
    }

    /// An expired certificate is refused by the gateway too; here it is told without a round trip.
    fn refuse_expired(&self) -> Result<(), FetchError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        if now.unwrap_or_default() < self.valid_until {
            return Ok(());
        }
        let text = "the certificate's last day is over, or this machine's clock is ahead";
        Err(FetchError::Expired(text.into()))
    }

    /// When the last backup run of a store with this facility finished.
    fn last_run(&self, facility: Option<&str>) -> Option<u64> {
        let status = self.link.status()?;
        let facility = facility?;
        let of_facility = status
            .stores
            .iter()
            .filter(|store| store.facilities.iter().any(|known| known == facility));
        of_facility
            .filter_map(|store| Some(store.generations.last()?.finished_unix_ms))
            .max()
    }

    fn explain(&self, error: &RecordsError) -> FetchError {
        match error {
            RecordsError::SeveralPatients(facilities) => FetchError::Several(facilities.clone()),
            RecordsError::Gateway(GatewayError::Call { text, failure, .. }) => match failure {
                Failure::Way => FetchError::Unreachable(text.clone()),
                Failure::OwnExpired => FetchError::Expired(text.clone()),
                Failure::TheirTime => FetchError::Clocks(text.clone()),
                Failure::Handshake | Failure::Status(403) => FetchError::Refused(text.clone()),
                Failure::Status(400) => FetchError::BadId(text.clone()),
                _ => in_words(text, &self.facilities()),
            },
            RecordsError::Gateway(GatewayError::Failed(text)) => in_words(text, &self.facilities()),
            RecordsError::Gateway(GatewayError::BrokenOff) => {
                FetchError::Unreachable(error.to_string())
            }
            other => FetchError::Other(other.to_string()),
        }
    }
}

/// A failure of the way, not an answer of the gateway: another way may do better.
const fn of_the_way(error: &RecordsError) -> bool {
    matches!(
        error,
        RecordsError::Gateway(
            GatewayError::Call {
                transient: true,
                ..
            } | GatewayError::BrokenOff
        )
    )
}

/// What the gateway says in a sentence alone, since a stream has no status any more.
fn in_words(text: &str, facilities: &[String]) -> FetchError {
    if text.contains("sites needed answer") {
        return FetchError::TooFewSites(text.to_owned());
    }
    if text.contains("patients of several facilities") {
        // The sentence quotes a facility without a code.
        let named = |code: &&String| {
            if code.is_empty() {
                text.contains("\"\"")
            } else {
                text.contains(code.as_str())
            }
        };
        return FetchError::Several(facilities.iter().filter(named).cloned().collect());
    }
    FetchError::Other(text.to_owned())
}

impl Source for GatewaySource {
    fn messages(&self, question: Question) -> BoxFuture<'_, Result<Records, FetchError>> {
        self.fetch(question, What::Messages).boxed()
    }

    fn documents(&self, question: Question) -> BoxFuture<'_, Result<Records, FetchError>> {
        self.fetch(question, What::Documents).boxed()
    }

    fn link(&self) -> LinkState {
        self.link.state()
    }

    fn facilities(&self) -> Vec<String> {
        let stores = self.link.status().map(|status| status.stores);
        let stores = stores.unwrap_or_default();
        stores
            .into_iter()
            .flat_map(|store| store.facilities)
            .collect()
    }

    fn valid_until_unix_ms(&self) -> Option<u64> {
        u64::try_from(self.valid_until.as_millis()).ok()
    }
}

#[cfg(test)]
mod tests {
    use hlincos_proto::survey::TooFewSites;

    use super::*;

    #[test]
    fn too_few_sites_are_known_by_the_sentence_that_tells_them() {
        let error = TooFewSites {
            answered: 1,
            need: 2,
            silent: Vec::new(),
        };
        let text = error.to_string();
        assert_eq!(in_words(&text, &[]), FetchError::TooFewSites(text));
    }

    #[test]
    fn an_expired_certificate_is_told_before_anything_is_sent() {
        let source = |valid_until| {
            let link = Link::new(Vec::new(), hlincos_terminal::LinkSettings::default());
            GatewaySource::new(link, valid_until)
        };
        let past = source(Duration::from_secs(1_567_436_400));
        assert!(matches!(past.refuse_expired(), Err(FetchError::Expired(_))));
        assert_eq!(source(Duration::MAX).refuse_expired(), Ok(()));
    }

    #[test]
    fn facilities_that_a_refusal_names_are_those_to_choose_from() {
        let known = ["1318814790", "9999999999", "8888888888", ""].map(String::from);
        let text = "patients of several facilities have this ID (1318814790, \"\"); name one with --facility";
        let expected = vec!["1318814790".to_owned(), String::new()];
        assert_eq!(in_words(text, &known), FetchError::Several(expected));
    }
}
