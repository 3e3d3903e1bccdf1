//! Gets key in bulk: large requests, patience with a key manager that is down, empty or slow.
//!
//! It decides nothing: how much, when and for what is the caller's.

use std::future::Future;
use std::sync::Arc;

use super::backoff::{Backoff, Size};
use super::error::{KmeError, Remedy};
use super::key::{Key, SaeId};
use super::order::{Limits, Named, Order};
use super::{Client, Defect, wire};

/// Answers without use in a row, each to the smallest request, after which somebody must look.
const USELESS_MAX: u32 = 8;

/// Whatever gives keys as a key manager does: [`Client`], or a test's own.
pub trait KeySource: Sync {
    /// Status towards a slave.
    fn status(&self, slave: &SaeId) -> impl Future<Output = Result<wire::Status, KmeError>> + Send;

    /// New keys to share with a slave.
    fn enc_keys(
        &self,
        slave: &SaeId,
        order: &Order,
    ) -> impl Future<Output = Result<Vec<Key>, KmeError>> + Send;

    /// The keys that a master told the ids of.
    fn dec_keys(
        &self,
        master: &SaeId,
        named: &[Named],
    ) -> impl Future<Output = Result<Vec<Key>, KmeError>> + Send;
}

impl KeySource for Client {
    async fn status(&self, slave: &SaeId) -> Result<wire::Status, KmeError> {
        Client::status(self, slave).await
    }

    async fn enc_keys(&self, slave: &SaeId, order: &Order) -> Result<Vec<Key>, KmeError> {
        Client::enc_keys(self, slave, order).await
    }

    async fn dec_keys(&self, master: &SaeId, named: &[Named]) -> Result<Vec<Key>, KmeError> {
        Client::dec_keys(self, master, named).await
    }
}

impl<S: KeySource + Send> KeySource for Arc<S> {
    async fn status(&self, slave: &SaeId) -> Result<wire::Status, KmeError> {
        S::status(self, slave).await
    }

    async fn enc_keys(&self, slave: &SaeId, order: &Order) -> Result<Vec<Key>, KmeError> {
        S::enc_keys(self, slave, order).await
    }

    async fn dec_keys(&self, master: &SaeId, named: &[Named]) -> Result<Vec<Key>, KmeError> {
        S::dec_keys(self, master, named).await
    }
}

impl<S: KeySource> KeySource for &S {
    async fn status(&self, slave: &SaeId) -> Result<wire::Status, KmeError> {
        S::status(self, slave).await
    }

    async fn enc_keys(&self, slave: &SaeId, order: &Order) -> Result<Vec<Key>, KmeError> {
        S::enc_keys(self, slave, order).await
    }

    async fn dec_keys(&self, master: &SaeId, named: &[Named]) -> Result<Vec<Key>, KmeError> {
        S::dec_keys(self, master, named).await
    }
}

/// Collects key that is shared with one other application.
///
/// The source may be owned, borrowed or shared (`Arc`), as the caller's task wants.
pub struct Prefetcher<S> {
    source: S,
    other: SaeId,
    size: Option<Size>,
    backoff: Backoff,
}

impl<S: KeySource> Prefetcher<S> {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(source: S, other: SaeId) -> Self {
        Self {
            source,
            other,
            size: None,
            backoff: Backoff::default(),
        }
    }

    /// Failures since keys came last: a figure for the status page.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// Collects at least so many bytes of new key, batch by batch; as much more as the last key of
    /// the last batch has.
    ///
    /// Waits as long as it takes; drop the future to give up, which loses at most the batch under
    /// way. Stock that the key manager tells of is not looked at: the figure is wrong in the field.
    ///
    /// # Errors
    /// [`KmeError`] when waiting does not help. Batches given before are good.
    pub async fn collect(
        &mut self,
        target_bytes: u64,
        mut take: impl FnMut(Vec<Key>),
    ) -> Result<u64, KmeError> {
        let mut bytes = 0;
        while bytes < target_bytes {
            let batch = self.next_batch(target_bytes - bytes).await?;
            bytes += batch.iter().map(|key| key.bytes.len() as u64).sum::<u64>();
            take(batch);
        }
        Ok(bytes)
    }

    /// Gets the next batch of new keys, of at most about so many bytes.
    ///
    /// # Errors
    /// As [`Self::collect`].
    pub async fn next_batch(&mut self, wanted_bytes: u64) -> Result<Vec<Key>, KmeError> {
        loop {
            match self.try_batch(wanted_bytes).await {
                Ok(batch) => {
                    self.backoff.worked();
                    self.size.iter_mut().for_each(Size::grow);
                    return Ok(batch);
                }
                Err(error) => self.recover(error).await?,
            }
        }
    }

    async fn try_batch(&mut self, wanted_bytes: u64) -> Result<Vec<Key>, KmeError> {
        let size = match self.size {
            Some(size) => size,
            None => *self.size.insert(self.ask_size().await?),
        };
        let (number, size_bits) = size.for_bytes(wanted_bytes);
        let order = Order::new(number, size_bits)?;
        self.source.enc_keys(&self.other, &order).await
    }

    async fn ask_size(&self) -> Result<Size, KmeError> {
        let status = self.source.status(&self.other).await?;
        let limits = Limits::of(&status).ok_or(Defect::Limits)?;
        Ok(Size::largest(limits))
    }

    /// Gets the keys that a master told of, in its order, in requests as large as allowed.
    ///
    /// # Errors
    /// [`KmeError`]: give the block of these keys up. Only a key manager that cannot be reached or
    /// cannot give keys now is waited for, `patience` failures long: what it has given once it may
    /// not give again.
    pub async fn collect_named(
        &mut self,
        named: &[Named],
        patience: u32,
    ) -> Result<Vec<Key>, KmeError> {
        let mut keys = Vec::with_capacity(named.len());
        let mut failures = 0;
        while keys.len() < named.len() {
            match self.try_named(&named[keys.len()..]).await {
                Ok(batch) => {
                    self.backoff.worked();
                    keys.extend(batch);
                }
                Err(KmeError::Unreachable { .. } | KmeError::Unavailable { .. })
                    if failures < patience =>
                {
                    failures += 1;
                    tokio::time::sleep(self.backoff.failed()).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(keys)
    }

    async fn try_named(&mut self, rest: &[Named]) -> Result<Vec<Key>, KmeError> {
        let size = match self.size {
            Some(size) => size,
            None => *self.size.insert(self.ask_size().await?),
        };
        let (number, _) = size.for_bytes(u64::MAX);
        let some = &rest[..rest.len().min(number as usize)];
        self.source.dec_keys(&self.other, some).await
    }

    /// Makes the next request another one, or a later one; or gives up.
    async fn recover(&mut self, error: KmeError) -> Result<(), KmeError> {
        let remedy = error.remedy();
        let shrunk = match (&mut self.size, remedy) {
            (Some(size), Remedy::AskForLess) => size.shrink(),
            // An empty stock may hold less than a whole request.
            (Some(size), Remedy::Wait) => size.fewer(),
            _ => false,
        };
        let hopeless = match remedy {
            Remedy::Correct | Remedy::GiveUp => true,
            Remedy::AskForLess => !shrunk && self.backoff.failures() >= USELESS_MAX,
            Remedy::Wait => {
                matches!(error, KmeError::Defective(_)) && self.backoff.failures() >= USELESS_MAX
            }
        };
        if hopeless {
            return Err(error);
        }
        let wait = self.backoff.failed();
        tracing::debug!(%error, ?wait, "asking the key manager again");
        if !(shrunk && remedy == Remedy::AskForLess) {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
