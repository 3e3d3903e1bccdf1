//! The terminal: unlocks, asks, shows, keeps sealed copies, locks. Serves this machine's browser.

mod answer;
mod documents;
mod keep;
mod lock;
mod patient;
mod query;
mod unlocking;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::door::{Door, exchange, guard};
use crate::page::{Choice, Language, Surroundings};
use crate::settings::{CopySettings, ScreenSettings};
use crate::source::Source;
use crate::unlock::Unlock;
use crate::view::moment_of;

use keep::{Keep, Seal};
use lock::Lock;

/// How often idleness and the time of copies are looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// Forms are short.
const FORM_BYTES_MAX: usize = 16 << 10;

/// What the configuration says of the desk.
#[derive(Clone, Debug, Default)]
pub struct DeskSettings {
    /// The screen.
    pub screen: ScreenSettings,
    /// Sealed copies.
    pub copies: CopySettings,
    /// Names of facilities by their codes.
    pub facilities: BTreeMap<String, String>,
}

/// A bound terminal, ready to serve.
pub struct Desk {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What every page needs.
struct Shared {
    settings: DeskSettings,
    door: Arc<Door>,
    unlock: Arc<dyn Unlock>,
    source: Arc<dyn Source>,
    lock: Mutex<Lock>,
    keep: Mutex<Keep>,
    /// One passphrase is looked at at a time.
    trying: tokio::sync::Mutex<()>,
    english: AtomicBool,
    /// Where to return after unlocking.
    place: Mutex<Option<String>>,
}

impl Desk {
    /// Binds the loopback address; it is locked.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn start(
        settings: DeskSettings,
        unlock: Arc<dyn Unlock>,
        source: Arc<dyn Source>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.screen.port)).await?;
        let address = listener.local_addr()?;
        let mut process = [0_u8; 32];
        getrandom::fill(&mut process).map_err(io::Error::other)?;
        let idle = Duration::from_secs(settings.screen.lock_after_s.max(1));
        let shared = Shared {
            door: Door::new(address, "/")?,
            lock: Mutex::new(Lock::new(idle, process)),
            keep: Mutex::new(Keep::new(settings.copies.clone())),
            trying: tokio::sync::Mutex::new(()),
            english: AtomicBool::new(false),
            place: Mutex::new(None),
            settings,
            unlock,
            source,
        };
        Ok(Self {
            listener,
            address,
            shared: Arc::new(shared),
        })
    }

    /// The address for the browser; it works once.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.door.path())
    }

    /// Serves until `stop` is ready.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn serve_until(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let sweeping = tokio::spawn(sweep(self.shared.clone()));
        // Loopback answers must not wait for acknowledgements.
        let listener = self.listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let served = axum::serve(listener, router(self.shared))
            .with_graceful_shutdown(stop)
            .await;
        sweeping.abort();
        served
    }
}

fn router(shared: Arc<Shared>) -> Router {
    let door = shared.door.clone();
    Router::new()
        .route("/", get(query::search))
        .route("/search", post(query::another))
        .route("/query", post(query::query))
        .route("/patient/{copy}", get(patient::patient))
        .route("/patient/{copy}/record", get(patient::record))
        .route("/patient/{copy}/record/{at}", get(patient::detail))
        .route(
            "/patient/{copy}/documents",
            get(documents::list).post(documents::fetch),
        )
        .route("/patient/{copy}/document/{at}", get(documents::download))
        .route("/locked", get(unlocking::locked))
        .route("/lock", post(unlocking::lock))
        .route("/unlock", post(unlocking::unlock))
        .route("/choose", post(unlocking::choose))
        .route("/active", post(unlocking::active))
        .route("/language", post(unlocking::language))
        .route("/link", get(query::link))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(shared.clone(), with_cookie))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(shared)
        .route("/view/{token}", get(exchange).with_state(door.clone()))
        .layer(from_fn_with_state(door, guard))
}

/// Nothing is told to whoever has not the cookie, not even that there is something.
async fn with_cookie(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if shared.door.knows(request.headers()) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Closes an idle terminal and drops copies whose time is over.
async fn sweep(shared: Arc<Shared>) {
    let mut every = tokio::time::interval(SWEEP);
    loop {
        every.tick().await;
        shared.sweep(Instant::now());
    }
}

impl Shared {
    fn sweep(&self, now: Instant) {
        let mut lock = held(&self.lock);
        let mut keep = held(&self.keep);
        if lock.seal(now).is_none() {
            keep.lock();
        }
        keep.expire(now);
    }

    /// Does something with the copies while it is unlocked; `None` when it is not.
    fn unlocked<T>(&self, act: impl FnOnce(&Seal, &mut Keep) -> T) -> Option<T> {
        let now = Instant::now();
        let mut lock = held(&self.lock);
        let mut keep = held(&self.keep);
        keep.expire(now);
        let seal = lock.seal(now)?;
        Some(act(seal, &mut keep))
    }

    /// Whether it is unlocked; somebody who asks for a page moved.
    fn is_open(&self) -> bool {
        let now = Instant::now();
        let mut lock = held(&self.lock);
        let open = lock.seal(now).is_some();
        lock.touch(now);
        open
    }

    fn language(&self) -> Language {
        if self.english.load(Ordering::Relaxed) {
            Language::En
        } else {
            Language::Ja
        }
    }

    /// Takes the language that a form brought along.
    fn speak(&self, language: Option<Language>) {
        if let Some(language) = language {
            self.english
                .store(language == Language::En, Ordering::Relaxed);
        }
    }

    fn around(&self, open: bool) -> Surroundings {
        let link = self.source.link();
        Surroundings {
            language: self.language(),
            idle_s: Some(self.settings.screen.lock_after_s.max(1)),
            link: Some((link.phase.word(), link.words)),
            now: moment_of(unix_ms()),
            open,
        }
    }

    /// Every facility that is known, with its name.
    fn facilities(&self) -> Vec<Choice> {
        let mut codes = self.source.facilities();
        codes.extend(self.settings.facilities.keys().cloned());
        codes.sort();
        codes.dedup();
        codes.into_iter().map(|code| self.choice(code)).collect()
    }

    fn choice(&self, code: String) -> Choice {
        Choice {
            name: self.facility_name(&code),
            code,
        }
    }

    fn facility_name(&self, code: &str) -> String {
        self.settings
            .facilities
            .get(code)
            .cloned()
            .unwrap_or_default()
    }
}

/// Nobody panics while holding one of these.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970 (UTC).
fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
