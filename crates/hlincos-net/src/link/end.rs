//! One end of a link, shared by all its channels.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::future::BoxFuture;
use hlincos_channel::{
    ChannelError, Class, Connection, Durable, End, Event, HelloError, KeyId, LedgerError, Level,
    Link, LinkNumber, Policy, QkdKey, Setup, Source, Step, StockState,
};
use hlincos_record::share_object::LinkGrade;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::folder::{Folder, FolderError};
use super::supply::{KmeSupply, QkdConfig};

/// Bytes of a block of QKD pad: as many as the manifest of one frame can name of 32-byte keys.
pub(super) const QKD_BLOCK_BYTES: usize = 16 << 10;
/// Keys for hellos that are put by.
const HELLO_KEYS: usize = 16;
/// Alarms that the status shows; the ledger counts all.
const ALARMS_SHOWN_MAX: usize = 16;

/// A link as a configuration has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkConfig {
    /// Where the other end listens for frames (end a), or where this one does (end b).
    pub at: String,
    /// The link's number, the same at both ends.
    pub number: LinkNumber,
    /// Which end this is; a calls, b listens.
    pub end: End,
    /// The folder of pad and ledger.
    pub folder: PathBuf,
    /// Levels for each class.
    #[serde(default)]
    pub policy: Policy,
    /// Bytes of QKD pad to keep in stock.
    #[serde(default = "stock_bytes")]
    pub stock_bytes: u64,
    /// The key manager; none for a link of couriered pad alone.
    pub qkd: Option<QkdConfig>,
}

const fn stock_bytes() -> u64 {
    16 << 20
}

impl LinkConfig {
    /// Makes paths relative to a folder whole.
    pub fn resolve(&mut self, folder: &Path) {
        self.folder = folder.join(&self.folder);
        self.qkd.iter_mut().for_each(|qkd| qkd.resolve(folder));
    }
}

/// Where QKD keys come from: a key manager whose other half serves the other end.
pub trait KeySupply: Send + Sync {
    /// New keys, together of at least so many bytes; all of the same length.
    fn fresh(&self, bytes: usize) -> BoxFuture<'_, io::Result<Vec<QkdKey>>>;

    /// A new key of 32 bytes, for a hello.
    fn hello_key(&self) -> BoxFuture<'_, io::Result<QkdKey>>;

    /// The keys that the other end was given, in the order of their names.
    fn named(
        &self,
        ids: Vec<KeyId>,
        key_bytes: u32,
    ) -> BoxFuture<'_, io::Result<Vec<Zeroizing<Vec<u8>>>>>;

    /// Whether its keys come from a quantum link, as far as it says.
    fn is_physical(&self) -> bool;
}

/// Why a link cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Its folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its ledger.
    #[error("link {number}: {error}")]
    Ledger {
        /// The link.
        number: u16,
        /// Why.
        error: LedgerError,
    },
    /// There are no keys at all.
    #[error(
        "link {0} has neither a pad in its folder nor a key manager; `hlincos pad import` brings a pad"
    )]
    NoKeys(u16),
    /// The key manager cannot be used.
    #[error("the key manager of link {number}: {why}")]
    KeyManager {
        /// The link.
        number: u16,
        /// Why.
        why: String,
    },
    /// The first record could not be written.
    #[error("the ledger of link {number} cannot be written: {error}")]
    Write {
        /// The link.
        number: u16,
        /// Why.
        error: io::Error,
    },
}

/// One end of a link: its state, its files, its key manager.
pub struct LinkEnd {
    config: LinkConfig,
    state: Mutex<State>,
    supply: Option<Arc<dyn KeySupply>>,
    physical_pad: bool,
    has_control_key: bool,
    began: Instant,
    /// Keys for hellos to come, should the key manager have none then.
    hello_keys: Mutex<Vec<QkdKey>>,
    /// Told when stock grew or fell.
    pub(crate) moved: Notify,
}

pub(crate) struct State {
    pub(crate) link: Link,
    folder: Folder,
    alarms: VecDeque<String>,
    /// The folder failed: nothing is sent any more.
    broken: Option<String>,
}

impl LinkEnd {
    /// Opens a link with the key manager that its configuration names.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn configured(config: LinkConfig) -> Result<Arc<Self>, LinkError> {
        let number = config.number.get();
        let supply = |qkd: &QkdConfig| match KmeSupply::new(qkd) {
            Ok(supply) => Ok(Arc::new(supply) as Arc<dyn KeySupply>),
            Err(why) => Err(LinkError::KeyManager { number, why }),
        };
        let supply = config.qkd.as_ref().map(supply).transpose()?;
        Self::open(config, supply)
    }

    /// Opens the folder and the ledger.
    ///
    /// # Errors
    /// [`LinkError`]: a ledger that is missing beside a pad that was in use, damaged, or of
    /// another link is never guessed.
    pub fn open(
        config: LinkConfig,
        supply: Option<Arc<dyn KeySupply>>,
    ) -> Result<Arc<Self>, LinkError> {
        let number = config.number.get();
        let mut folder = Folder::open(&config.folder)?;
        let begun = folder.was_begun()?;
        let setup = setup(&config, &folder, supply.is_some())?;
        let has_control_key = setup.control.is_some();
        let ledger = |error| LinkError::Ledger { number, error };
        let link = match folder.slots()? {
            Some([one, two]) => {
                let opened = Link::open(setup, [one.as_deref(), two.as_deref()]);
                let (mut link, ahead) = opened.map_err(ledger)?;
                if let Some(ahead) = ahead {
                    let written = folder.write(ahead.record());
                    written.map_err(|error| LinkError::Write { number, error })?;
                    link.persisted(ahead);
                }
                link
            }
            None if begun => return Err(ledger(LedgerError::Missing)),
            None => begin(&mut folder, setup)?,
        };
        let physical_pad = folder.note().is_none_or(|note| note.physical);
        let state = State {
            link,
            folder,
            alarms: VecDeque::new(),
            broken: None,
        };
        let end = Self {
            config,
            state: Mutex::new(state),
            supply,
            physical_pad,
            has_control_key,
            began: Instant::now(),
            hello_keys: Mutex::default(),
            moved: Notify::new(),
        };
        end.lock().tidy();
        Ok(Arc::new(end))
    }

    /// Begins the ledger of a pad that was just imported, or of one whose ledger is lost for good.
    ///
    /// Security: see [`Link::create`]: of a pad that was in use only when the other end has its
    /// ledger.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn begin(config: &LinkConfig) -> Result<(), LinkError> {
        let mut folder = Folder::open(&config.folder)?;
        let setup = setup(config, &folder, true)?;
        begin(&mut folder, setup)?;
        Ok(())
    }

    /// As configured.
    #[must_use]
    pub const fn config(&self) -> &LinkConfig {
        &self.config
    }

    pub(crate) fn supply(&self) -> Option<&Arc<dyn KeySupply>> {
        self.supply.as_ref()
    }

    /// A key for a hello of a link that has none of its own: a new one, or one put by.
    pub(crate) async fn hello_key(&self) -> io::Result<Option<QkdKey>> {
        let Some(supply) = self.supply.as_ref().filter(|_| !self.has_control_key) else {
            return Ok(None);
        };
        if let Some(key) = self.hello_keys().pop() {
            return Ok(Some(key));
        }
        supply.hello_key().await.map(Some)
    }

    /// Puts keys for hellos by.
    pub(crate) async fn put_hello_keys_by(&self) -> io::Result<()> {
        if self.has_control_key {
            return Ok(());
        }
        while let Some(supply) = &self.supply
            && self.hello_keys().len() < HELLO_KEYS
        {
            let key = supply.hello_key().await?;
            self.hello_keys().push(key);
        }
        Ok(())
    }

    fn hello_keys(&self) -> MutexGuard<'_, Vec<QkdKey>> {
        self.hello_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the ledger is whole before it is durable, whoever panicked since.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The level that a class would get now; none when it would be refused, and why.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn level(&self, class: Class, pq_tls: bool) -> Result<Level, String> {
        let now = self.now_ms();
        let state = self.lock();
        if let Some(broken) = &state.broken {
            return Err(broken.clone());
        }
        let mut stock = state.link.stock(now);
        stock.pq_tls = pq_tls;
        let chosen = self.config.policy.choose(class, &stock);
        chosen.map_err(|refusal| refusal.to_string())
    }

    /// What a level of this link is worth: keys that no physical source made are computational.
    #[must_use]
    pub fn grade(&self, level: Level) -> LinkGrade {
        let qkd = self
            .supply
            .as_ref()
            .is_none_or(|supply| supply.is_physical());
        match level {
            Level::PqTls => LinkGrade::PqTls,
            Level::Hybrid => LinkGrade::Hybrid,
            Level::Psk if self.physical_pad => LinkGrade::PreShared,
            Level::Qkd if qkd => LinkGrade::QkdAes,
            // Pad of both sources may be mixed in one channel: both must be physical.
            Level::Otp if qkd && self.physical_pad => LinkGrade::OneTimePad,
            Level::Psk | Level::Qkd | Level::Otp => LinkGrade::Generated,
        }
    }

    /// What the status page shows.
    #[must_use]
    pub fn status(&self) -> LinkStatus {
        let now = self.now_ms();
        let state = self.lock();
        let (link, end) = (&state.link, self.config.end);
        let direction = |direction| {
            let counts = link.counters().of(direction);
            let stock = |source| link.stock_bytes(source, direction);
            let all = Source::ALL.into_iter().map(stock).sum();
            DirectionStatus {
                stock_bytes: all,
                stock_qkd_bytes: stock(Source::Qkd),
                received_bytes: counts.received,
                payload_bytes: counts.payload,
                tag_bytes: counts.tags,
                wasted_bytes: counts.wasted,
                rejected: counts.rejected,
                bytes_per_s: counts.spending.at(now),
                seconds_to_empty: counts.seconds_to_empty(now, all),
            }
        };
        let mut stock = link.stock(now);
        stock.pq_tls = true;
        let level = |class| {
            let chosen = self.config.policy.choose(class, &stock);
            chosen.map_or_else(|refusal| refusal.to_string(), |level| level.to_string())
        };
        LinkStatus {
            number: self.config.number.get(),
            state: self.config.policy.state(&stock),
            emergency: level(Class::Emergency),
            control: level(Class::Control),
            bulk: level(Class::Bulk),
            sends: direction(end.sends()),
            receives: direction(end.receives()),
            alarms: state.alarms.iter().cloned().collect(),
            broken: state.broken.clone(),
        }
    }
}

fn setup(config: &LinkConfig, folder: &Folder, supplied: bool) -> Result<Setup, LinkError> {
    let block = folder.link_block()?;
    if block.is_none() && !supplied {
        return Err(LinkError::NoKeys(config.number.get()));
    }
    let (control, ledger_key, slices) = match block {
        Some(block) => (Some(block.control), block.ledger, Some(block.slices)),
        None => (None, folder.ledger_key()?, None),
    };
    Ok(Setup {
        identity: folder.identity(config.number, config.end)?,
        policy: config.policy,
        ledger_key,
        control,
        slices,
        couriered: folder.couriered(),
        qkd_block_bytes: QKD_BLOCK_BYTES,
    })
}

fn begin(folder: &mut Folder, setup: Setup) -> Result<Link, LinkError> {
    let number = setup.identity.number.get();
    let (mut link, first) = Link::create(setup);
    let written = folder.write(first.record());
    written.map_err(|error| LinkError::Write { number, error })?;
    link.persisted(first);
    Ok(link)
}

/// A link for the status page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinkStatus {
    /// Its number.
    pub number: u16,
    /// How much is left.
    pub state: StockState,
    /// The level that emergency items would get now, or why none.
    pub emergency: String,
    /// The same for control.
    pub control: String,
    /// The same for bulk data.
    pub bulk: String,
    /// What this end sends.
    pub sends: DirectionStatus,
    /// What it receives.
    pub receives: DirectionStatus,
    /// What people must be told of.
    pub alarms: Vec<String>,
    /// Why nothing is sent at all.
    pub broken: Option<String>,
}

/// One direction of a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DirectionStatus {
    /// Pad in stock.
    pub stock_bytes: u64,
    /// Of it, from QKD.
    pub stock_qkd_bytes: u64,
    /// Pad that came by QKD since the start.
    pub received_bytes: u64,
    /// Pad spent on contents since the start.
    pub payload_bytes: u64,
    /// Pad spent on tags and keys.
    pub tag_bytes: u64,
    /// Pad given up.
    pub wasted_bytes: u64,
    /// Frames refused.
    pub rejected: u64,
    /// Pad spent a second, of late.
    pub bytes_per_s: f64,
    /// How long the stock lasts at that.
    pub seconds_to_empty: Option<f64>,
}

impl State {
    /// Makes durable what a value waits for, then gives it.
    ///
    /// # Errors
    /// When the disk fails: then the link is broken, and whatever waits is never used.
    pub(crate) fn persist<T>(&mut self, durable: Durable<T>) -> io::Result<T> {
        if let Err(error) = self.folder.write(durable.record()) {
            let why = format!("the ledger cannot be written ({error}); nothing more is sent");
            tracing::error!("{why}");
            self.broken = Some(why);
            return Err(error);
        }
        let value = self.link.persisted(durable);
        self.tidy();
        Ok(value)
    }

    /// Whether the link may be used.
    pub(crate) fn usable(&self) -> io::Result<()> {
        match &self.broken {
            Some(why) => Err(io::Error::other(why.clone())),
            None => Ok(()),
        }
    }

    /// Destroys what is to be destroyed, and tells what people must be told.
    pub(crate) fn tidy(&mut self) {
        while let Some(erase) = self.link.take_erase() {
            if let Err(error) = self.folder.erase(&erase) {
                tracing::error!(%error, "spent pad could not be destroyed");
            }
        }
        while let Some(alarm) = self.link.take_alarm() {
            tracing::error!("{alarm}");
            self.alarms.push_back(alarm.to_string());
            if self.alarms.len() > ALARMS_SHOWN_MAX {
                self.alarms.pop_front();
            }
        }
    }

    /// Does what a channel needs until it needs nothing more; gives what it tells, and whether
    /// there was anything to do.
    ///
    /// # Errors
    /// The disk's, or what closed the channel.
    pub(crate) fn serve(
        &mut self,
        connection: &mut Connection,
        now_ms: u64,
    ) -> io::Result<(Vec<Event>, bool)> {
        let mut events = Vec::new();
        let mut moved = false;
        while let Some(step) = connection.poll(&mut self.link) {
            moved = true;
            match step {
                Step::Persist(durable) => {
                    let resume = self.persist(durable)?;
                    let resumed = connection.resume(&mut self.link, resume, now_ms);
                    resumed.map_err(closed)?;
                }
                Step::Load(id) => {
                    let bytes = self.folder.read(id)?;
                    let loaded = connection.load(&mut self.link, id, bytes, now_ms);
                    loaded.map_err(closed)?;
                }
                Step::Event(event) => events.push(event),
            }
        }
        self.tidy();
        Ok((events, moved))
    }
}

/// A channel's end as an I/O error.
pub(crate) fn closed(error: ChannelError) -> io::Error {
    io::Error::other(error)
}

/// A hello's failure as an I/O error.
pub(crate) fn refused(error: HelloError) -> io::Error {
    io::Error::other(error)
}
