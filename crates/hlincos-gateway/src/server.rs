//! The gateway's routes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::future::join_all;
use hlincos_net::{Client, Listener, Peer};
use hlincos_pki::{Identity, PartyName, Role};
use hlincos_proto::deal::{DealError, Patience, deal, split_bundle};
use hlincos_proto::gateway::{
    self, BundlesAnswer, CheckLine, Frame, GatewayStatus, PatientRequest, RestoreRequest,
    RunOpening, RunRequest, SiteStatus, read_bundles,
};
use hlincos_proto::restore::Asking;
use hlincos_proto::roster::{Roster, RosterError};
use hlincos_record::bundle::{Bundle, BundleHeader, Class, RunRecord};
use hlincos_record::identifier::Subject;
use hlincos_record::share_object::LinkGrade;
use hlincos_sharing::RandomnessGrade;
use hlincos_tls::Credential;
use tokio::sync::mpsc;

use crate::catalogue::Catalogue;
use crate::directory::{DirectoryError, generation_status, read_root, read_store};
use crate::drbg::SystemSeeded;
use crate::reading::{Promises, Wanted, link_words, read_subjects};
use crate::site_client::HttpSite;
use crate::{Config, check, read_directory_key};

/// Frames waiting for a slow caller.
const FRAMES_WAITING: usize = 16;

/// Why a gateway could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Certificate or key are unusable.
    #[error(transparent)]
    Credential(#[from] hlincos_tls::CredentialError),
    /// The TLS configuration could not be made.
    #[error(transparent)]
    Tls(#[from] hlincos_tls::TlsError),
    /// The directory key is unusable.
    #[error("{0}")]
    DirectoryKey(String),
    /// The sites make no roster.
    #[error("{0}; correct gateway.toml")]
    Roster(#[from] RosterError),
    /// A site's name is none.
    #[error("the site name {0:?} is not 1 to 40 of a-z, 0-9 and '-'; correct gateway.toml")]
    SiteName(String),
    /// The catalogue's folder is unusable.
    #[error("the data folder cannot be used: {0}")]
    Data(std::io::Error),
    /// The socket could not be bound.
    #[error("cannot listen on {address}: {error}; choose another address in gateway.toml")]
    Bind {
        /// As configured.
        address: SocketAddr,
        /// The system's word.
        error: std::io::Error,
    },
}

/// A bound gateway, ready to serve.
pub struct Server {
    listener: Listener,
    gateway: Arc<Gateway>,
}

struct Gateway {
    roster: Roster<HttpSite>,
    vault: String,
    catalogue: Catalogue,
    patience: Patience,
}

impl Server {
    /// Loads keys and catalogue, knows the sites, binds the socket; calls nobody yet.
    ///
    /// # Errors
    /// [`ServeError`], each with what to mend.
    pub async fn bind(config: &Config) -> Result<Self, ServeError> {
        let credential = Credential::from_files(&config.certificate, &config.key, &config.root)?;
        let client_tls = hlincos_tls::client_config(&credential)?;
        let server_tls = hlincos_tls::server_config(&credential)?;
        let key = read_directory_key(&config.directory_key).map_err(ServeError::DirectoryKey)?;
        let mut sites = Vec::new();
        for site in &config.site {
            let name: PartyName = site
                .name
                .parse()
                .map_err(|_| ServeError::SiteName(site.name.clone()))?;
            let identity = Identity {
                role: Role::Shareholder,
                name,
            };
            let server_name = hlincos_tls::server_name(&identity);
            let client = Client::new(site.address.clone(), server_name, client_tls.clone());
            sites.push((site.name.clone(), HttpSite::new(client)));
        }
        let roster = Roster::new(&key, sites, config.k, config.stored_at_least)?;
        let vault = key.vault();
        let catalogue = Catalogue::open(&config.data, &vault).map_err(ServeError::Data)?;
        let address = config.listen;
        let listener = Listener::bind(address, server_tls)
            .await
            .map_err(|error| ServeError::Bind { address, error })?;
        let patience = Patience {
            total: Duration::from_secs(config.patience_s),
            pause: Duration::from_millis(250),
        };
        Ok(Self {
            listener,
            gateway: Arc::new(Gateway {
                roster,
                vault,
                catalogue,
                patience,
            }),
        })
    }

    /// The address that was bound.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.address()
    }

    /// Serves until `stop` is ready.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        self.listener.serve(router(self.gateway), stop).await;
    }
}

fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route(gateway::STATUS, get(status))
        .route(gateway::RUNS, post(open_run))
        .route(gateway::BUNDLES, post(bundles))
        .route(gateway::RESTORE, post(restore))
        .route(gateway::QUERY, post(query))
        .route(gateway::CHECK, post(check_all))
        .route(gateway::REBUILD, post(rebuild))
        .layer(DefaultBodyLimit::max(gateway::BATCH_BYTES_MAX + (16 << 20)))
        .with_state(gateway)
}

type Refusal = (StatusCode, String);

/// Lets a role do what it may; the sentence tells the others which certificate to use.
fn allow(peer: &Peer, roles: &[Role], what: &str) -> Result<(), Refusal> {
    let Peer(identity) = peer;
    if roles.contains(&identity.role) {
        return Ok(());
    }
    let may: Vec<String> = roles.iter().map(ToString::to_string).collect();
    let text = format!(
        "to {what} takes a certificate of role {}; this one is of role {}",
        may.join(" or "),
        identity.role
    );
    Err((StatusCode::FORBIDDEN, text))
}

fn unavailable(error: impl std::fmt::Display) -> Refusal {
    (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

fn directory_refusal(error: &DirectoryError) -> Refusal {
    unavailable(error)
}

fn internal(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "internal error");
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn store_subject(label: &str) -> Result<Subject, Refusal> {
    Subject::store(label).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
}

async fn status(State(gateway): State<Arc<Gateway>>) -> Json<GatewayStatus> {
    Json(gateway.status().await)
}

impl Gateway {
    async fn status(&self) -> GatewayStatus {
        let asking = self.roster.members().iter().map(|member| async {
            let stats = member.site.stats().await;
            let (objects, object_bytes) = match &stats {
                Ok(stats) => (Some(stats.objects), Some(stats.object_bytes)),
                Err(_) => (None, None),
            };
            SiteStatus {
                name: member.name.clone(),
                address: member.site.address().to_owned(),
                up: stats.is_ok(),
                error: stats.err().map(|error| error.to_string()),
                objects,
                object_bytes,
            }
        });
        let threshold = self.roster.threshold();
        GatewayStatus {
            version: env!("CARGO_PKG_VERSION").into(),
            vault: self.vault.clone(),
            k: threshold.k(),
            n: threshold.n(),
            stored_at_least: u8::try_from(self.roster.stored_at_least()).unwrap_or(u8::MAX),
            randomness: RandomnessGrade::Drbg.to_string(),
            link: link_words(LinkGrade::PqTls).into(),
            sites: join_all(asking).await,
            catalogue: self.catalogue.is_there(),
            stores: self.catalogue.stores(),
            debts: self.catalogue.debts(),
        }
    }

    /// Subjects that a patient request means: the facility named, or every facility known.
    async fn subjects(&self, request: &PatientRequest) -> Result<Vec<Subject>, Refusal> {
        let facilities = match &request.facility {
            Some(facility) => vec![facility.clone()],
            None => {
                if !self.catalogue.is_there() {
                    self.rebuild().await?;
                }
                let mut all: Vec<String> = self
                    .catalogue
                    .stores()
                    .into_iter()
                    .flat_map(|s| s.facilities)
                    .collect();
                all.sort();
                all.dedup();
                all
            }
        };
        if request.patient.is_empty() {
            return Err((StatusCode::BAD_REQUEST, "the patient ID is empty".into()));
        }
        facilities
            .iter()
            .map(|facility| Subject::patient(facility, &request.patient))
            .collect::<Result<_, _>>()
            .map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
    }

    async fn rebuild(&self) -> Result<(), Refusal> {
        let labels = read_root(&self.roster)
            .await
            .map_err(|error| directory_refusal(&error))?;
        let mut stores = Vec::new();
        for label in labels {
            let subject = store_subject(&label)?;
            let directory = read_store(&self.roster, &subject)
                .await
                .map_err(|error| directory_refusal(&error))?;
            stores.push(directory.status(&label));
        }
        self.catalogue.replace(stores).map_err(internal)
    }
}

async fn open_run(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<RunRequest>,
) -> Result<Json<RunOpening>, Refusal> {
    allow(&peer, &[Role::Agent], "back up")?;
    let subject = store_subject(&request.store)?;
    let refused = |error| directory_refusal(&error);
    let listed = read_root(&gateway.roster)
        .await
        .map_err(refused)?
        .contains(&request.store);
    let directory = read_store(&gateway.roster, &subject)
        .await
        .map_err(refused)?;
    Ok(Json(RunOpening {
        vault: gateway.vault.clone(),
        finished: directory.finished(),
        listed,
    }))
}

async fn bundles(
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
        let mut rng = SystemSeeded::new().map_err(internal)?;
        let mut dealings = Vec::new();
        let mut notes = Vec::new();
        for bytes in read_bundles(&body).map_err(|error| malformed(&error))? {
            let now = unix_ms();
            let dealing = split_bundle(&splitting.roster, bytes, &mut rng, LinkGrade::PqTls, now)
                .map_err(|error| malformed(&error))?;
            notes.extend(note(&dealing.header, bytes));
            dealings.push(dealing);
        }
        Ok::<_, Refusal>((dealings, notes))
    });
    let (dealings, notes) = split.await.map_err(internal)??;
    let receipts = deal(&gateway.roster, dealings, gateway.patience)
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
        Class::Messages | Class::Documents | Class::Root => None,
    }
}

impl Gateway {
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

async fn restore(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<RestoreRequest>,
) -> Result<Body, Refusal> {
    allow(&peer, &[Role::Agent], "restore")?;
    let store = store_subject(&request.store)?;
    let directory = read_store(&gateway.roster, &store)
        .await
        .map_err(|error| directory_refusal(&error))?;
    if directory.members.is_empty() && directory.runs.is_empty() {
        let labels = read_root(&gateway.roster)
            .await
            .map_err(|e| directory_refusal(&e))?;
        let known: Vec<String> = labels.into_iter().collect();
        let text = format!(
            "no store called {:?} was ever backed up here; known: {}",
            request.store,
            if known.is_empty() {
                "none".into()
            } else {
                known.join(", ")
            }
        );
        return Err((StatusCode::NOT_FOUND, text));
    }
    if let Some(wanted) = request.generation
        && !directory.runs.contains_key(&wanted)
    {
        let text = format!(
            "generation {wanted} of {:?} is not a finished run; the last one is {}",
            request.store,
            directory.finished()
        );
        return Err((StatusCode::NOT_FOUND, text));
    }
    let whole = request.patient.is_none();
    let subjects: Vec<Subject> = match &request.patient {
        Some(patient) => {
            let meant = gateway.subjects(patient).await?;
            meant
                .into_iter()
                .filter(|subject| directory.members.contains(subject))
                .collect()
        }
        None => directory.members.iter().cloned().collect(),
    };
    if subjects.is_empty() && !whole {
        return Err((
            StatusCode::NOT_FOUND,
            "the store has no such patient".into(),
        ));
    }
    let promises = Promises {
        listed: directory.listed(request.generation),
        finished: directory.finished(),
    };
    Ok(stream_reading(move |out| async move {
        let wanted = Wanted {
            label: Some(&request.store),
            up_to: request.generation,
            classes: &[Class::Messages, Class::Documents],
            asking: Asking::Enough,
        };
        let mut tally = read_subjects(&gateway.roster, &subjects, &wanted, &promises, &out).await?;
        if whole {
            // A listed bundle that no site shows any more is lost too.
            let shown = |id| tally.seen.contains(id) || directory.pages.contains(id);
            tally.lost += promises.listed.iter().filter(|id| !shown(id)).count() as u64;
        }
        Ok(tally.summary(&gateway.roster, subjects.len() as u64))
    }))
}

async fn query(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<PatientRequest>,
) -> Result<Body, Refusal> {
    allow(&peer, &[Role::Clinician], "query a patient")?;
    let subjects = gateway.subjects(&request).await?;
    Ok(stream_reading(move |out| async move {
        let wanted = Wanted {
            label: None,
            up_to: None,
            classes: &[Class::Messages],
            asking: Asking::All,
        };
        let promises = Promises::default();
        let tally = read_subjects(&gateway.roster, &subjects, &wanted, &promises, &out).await?;
        Ok(tally.summary(&gateway.roster, subjects.len() as u64))
    }))
}

/// Runs a reading and streams its frames, the last of them its account or its failure.
fn stream_reading<F, R>(reading: F) -> Body
where
    F: FnOnce(mpsc::Sender<Bytes>) -> R + Send + 'static,
    R: Future<Output = Result<gateway::RestoreSummary, crate::reading::ReadingError>>
        + Send
        + 'static,
{
    let (out, frames) = mpsc::channel(FRAMES_WAITING);
    tokio::spawn(async move {
        let last = match reading(out.clone()).await {
            Ok(summary) => Frame::End(summary),
            Err(error) => Frame::Failed(error.to_string()),
        };
        // A caller that went away hears nothing.
        let _ = out.send(last.to_bytes()).await;
    });
    body(frames)
}

fn body(frames: mpsc::Receiver<Bytes>) -> Body {
    let stream = futures_util::stream::unfold(frames, |mut frames| async {
        let frame = frames.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(frame), frames))
    });
    Body::from_stream(stream)
}

async fn check_all(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
) -> Result<Body, Refusal> {
    allow(&peer, &[Role::Operator, Role::Agent], "check")?;
    let (out, lines) = mpsc::channel(FRAMES_WAITING);
    tokio::spawn(async move {
        let last = match check::check(&gateway.roster, &out).await {
            Ok(report) => CheckLine::Report(report),
            Err(error) => CheckLine::Failed(error.to_string()),
        };
        let _ = out.send(check::line(&last)).await;
    });
    Ok(body(lines))
}

async fn rebuild(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
) -> Result<Json<GatewayStatus>, Refusal> {
    allow(&peer, &[Role::Operator], "rebuild the catalogue")?;
    gateway.rebuild().await?;
    Ok(Json(gateway.status().await))
}

fn unix_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
