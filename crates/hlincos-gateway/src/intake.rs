//! What agents send: runs are opened, bundles are split and dealt.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use hlincos_net::Peer;
use hlincos_pki::Role;
use hlincos_proto::deal::{DealError, SplitError, Terms, deal, split_bundle};
use hlincos_proto::gateway::{BundlesAnswer, RunOpening, RunRequest, read_bundles};
use hlincos_proto::survey::survey;
use hlincos_record::bundle::{Bundle, BundleHeader, Class, Entry, RunRecord};
use hlincos_record::identifier::Subject;

use crate::directory::{generation_status, read_root, read_store};
use crate::reading::BRIEFLY;
use crate::server::{
    Gateway, Refusal, allow, directory_refusal, internal, store_subject, unavailable,
};

pub(crate) async fn open_run(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<RunRequest>,
) -> Result<Json<RunOpening>, Refusal> {
    allow(&peer, &[Role::Agent], "back up")?;
    let subject = store_subject(&request.store)?;
    gateway.allow_store(&peer, &request.store)?;
    gateway.refuse_too_few_sites().await?;
    if !gateway.catalogue.is_there() {
        gateway.rebuild().await?;
    }
    let refused = |error| directory_refusal(&error);
    let root = read_root(&gateway.roster).await.map_err(refused)?;
    let listed = root.labels.contains(&request.store);
    let directory = read_store(&gateway.roster, &subject)
        .await
        .map_err(refused)?;
    Ok(Json(RunOpening {
        vault: gateway.vault.clone(),
        finished: directory.last(),
        listed,
    }))
}

pub(crate) async fn bundles(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    body: Bytes,
) -> Result<Json<BundlesAnswer>, Refusal> {
    allow(&peer, &[Role::Agent], "back up")?;
    let splitting = gateway.clone();
    let split = tokio::task::spawn_blocking(move || {
        let malformed = |error: &dyn std::fmt::Display| {
            (
                StatusCode::BAD_REQUEST,
                format!("a bundle was refused: {error}"),
            )
        };
        let mut rng = splitting.randomness.begin().map_err(unavailable)?;
        let mut dealings = Vec::new();
        let mut notes = Vec::new();
        for bytes in read_bundles(&body).map_err(|error| malformed(&error))? {
            let terms = Terms {
                documents: splitting.documents,
                now_unix_ms: unix_ms(),
            };
            let dealing =
                split_bundle(&splitting.roster, bytes, &mut *rng, terms).map_err(|error| {
                    match error {
                        SplitError::Bundle(error) => malformed(&error),
                        SplitError::Randomness(error) => unavailable(error),
                    }
                })?;
            for label in labels(&dealing.header, bytes) {
                splitting.allow_store(&peer, &label)?;
            }
            notes.extend(note(&dealing.header, bytes));
            dealings.push(dealing);
        }
        Ok::<_, Refusal>((dealings, notes))
    });
    let (dealings, notes) = split.await.map_err(internal)??;
    let receipts = deal(
        &gateway.roster,
        dealings,
        gateway.patience,
        &gateway.outages,
    )
    .await
    .map_err(|error| {
        let status = match &error {
            DealError::TooFew { failures, .. }
                if failures
                    .iter()
                    .any(|(_, e)| *e == hlincos_proto::site::SiteError::Full) =>
            {
                StatusCode::INSUFFICIENT_STORAGE
            }
            DealError::TooFew { .. } => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, error.to_string())
    })?;
    let missing = receipts
        .first()
        .map(|receipt| receipt.missing.clone())
        .unwrap_or_default();
    let missing = gateway.roster.names(missing);
    // The shares are safe; a catalogue that cannot be written is told, not fatal.
    let noted = gateway.catalogue.add_debt(&missing, receipts.len() as u64);
    let noted = noted.and_then(|()| notes.into_iter().try_for_each(|note| gateway.note(note)));
    if let Err(error) = noted {
        tracing::warn!(%error, "the catalogue could not be written; run `hlincos rebuild` later");
    }
    Ok(Json(BundlesAnswer {
        stored: receipts.len() as u64,
        missing,
    }))
}

/// The stores that a bundle is about: its own, or those that a root page lists.
fn labels(header: &BundleHeader, bytes: &[u8]) -> Vec<String> {
    if header.class != Class::Root {
        return vec![header.label.clone()];
    }
    let Ok(page) = Bundle::open(bytes) else {
        return Vec::new();
    };
    let label = |entry: &Entry| String::from_utf8_lossy(entry.path()).into_owned();
    page.entries().map(|(entry, _)| label(entry)).collect()
}

/// What the catalogue learns from a bundle.
enum Note {
    Run {
        label: String,
        number: u64,
        record: Box<RunRecord>,
    },
    Facilities {
        label: String,
        facilities: Vec<String>,
    },
}

fn note(header: &BundleHeader, bytes: &[u8]) -> Option<Note> {
    let label = header.label.clone();
    match header.class {
        Class::Run => {
            let bundle = Bundle::open(bytes).ok()?;
            let record = RunRecord::from_bytes(bundle.contents()).ok()?;
            let number = header.generation.0;
            // The last page makes the run a finished one.
            (record.page + 1 == record.pages).then(|| Note::Run {
                label,
                number,
                record: Box::new(record),
            })
        }
        Class::Directory => {
            let bundle = Bundle::open(bytes).ok()?;
            let facility = |member: &[u8]| {
                let (facility, patient) = core::str::from_utf8(member).ok()?.split_once('\0')?;
                (!patient.is_empty()).then(|| facility.to_owned())
            };
            let mut facilities: Vec<String> = bundle
                .entries()
                .filter_map(|(entry, _)| facility(entry.path()))
                .collect();
            facilities.dedup();
            Some(Note::Facilities { label, facilities })
        }
        Class::Messages | Class::Documents | Class::Root | Class::GivenUp => None,
    }
}

impl Gateway {
    /// Refuses a run that could not end well, before the agent reads a single file.
    async fn refuse_too_few_sites(&self) -> Result<(), Refusal> {
        let survey = survey(&self.roster, &[Subject::Root], BRIEFLY)
            .await
            .map_err(unavailable)?;
        let answering = self.roster.members().len() - survey.silent.len();
        let need = self.roster.stored_at_least();
        if answering >= need {
            return Ok(());
        }
        let mut text =
            format!("only {answering} of the {need} sites that must have the shares answer");
        for (site, why) in &survey.silent {
            text.push_str(&format!(
                "; site {}: {why}",
                self.roster.members()[*site].name
            ));
        }
        text.push_str("; start it, or allow degraded backups with stored_at_least in gateway.toml");
        Err((StatusCode::SERVICE_UNAVAILABLE, text))
    }

    fn note(&self, note: Note) -> std::io::Result<()> {
        match note {
            Note::Run {
                label,
                number,
                record,
            } => self
                .catalogue
                .add_generation(&label, generation_status(number, &record)),
            Note::Facilities { label, facilities } => {
                self.catalogue.add_facilities(&label, facilities)
            }
        }
    }
}

fn unix_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
