//! Keys of a key manager that speaks ETSI GS QKD 014, as a link wants them.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use hlincos_channel::{KeyId, QkdKey};
use serde::Deserialize;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::end::KeySupply;
use crate::qkd014::{self, Client, Key, Named, Order, Prefetcher, SaeId};

/// What the other end's keys are worth waiting for: failures, not seconds.
const PATIENCE: u32 = 4;
const HELLO_KEY_BITS: u32 = 256;
/// The member by which our simulated key managers say what they are (`spec/qkd014.md`).
const SIMULATION: &str = "hlincos_simulation";

/// A link's key manager, as a configuration has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QkdConfig {
    /// The other end's application, by its SAE id.
    pub peer_sae: String,
    /// Whether a quantum link makes the keys. Whoever says so without one makes every grade a lie;
    /// key managers that say themselves that they are simulated are not believed.
    #[serde(default)]
    pub physical: bool,
    /// The key manager of this end.
    pub kme: qkd014::Config,
}

impl QkdConfig {
    /// Makes paths relative to a folder whole.
    pub fn resolve(&mut self, folder: &Path) {
        self.kme.resolve(folder);
    }
}

/// A key manager, and keys of it that are more than a block took.
pub struct KmeSupply {
    client: Arc<Client>,
    peer: SaeId,
    fresh: Mutex<Fresh>,
    named: Mutex<Prefetcher<Arc<Client>>>,
    physical: AtomicBool,
    asked: AtomicBool,
}

struct Fresh {
    prefetcher: Prefetcher<Arc<Client>>,
    stash: Vec<QkdKey>,
}

impl KmeSupply {
    /// Reads certificates; calls nobody yet.
    ///
    /// # Errors
    /// A sentence that names what to mend.
    pub fn new(config: &QkdConfig) -> Result<Self, String> {
        let client = Client::new(&config.kme).map_err(|error| error.to_string())?;
        let client = Arc::new(client);
        let peer: SaeId = config
            .peer_sae
            .parse()
            .map_err(|error| format!("peer_sae = {:?}: {error}", config.peer_sae))?;
        let prefetcher = || Prefetcher::new(client.clone(), peer.clone());
        Ok(Self {
            fresh: Mutex::new(Fresh {
                prefetcher: prefetcher(),
                stash: Vec::new(),
            }),
            named: Mutex::new(prefetcher()),
            client,
            peer,
            physical: AtomicBool::new(config.physical),
            asked: AtomicBool::new(false),
        })
    }

    /// Asks once whether the key manager says that it is simulated.
    async fn look(&self) -> io::Result<()> {
        if !self.asked.load(Ordering::SeqCst) {
            let status = self.client.status(&self.peer).await.map_err(other)?;
            let says = |extension: &serde_json::Value| extension.get(SIMULATION).is_some();
            if status.status_extension.as_ref().is_some_and(says) {
                self.physical.store(false, Ordering::SeqCst);
            }
            self.asked.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn block(&self, bytes: usize) -> io::Result<Vec<QkdKey>> {
        self.look().await?;
        let mut fresh = self.fresh.lock().await;
        loop {
            let have: usize = fresh.stash.iter().map(|key| key.key.len()).sum();
            if have >= bytes {
                let size = fresh.stash[0].key.len();
                let count = bytes.div_ceil(size);
                return Ok(fresh.stash.drain(..count).collect());
            }
            let missing = (bytes - have) as u64;
            let batch = fresh.prefetcher.next_batch(missing).await.map_err(other)?;
            let size = |key: Option<&QkdKey>| key.map(|key| key.key.len());
            let batch = batch
                .into_iter()
                .map(channel_key)
                .collect::<io::Result<Vec<_>>>()?;
            if size(fresh.stash.first()) != size(batch.first()) {
                // A manifest names keys of one length; those of another are wiped and lost.
                fresh.stash.clear();
            }
            fresh.stash.extend(batch);
        }
    }
}

impl KeySupply for KmeSupply {
    fn fresh(&self, bytes: usize) -> BoxFuture<'_, io::Result<Vec<QkdKey>>> {
        Box::pin(self.block(bytes))
    }

    fn hello_key(&self) -> BoxFuture<'_, io::Result<QkdKey>> {
        Box::pin(async {
            self.look().await?;
            let order = Order::new(1, HELLO_KEY_BITS).map_err(other)?;
            let keys = self.client.enc_keys(&self.peer, &order).await;
            let key = keys.map_err(other)?.into_iter().next();
            channel_key(key.ok_or(io::ErrorKind::UnexpectedEof)?)
        })
    }

    fn named(
        &self,
        ids: Vec<KeyId>,
        key_bytes: u32,
    ) -> BoxFuture<'_, io::Result<Vec<Zeroizing<Vec<u8>>>>> {
        Box::pin(async move {
            self.look().await?;
            let size_bits = key_bytes
                .checked_mul(8)
                .ok_or(io::ErrorKind::InvalidInput)?;
            let named = |id: &KeyId| {
                let id = id.as_str().parse().map_err(other)?;
                Ok(Named { id, size_bits })
            };
            let named = ids.iter().map(named).collect::<io::Result<Vec<_>>>()?;
            let mut prefetcher = self.named.lock().await;
            let keys = prefetcher.collect_named(&named, PATIENCE).await;
            let keys = keys.map_err(other)?;
            Ok(keys.into_iter().map(|key| key.bytes).collect())
        })
    }

    fn is_physical(&self) -> bool {
        self.physical.load(Ordering::SeqCst)
    }
}

fn channel_key(key: Key) -> io::Result<QkdKey> {
    Ok(QkdKey {
        id: KeyId::new(&key.id.to_string()).map_err(other)?,
        key: key.bytes,
    })
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}
