//! The connection to the gateway, kept warm: over QUIC where it can be had, over TLS otherwise.
//!
//! One task keeps a connection up and dials again with growing pauses when it is lost. A question
//! goes over the way that is up; it is asked over the other way too when there is no answer in
//! time, since both ask the same and nothing is changed by asking.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use hlincos_proto::gateway::{GatewayClient, GatewayStatus};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::settings::LinkSettings;
use crate::source::{LinkState, Phase};
use crate::view::moment_of;
use crate::words;

/// How often a connection that is up is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// The first pause after a failure, and the longest.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// What the gateway tells of itself (runs, facilities) is asked for anew so often.
const STATUS_EVERY: Duration = Duration::from_secs(600);

/// A way to the gateway.
pub struct Way {
    /// As shown: `QUIC`, `TLS`.
    pub name: &'static str,
    /// Where it leads.
    pub address: String,
    /// Makes a client that is not connected yet.
    pub make: Box<dyn Fn() -> GatewayClient + Send + Sync>,
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum LinkError<E> {
    /// No way gave an answer in time.
    GaveUp(Duration),
    /// The gateway, or the last way that was tried, said so.
    Answer(E),
}

/// All ways, the best first.
pub struct Link {
    ways: Vec<Road>,
    settings: LinkSettings,
    state: Mutex<State>,
    status: Mutex<Option<(GatewayStatus, Instant)>>,
    /// Something failed: the keeper shall look now.
    nudge: Notify,
}

/// A way with its client and its pause.
struct Road {
    way: Way,
    client: Mutex<Arc<GatewayClient>>,
    pause: Mutex<Pause>,
}

#[derive(Clone, Copy)]
struct Pause {
    next_try: Instant,
    length: Duration,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// Which way is up, and since when, milliseconds since 1970 (UTC).
    up: Option<(usize, u64)>,
    /// Since when none is, once one was tried.
    down_since_unix_ms: Option<u64>,
    pause: Duration,
}

impl Link {
    /// Names the ways; nothing is dialled yet.
    #[must_use]
    pub fn new(ways: Vec<Way>, settings: LinkSettings) -> Arc<Self> {
        let road = |way: Way| Road {
            client: Mutex::new(Arc::new((way.make)())),
            pause: Mutex::new(Pause {
                next_try: Instant::now(),
                length: PAUSE_FIRST,
            }),
            way,
        };
        Arc::new(Self {
            ways: ways.into_iter().map(road).collect(),
            settings,
            state: Mutex::new(State::default()),
            status: Mutex::new(None),
            nudge: Notify::new(),
        })
    }

    /// Keeps a way up until the handle is aborted.
    #[must_use]
    pub fn keep_warm(self: &Arc<Self>) -> JoinHandle<()> {
        let link = self.clone();
        tokio::spawn(async move {
            loop {
                let up = link.warm().await;
                link.note(up);
                let pause = match up {
                    Some(way) => {
                        link.refresh_status(way).await;
                        LOOK
                    }
                    None => link.shortest_pause(),
                };
                let _ = tokio::time::timeout(pause, link.nudge.notified()).await;
            }
        })
    }

    /// Asks over the best way, and over the others when it fails or is late.
    ///
    /// `transient` tells failures of the way from answers of the gateway.
    ///
    /// # Errors
    /// [`LinkError`]; the gateway's own answer whenever there is one.
    pub async fn ask<T, E>(
        &self,
        question: impl Fn(Arc<GatewayClient>) -> BoxFuture<'static, Result<T, E>>,
        transient: impl Fn(&E) -> bool,
    ) -> Result<(T, &'static str), LinkError<E>> {
        let give_up = self.settings.give_up_after();
        let asking = self.ask_all(question, transient);
        match tokio::time::timeout(give_up, asking).await {
            Ok(answer) => answer,
            Err(_) => {
                // Whatever is kept leads nowhere.
                self.ways.iter().for_each(Road::renew);
                self.nudge.notify_one();
                Err(LinkError::GaveUp(give_up))
            }
        }
    }

    async fn ask_all<T, E>(
        &self,
        question: impl Fn(Arc<GatewayClient>) -> BoxFuture<'static, Result<T, E>>,
        transient: impl Fn(&E) -> bool,
    ) -> Result<(T, &'static str), LinkError<E>> {
        let mut left = self.order().into_iter();
        let mut asked = FuturesUnordered::new();
        let mut begin = |asked: &mut FuturesUnordered<_>| {
            let Some(at) = left.next() else { return false };
            let asking = question(self.ways[at].client());
            asked.push(async move { (at, asking.await) });
            true
        };
        begin(&mut asked);
        let mut may_hedge = true;
        loop {
            let next = asked.next();
            let answered = if may_hedge {
                match tokio::time::timeout(self.settings.second_way_after(), next).await {
                    Ok(answered) => answered,
                    Err(_) => {
                        may_hedge = begin(&mut asked);
                        continue;
                    }
                }
            } else {
                next.await
            };
            match answered.expect("one is asked as long as none has answered") {
                (at, Ok(answer)) => return Ok((answer, self.ways[at].way.name)),
                (at, Err(error)) if transient(&error) => {
                    self.ways[at].renew();
                    self.nudge.notify_one();
                    if !begin(&mut asked) && asked.is_empty() {
                        return Err(LinkError::Answer(error));
                    }
                }
                (_, Err(error)) => return Err(LinkError::Answer(error)),
            }
        }
    }

    /// The ways, the one that is up first.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.ways.len()).collect();
        if let Some((up, _)) = held(&self.state).up {
            order.sort_by_key(|at| *at != up);
        }
        order
    }

    /// The best way that is up, after dialling those whose pause is over.
    async fn warm(&self) -> Option<usize> {
        for (at, road) in self.ways.iter().enumerate() {
            if Instant::now() < held(&road.pause).next_try {
                continue;
            }
            match road.client().connect().await {
                Ok(()) => {
                    held(&road.pause).length = PAUSE_FIRST;
                    return Some(at);
                }
                Err(error) => {
                    tracing::debug!(way = road.way.name, %error, "no connection");
                    let mut pause = held(&road.pause);
                    pause.next_try = Instant::now() + pause.length;
                    pause.length = (pause.length * 2).min(PAUSE_MAX);
                }
            }
        }
        None
    }

    fn note(&self, up: Option<usize>) {
        let now = unix_ms();
        let mut state = held(&self.state);
        match (up, state.up) {
            (Some(at), Some((before, _))) if at == before => {}
            (Some(at), _) => {
                tracing::info!(way = self.ways[at].way.name, "the link is up");
                state.up = Some((at, now));
                state.down_since_unix_ms = None;
            }
            (None, before) => {
                if before.is_some() {
                    tracing::warn!("the link is down");
                }
                state.up = None;
                state.down_since_unix_ms.get_or_insert(now);
            }
        }
        state.pause = self
            .ways
            .iter()
            .map(|road| held(&road.pause).length)
            .min()
            .unwrap_or(PAUSE_FIRST);
    }

    fn shortest_pause(&self) -> Duration {
        let now = Instant::now();
        let waits = self
            .ways
            .iter()
            .map(|road| held(&road.pause).next_try.saturating_duration_since(now));
        waits.min().unwrap_or(PAUSE_FIRST)
    }

    async fn refresh_status(&self, way: usize) {
        let fresh = |(_, at): &(GatewayStatus, Instant)| at.elapsed() < STATUS_EVERY;
        if held(&self.status).as_ref().is_some_and(fresh) {
            return;
        }
        if let Ok(status) = self.ways[way].client().status().await {
            *held(&self.status) = Some((status, Instant::now()));
        }
    }

    /// The link's state in words.
    #[must_use]
    pub fn state(&self) -> LinkState {
        let state = *held(&self.state);
        let all: Vec<String> = self
            .ways
            .iter()
            .map(|road| format!("{} {}", road.way.name, road.way.address))
            .collect();
        let all = all.join(", ");
        match (state.up, state.down_since_unix_ms) {
            (Some((at, since)), _) => {
                let way = &self.ways[at].way;
                LinkState {
                    phase: Phase::Warm,
                    words: words::link_warm(way.name, &moment_of(since)),
                }
            }
            (None, Some(since)) => LinkState {
                phase: Phase::Down,
                words: words::link_down(&moment_of(since), &all, state.pause.as_secs()),
            },
            (None, None) => LinkState {
                phase: Phase::Trying,
                words: words::link_trying(&all),
            },
        }
    }

    /// What the gateway told of itself last.
    #[must_use]
    pub fn status(&self) -> Option<GatewayStatus> {
        held(&self.status)
            .as_ref()
            .map(|(status, _)| status.clone())
    }
}

impl Road {
    fn client(&self) -> Arc<GatewayClient> {
        held(&self.client).clone()
    }

    /// Lets go of a connection that leads nowhere.
    fn renew(&self) {
        *held(&self.client) = Arc::new((self.way.make)());
        held(&self.pause).next_try = Instant::now();
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
