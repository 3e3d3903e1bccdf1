//! The shareholder's routes over its store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hlincos_net::{Listener, Peer};
use hlincos_pki::Role;
use hlincos_proto::api;
use hlincos_proto::site::{GetOutcome, HeadsPage, ListedHead, ObjectKey, PutOutcome};
use hlincos_record::handle::ObjectName;
use hlincos_record::share_object::{HEAD_BYTES, decode};
use hlincos_store::{LIST_COUNT_MAX, Options, Put, ReadError, Store, WriteError};
use hlincos_tls::Credential;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::Config;

/// Why a shareholder could not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The share store does not open.
    #[error("the share store does not open: {0}")]
    Store(#[from] hlincos_store::OpenError),
    /// Certificate or key are unusable.
    #[error(transparent)]
    Credential(#[from] hlincos_tls::CredentialError),
    /// The TLS configuration could not be made.
    #[error(transparent)]
    Tls(#[from] hlincos_tls::TlsError),
    /// The socket could not be bound.
    #[error("cannot listen on {address}: {error}; choose another address in the configuration")]
    Bind {
        /// As configured.
        address: SocketAddr,
        /// The system's word.
        error: std::io::Error,
    },
    /// The disk failed; what was acknowledged is safe, but nothing more is taken.
    #[error("the disk failed while writing; check it, then start the shareholder again")]
    Disk,
}

/// A bound shareholder, ready to serve.
pub struct Server {
    listener: Listener,
    site: Arc<Site>,
}

struct Site {
    store: Store,
    lie: bool,
    broken: AtomicBool,
    stop: Notify,
}

/// What `/v1/status` tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Status {
    /// Release of the program.
    version: String,
    /// Share objects kept.
    objects: u64,
    /// Their bytes.
    object_bytes: u64,
    /// Bytes of all segments on disk.
    segment_bytes: u64,
    /// Records found rotten since the start.
    rotten: u64,
}

impl Server {
    /// Opens the store, loads the certificate, binds the socket.
    ///
    /// # Errors
    /// [`ServeError`], each with what to mend.
    pub async fn bind(config: &Config) -> Result<Self, ServeError> {
        let credential = Credential::from_files(&config.certificate, &config.key, &config.root)?;
        let tls = hlincos_tls::server_config(&credential)?;
        let options = Options {
            reserve_bytes: config.reserve_mib << 20,
            ..Options::default()
        };
        let store = Store::open(&config.data, options)?;
        let address = config.listen;
        let listener = Listener::bind(address, tls)
            .await
            .map_err(|error| ServeError::Bind { address, error })?;
        if config.danger_lie {
            tracing::warn!("this shareholder answers wrong shares (danger_lie)");
        }
        let site = Site {
            store,
            lie: config.danger_lie,
            broken: AtomicBool::new(false),
            stop: Notify::new(),
        };
        Ok(Self {
            listener,
            site: Arc::new(site),
        })
    }

    /// The address that was bound.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until `stop` is ready or the disk fails.
    ///
    /// # Errors
    /// [`ServeError::Disk`] when the store refused to go on.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let site = self.site.clone();
        let until = async {
            tokio::select! {
                () = stop => {}
                () = site.stop.notified() => {}
            }
        };
        self.listener.serve(router(self.site.clone()), until).await;
        if site.broken.load(Ordering::SeqCst) {
            Err(ServeError::Disk)
        } else {
            Ok(())
        }
    }
}

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route(api::PUT, post(put))
        .route(api::HEADS, post(heads))
        .route(api::GET, post(fetch))
        .route(api::DELETE, post(delete))
        .route(api::STATUS, get(status))
        .layer(axum::middleware::from_fn(admit))
        .layer(DefaultBodyLimit::max(api::REQUEST_BYTES_MAX))
        .with_state(site)
}

/// Lets in gateways; everybody else's certificate is good, but not for this.
async fn admit(
    Extension(Peer(peer)): Extension<Peer>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    if peer.role == Role::Gateway {
        return next.run(request).await;
    }
    let text = format!(
        "a shareholder answers gateways only; this certificate is for: {}",
        peer.role
    );
    (StatusCode::FORBIDDEN, text).into_response()
}

type Answer = Result<Vec<u8>, (StatusCode, String)>;

fn malformed(error: &api::ApiError) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, error.to_string())
}

/// Runs store calls where blocking is allowed.
async fn blocking(work: impl FnOnce() -> Answer + Send + 'static) -> Answer {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|_| Err((StatusCode::INTERNAL_SERVER_ERROR, "internal error".into())))
}

async fn put(State(site): State<Arc<Site>>, body: Bytes) -> Answer {
    blocking(move || {
        let objects = api::read_put(&body).map_err(|error| malformed(&error))?;
        let mut batch = Vec::with_capacity(objects.len());
        for object in objects {
            decode(&object.bytes).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
            batch.push(Put {
                key: store_key(&object.key),
                bytes: object.bytes,
            });
        }
        let outcomes = site
            .store
            .put(batch)
            .map_err(|error| site.write_failed(&error))?;
        let outcomes: Vec<PutOutcome> = outcomes
            .into_iter()
            .map(|outcome| match outcome {
                hlincos_store::PutOutcome::Stored => PutOutcome::Stored,
                hlincos_store::PutOutcome::AlreadyStored => PutOutcome::AlreadyStored,
                hlincos_store::PutOutcome::Conflict => PutOutcome::Conflict,
            })
            .collect();
        Ok(api::write_put_answer(&outcomes))
    })
    .await
}

async fn heads(State(site): State<Arc<Site>>, body: Bytes) -> Answer {
    blocking(move || {
        let folders = api::read_heads(&body).map_err(|error| malformed(&error))?;
        // One more than is told shows whether the folder goes on.
        let limit = api::page_heads_max(folders.len()).min(LIST_COUNT_MAX - 1);
        let mut pages = Vec::with_capacity(folders.len());
        for (folder, after) in folders {
            let after = after.map(|name| name.0);
            let mut listed = site
                .store
                .folder_page(&folder.0, after, limit + 1)
                .map_err(|error| read_failed(&error))?;
            let more = listed.len() > limit;
            listed.truncate(limit);
            let head = |listed: &hlincos_store::Listed| ListedHead {
                name: ObjectName(listed.key.name),
                head: listed.head,
            };
            pages.push(HeadsPage {
                heads: listed.iter().map(head).collect(),
                more,
            });
        }
        Ok(api::write_heads_answer(&pages))
    })
    .await
}

async fn fetch(State(site): State<Arc<Site>>, body: Bytes) -> Answer {
    blocking(move || {
        let keys = api::read_keys(&body).map_err(|error| malformed(&error))?;
        let mut room = api::ANSWER_BYTES_MAX - 5 * keys.len();
        let mut outcomes = Vec::with_capacity(keys.len());
        for key in &keys {
            outcomes.push(match site.store.get(&store_key(key)) {
                Ok(Some(bytes)) if bytes.len() > room => GetOutcome::LeftOut,
                Ok(Some(bytes)) => {
                    room -= bytes.len();
                    GetOutcome::Present(site.answer(bytes))
                }
                Ok(None) => GetOutcome::Absent,
                Err(ReadError::Rotten { .. }) => GetOutcome::Rotten,
                Err(error) => return Err(read_failed(&error)),
            });
        }
        Ok(api::write_get_answer(&outcomes))
    })
    .await
}

async fn delete(State(site): State<Arc<Site>>, body: Bytes) -> Answer {
    blocking(move || {
        let keys = api::read_keys(&body).map_err(|error| malformed(&error))?;
        let keys = keys.iter().map(store_key).collect();
        let found = site
            .store
            .delete(keys)
            .map_err(|error| site.write_failed(&error))?;
        Ok(api::write_delete_answer(&found))
    })
    .await
}

async fn status(State(site): State<Arc<Site>>) -> Json<Status> {
    let stats = site.store.stats();
    Json(Status {
        version: env!("CARGO_PKG_VERSION").into(),
        objects: stats.objects,
        object_bytes: stats.object_bytes,
        segment_bytes: stats.segment_bytes,
        rotten: stats.rotten,
    })
}

impl Site {
    /// The bytes as stored; a liar's are as long, but wrong.
    fn answer(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.lie {
            bytes
                .iter_mut()
                .skip(HEAD_BYTES)
                .for_each(|byte| *byte ^= 0x5A);
        }
        bytes
    }

    fn write_failed(&self, error: &WriteError) -> (StatusCode, String) {
        let status = match error {
            WriteError::Full => StatusCode::INSUFFICIENT_STORAGE,
            WriteError::TooLarge { .. } | WriteError::TooSmall { .. } => StatusCode::BAD_REQUEST,
            _ => {
                // After a failed fsync nobody knows what the disk holds: stop, and let the
                // recovery at the next start find out.
                self.broken.store(true, Ordering::SeqCst);
                self.stop.notify_one();
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        tracing::error!(%error, "a write failed");
        (status, error.to_string())
    }
}

fn read_failed(error: &ReadError) -> (StatusCode, String) {
    tracing::error!(%error, "a read failed");
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn store_key(key: &ObjectKey) -> hlincos_store::ObjectKey {
    hlincos_store::ObjectKey {
        folder: key.folder.0,
        name: key.name.0,
    }
}

const _: () = assert!(HEAD_BYTES == hlincos_store::HEAD_BYTES);
