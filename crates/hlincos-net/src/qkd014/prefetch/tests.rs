//! The prefetcher against a key manager in memory; time is tokio's own and never passes for real.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::*;
use crate::qkd014::KeyId;

type Outcome = Result<(), KmeError>;

/// Gives whatever is ordered, once it has run through a list of failures.
#[derive(Default)]
struct Memory {
    failures: Mutex<VecDeque<Outcome>>,
    asked: Mutex<Vec<(u32, u32)>>,
    /// Fails larger orders, as one that does not offer what its status says.
    size_bits_max: Option<u32>,
}

impl Memory {
    fn failing(failures: impl IntoIterator<Item = Outcome>) -> Self {
        Self {
            failures: Mutex::new(failures.into_iter().collect()),
            ..Self::default()
        }
    }

    fn next(&self) -> Outcome {
        self.failures.lock().unwrap().pop_front().unwrap_or(Ok(()))
    }
}

impl KeySource for Memory {
    async fn status(&self, _: &SaeId) -> Result<wire::Status, KmeError> {
        self.next()?;
        Ok(wire::Status {
            source_kme_id: "a".into(),
            target_kme_id: "b".into(),
            master_sae_id: "c".into(),
            slave_sae_id: "d".into(),
            key_size: 256,
            stored_key_count: 0,
            max_key_count: 0,
            max_key_per_request: 8,
            max_key_size: 1_024,
            min_key_size: 64,
            max_sae_id_count: 0,
            status_extension: None,
        })
    }

    async fn enc_keys(&self, _: &SaeId, order: &Order) -> Result<Vec<Key>, KmeError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push((order.number, order.size_bits));
        self.next()?;
        if self.size_bits_max.is_some_and(|max| order.size_bits > max) {
            return Err(length());
        }
        let key = |at| Key {
            id: KeyId::from_bytes([at; 16]),
            bytes: Zeroizing::new(vec![0; order.size_bits as usize / 8]),
        };
        Ok((0..u8::try_from(order.number).unwrap()).map(key).collect())
    }

    async fn dec_keys(&self, _: &SaeId, named: &[Named]) -> Result<Vec<Key>, KmeError> {
        self.asked
            .lock()
            .unwrap()
            .push((u32::try_from(named.len()).unwrap(), 0));
        self.next()?;
        let key = |one: &Named| Key {
            id: one.id,
            bytes: Zeroizing::new(vec![0; one.size_bits as usize / 8]),
        };
        Ok(named.iter().map(key).collect())
    }
}

fn other() -> SaeId {
    "other".parse().unwrap()
}

fn empty() -> KmeError {
    KmeError::Unavailable {
        status: 503,
        message: String::new(),
    }
}

fn down() -> KmeError {
    KmeError::Unreachable {
        address: String::new(),
        why: String::new(),
    }
}

fn length() -> KmeError {
    Defect::Length {
        id: KeyId::from_bytes([0; 16]),
        asked: 1_024,
        found: 256,
    }
    .into()
}

#[tokio::test(start_paused = true)]
async fn key_comes_in_requests_as_large_as_the_status_allows_although_it_tells_no_stock() {
    let kme = Memory::default();
    let mut batches = Vec::new();
    let bytes = Prefetcher::new(&kme, other())
        .collect(20 * 128, |batch| batches.push(batch.len()))
        .await;
    assert_eq!(bytes.unwrap(), 20 * 128);
    assert_eq!(batches, [8, 8, 4]);
    assert_eq!(
        *kme.asked.lock().unwrap(),
        [(8, 1_024), (8, 1_024), (4, 1_024)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_manager_that_is_down_is_waited_for_longer_and_longer() {
    let kme = Memory::failing((0..20).map(|_| Err(down())));
    let started = Instant::now();
    let mut prefetcher = Prefetcher::new(&kme, other());
    prefetcher.next_batch(1).await.unwrap();
    // 0.25 s doubled seven times, then half a minute each.
    let waited = Duration::from_millis(250 * 127) + 13 * Duration::from_secs(30);
    assert_eq!(started.elapsed(), waited);
    assert_eq!(prefetcher.failures(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_empty_one_is_asked_for_less_and_for_more_again_once_it_gives() {
    let kme = Memory::failing([Ok(()), Err(empty()), Err(empty())]);
    let mut prefetcher = Prefetcher::new(&kme, other());
    for _ in 0..3 {
        prefetcher.next_batch(u64::MAX).await.unwrap();
    }
    let numbers = [8, 4, 2, 4, 8].map(|number| (number, 1_024));
    assert_eq!(*kme.asked.lock().unwrap(), numbers);
}

#[tokio::test(start_paused = true)]
async fn where_sizes_are_ignored_its_own_size_is_asked_for_without_a_wait() {
    let kme = Memory {
        size_bits_max: Some(256),
        ..Memory::default()
    };
    let started = Instant::now();
    let mut prefetcher = Prefetcher::new(&kme, other());
    prefetcher.collect(64, drop).await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
    let asked = kme.asked.lock().unwrap();
    assert_eq!(asked.last(), Some(&(2, 256)));
}

#[tokio::test(start_paused = true)]
async fn what_waiting_does_not_help_is_told_at_once() {
    let refused = KmeError::Unauthorized {
        status: 401,
        message: String::new(),
    };
    let kme = Memory::failing([Err(refused)]);
    let error = Prefetcher::new(&kme, other()).next_batch(1).await;
    assert!(matches!(error, Err(KmeError::Unauthorized { .. })));
}

#[tokio::test(start_paused = true)]
async fn useless_answers_without_end_are_told() {
    let kme = Memory::failing(std::iter::once(Ok(())).chain((0..100).map(|_| Err(length()))));
    let error = Prefetcher::new(&kme, other()).next_batch(1).await;
    assert!(matches!(error, Err(KmeError::Defective(_))));
    let repeated = || Err(Defect::Repeated(KeyId::from_bytes([0; 16])).into());
    let kme = Memory::failing(std::iter::once(Ok(())).chain((0..100).map(|_| repeated())));
    let error = Prefetcher::new(&kme, other()).next_batch(1).await;
    assert!(matches!(error, Err(KmeError::Defective(_))));
}

#[tokio::test(start_paused = true)]
async fn named_keys_come_in_their_order_and_are_never_asked_for_again_once_lost() {
    let named: Vec<Named> = (0..20)
        .map(|at| Named {
            id: KeyId::from_bytes([at; 16]),
            size_bits: 256,
        })
        .collect();
    let kme = Memory::failing([Ok(()), Err(down()), Err(empty())]);
    let mut prefetcher = Prefetcher::new(&kme, other());
    let keys = prefetcher.collect_named(&named, 3).await.unwrap();
    let ids = |keys: &[Key]| keys.iter().map(|key| key.id).collect::<Vec<_>>();
    assert_eq!(
        ids(&keys),
        named.iter().map(|one| one.id).collect::<Vec<_>>()
    );

    let kme = Memory::failing([Ok(()), Ok(()), Err(length())]);
    let error = Prefetcher::new(&kme, other())
        .collect_named(&named, 3)
        .await;
    assert!(matches!(error, Err(KmeError::Defective(_))));
    assert_eq!(kme.asked.lock().unwrap().len(), 2);

    let kme = Memory::failing((0..9).map(|_| Err(down())));
    let error = Prefetcher::new(&kme, other())
        .collect_named(&named, 3)
        .await;
    assert!(matches!(error, Err(KmeError::Unreachable { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_prefetcher_may_live_in_a_task_of_its_own() {
    let mut prefetcher = Prefetcher::new(Arc::new(Memory::default()), other());
    let task = tokio::spawn(async move { prefetcher.collect(1, drop).await });
    assert_eq!(task.await.unwrap().unwrap(), 128);
}
