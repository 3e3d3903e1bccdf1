//! The gateway's routes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::future::join_all;
use hlincos_net::link::{LinkEnd, LinkStatus};
use hlincos_net::{LinkProfile, Listener, Peer};
use hlincos_pki::Role;
use hlincos_proto::deal::{Outages, Patience};
use hlincos_proto::gateway::{self, GatewayStatus, PatientRequest, SiteStatus};
use hlincos_proto::roster::{Roster, RosterError};
use hlincos_proto::survey::survey;
use hlincos_record::identifier::Subject;
use hlincos_sharing::dispersal::Scheme;
use hlincos_tls::Credential;

use crate::access::{Access, AccessError};
use crate::catalogue::Catalogue;
use crate::config::QuicLink;
use crate::directory::{DirectoryError, read_root, read_store};
use crate::intake::{bundles, open_run};
use crate::outlet::{check_all, documents, query, restore};
use crate::randomness::Source;
use crate::reading::BRIEFLY;
use crate::site_client::{HttpSite, Traffic};
use crate::ways::{self, Configured, configure, feed_all};
use crate::{Config, SourceError, read_directory_key};

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
    /// The source of randomness is unusable.
    #[error("{0}; see [randomness] in gateway.toml")]
    Randomness(#[from] SourceError),
    /// A link cannot be used.
    #[error(transparent)]
    Link(#[from] hlincos_net::link::LinkError),
    /// A link is configured the wrong way round.
    #[error("link {0}: the gateway is end \"a\"; correct [site.link] in gateway.toml")]
    LinkEnd(u16),
    /// A site's name is none.
    #[error("the site name {0:?} is not 1 to 40 of a-z, 0-9 and '-'; correct gateway.toml")]
    SiteName(String),
    /// The catalogue's folder is unusable.
    #[error("the data folder cannot be used: {0}")]
    Data(std::io::Error),
    /// The policy of who may read, or its log, is unusable.
    #[error(transparent)]
    Access(#[from] AccessError),
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

/// What every route needs.
pub(crate) struct Gateway {
    /// For backups, restores, checks and the directory.
    pub(crate) roster: Roster<HttpSite>,
    /// The same sites, for what a clinician waits for.
    pub(crate) emergency: Roster<HttpSite>,
    /// The links to the sites, by their names.
    pub(crate) links: Vec<(String, Option<Arc<LinkEnd>>)>,
    pub(crate) vault: String,
    pub(crate) catalogue: Catalogue,
    pub(crate) access: Access,
    pub(crate) patience: Patience,
    pub(crate) randomness: Source,
    pub(crate) outages: Outages,
    pub(crate) documents: Scheme,
    pub(crate) agents: BTreeMap<String, Vec<String>>,
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
        let configured: Vec<Configured> = config
            .site
            .iter()
            .map(|site| configure(site, &client_tls))
            .collect::<Result<_, _>>()?;
        let roster = |traffic| {
            let site =
                |site: &Configured| (site.name.clone(), HttpSite::new(site.ways.clone(), traffic));
            let sites = configured.iter().map(site).collect();
            Roster::new(&key, sites, config.k, config.stored_at_least)
        };
        let (emergency, roster) = (roster(Traffic::Emergency)?, roster(Traffic::Bulk)?);
        let randomness = Source::open(&config.randomness)?;
        let vault = key.vault();
        let catalogue = Catalogue::open(&config.data, &vault).map_err(ServeError::Data)?;
        let access = Access::open(&config.access, &config.root, &config.data, &key)?;
        let address = config.listen;
        let mut listener = Listener::bind(address, server_tls.clone())
            .await
            .map_err(|error| ServeError::Bind { address, error })?;
        if let Some(address) = config.quic {
            listener
                .open_quic(address, server_tls, profile_of(config.quic_link))
                .map_err(|error| ServeError::Bind { address, error })?;
        }
        let patience = Patience {
            total: Duration::from_secs(config.patience_s),
            pause: Duration::from_millis(250),
        };
        Ok(Self {
            listener,
            gateway: Arc::new(Gateway {
                outages: Outages::none(&roster),
                documents: config.documents.into(),
                agents: config.agents.clone(),
                roster,
                emergency,
                links: configured
                    .into_iter()
                    .map(|site| (site.name, site.link))
                    .collect(),
                vault,
                catalogue,
                access,
                patience,
                randomness,
            }),
        })
    }

    /// The address that was bound.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until `stop` is ready.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let links = self
            .gateway
            .links
            .iter()
            .filter_map(|(_, link)| link.clone());
        let feeding = feed_all(links.collect());
        let serving = self.listener.serve(router(self.gateway), stop);
        tokio::select! {
            () = serving => {}
            () = async { feeding.await; std::future::pending().await } => {}
        }
    }
}

/// What answers over QUIC are sent for.
fn profile_of(link: QuicLink) -> LinkProfile {
    match link {
        QuicLink::Terrestrial => LinkProfile::default(),
        QuicLink::Satellite => LinkProfile::satellite(),
    }
}

fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route(gateway::STATUS, get(status))
        .route(gateway::RUNS, post(open_run))
        .route(gateway::BUNDLES, post(bundles))
        .route(gateway::RESTORE, post(restore))
        .route(gateway::QUERY, post(query))
        .route(gateway::DOCUMENTS, post(documents))
        .route(gateway::CHECK, post(check_all))
        .route(gateway::REBUILD, post(rebuild))
        .layer(DefaultBodyLimit::max(gateway::BATCH_BYTES_MAX + (16 << 20)))
        .with_state(gateway)
}

/// A refusal: status, and a sentence with the next step.
pub(crate) type Refusal = (StatusCode, String);

/// Lets a role do what it may; the sentence tells the others which certificate to use.
pub(crate) fn allow(peer: &Peer, roles: &[Role], what: &str) -> Result<(), Refusal> {
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

pub(crate) fn unavailable(error: impl std::fmt::Display) -> Refusal {
    (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

pub(crate) fn directory_refusal(error: &DirectoryError) -> Refusal {
    unavailable(error)
}

pub(crate) fn internal(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "internal error");
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

pub(crate) fn store_subject(label: &str) -> Result<Subject, Refusal> {
    Subject::store(label).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
}

/// Refuses to take patients of several facilities for one: two people may have the same ID.
pub(crate) fn refuse_several(subjects: &[Subject]) -> Result<(), Refusal> {
    if subjects.len() < 2 {
        return Ok(());
    }
    let facility = |subject: &Subject| match subject {
        Subject::Patient { facility, .. } if facility.is_empty() => Some("\"\"".to_owned()),
        Subject::Patient { facility, .. } => Some(facility.clone()),
        _ => None,
    };
    let facilities: Vec<String> = subjects.iter().filter_map(facility).collect();
    let text = format!(
        "patients of several facilities have this ID ({}); name one with --facility",
        facilities.join(", ")
    );
    Err((StatusCode::CONFLICT, text))
}

async fn status(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
) -> Result<Json<GatewayStatus>, Refusal> {
    let roles = [Role::Operator, Role::Agent, Role::Clinician];
    allow(&peer, &roles, "see the status")?;
    Ok(Json(gateway.status().await))
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
                link: self.link_status(&member.name),
            }
        });
        let threshold = self.roster.threshold();
        GatewayStatus {
            version: env!("CARGO_PKG_VERSION").into(),
            vault: self.vault.clone(),
            k: threshold.k(),
            n: threshold.n(),
            stored_at_least: u8::try_from(self.roster.stored_at_least()).unwrap_or(u8::MAX),
            randomness: self.randomness.grade().to_string(),
            documents: self.documents.to_string(),
            link: ways::in_words(&self.links),
            sites: join_all(asking).await,
            catalogue: self.catalogue.is_there(),
            stores: self.catalogue.stores(),
            debts: self.catalogue.debts(),
        }
    }

    fn link_status(&self, site: &str) -> Option<LinkStatus> {
        let (_, link) = self.links.iter().find(|(name, _)| name == site)?;
        link.as_ref().map(|link| link.status())
    }

    /// Subjects that a patient request means: the facility named, or every facility known.
    pub(crate) async fn subjects(&self, request: &PatientRequest) -> Result<Vec<Subject>, Refusal> {
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

    /// Of several facilities' subjects those that any site lists records of.
    pub(crate) async fn with_records(
        &self,
        subjects: Vec<Subject>,
    ) -> Result<Vec<Subject>, Refusal> {
        if subjects.len() < 2 {
            return Ok(subjects);
        }
        let found = survey(&self.emergency, &subjects, BRIEFLY)
            .await
            .map_err(unavailable)?;
        let listed = subjects.into_iter().zip(found.subjects);
        Ok(listed
            .filter(|(_, held)| !held.is_empty())
            .map(|(subject, _)| subject)
            .collect())
    }

    /// The same after the catalogue was read anew from the sites.
    pub(crate) async fn subjects_anew(
        &self,
        request: &PatientRequest,
    ) -> Result<Vec<Subject>, Refusal> {
        self.rebuild().await?;
        self.subjects(request).await
    }

    /// Lets an agent work on a store, if the configuration tells agents apart.
    pub(crate) fn allow_store(&self, peer: &Peer, label: &str) -> Result<(), Refusal> {
        let Peer(identity) = peer;
        let own = self.agents.get(&identity.name.to_string());
        let may = own.is_some_and(|labels| labels.iter().any(|own| own == label));
        if self.agents.is_empty() || may {
            return Ok(());
        }
        let text = format!(
            "the agent {} may not use the store {label:?}; an operator may allow it under [agents] in gateway.toml",
            identity.name
        );
        Err((StatusCode::FORBIDDEN, text))
    }

    pub(crate) async fn rebuild(&self) -> Result<(), Refusal> {
        let root = read_root(&self.roster)
            .await
            .map_err(|error| directory_refusal(&error))?;
        let mut stores = Vec::new();
        for label in root.labels {
            let subject = store_subject(&label)?;
            let directory = read_store(&self.roster, &subject)
                .await
                .map_err(|error| directory_refusal(&error))?;
            stores.push(directory.status(&label));
        }
        self.catalogue.replace(stores).map_err(internal)
    }
}

async fn rebuild(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
) -> Result<Json<GatewayStatus>, Refusal> {
    allow(&peer, &[Role::Operator], "rebuild the catalogue")?;
    gateway.rebuild().await?;
    Ok(Json(gateway.status().await))
}
