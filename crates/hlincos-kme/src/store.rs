//! Keys that a master has and some slave has not collected yet.

use std::collections::{BTreeSet, HashMap, VecDeque};

use hlincos_net::qkd014::KeyId;
use zeroize::Zeroizing;

/// One key on its way.
pub(crate) struct Waiting {
    pub(crate) master: String,
    /// Everybody it was made for.
    pub(crate) named: BTreeSet<String>,
    /// Those of them who have not collected it.
    pub(crate) left: BTreeSet<String>,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// All keys on their way, the oldest first.
pub(crate) struct Store {
    keys: HashMap<KeyId, Waiting>,
    order: VecDeque<KeyId>,
    max: usize,
}

impl Store {
    /// Holds at most so many.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            keys: HashMap::new(),
            order: VecDeque::new(),
            max,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn get(&self, id: KeyId) -> Option<&Waiting> {
        self.keys.get(&id)
    }

    /// Adds one; drops the oldest when there are too many, and tells how many.
    pub(crate) fn add(&mut self, id: KeyId, key: Waiting) -> u64 {
        self.keys.insert(id, key);
        self.order.push_back(id);
        let mut dropped = 0;
        while self.keys.len() > self.max {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            dropped += u64::from(self.keys.remove(&oldest).is_some());
        }
        // Ids of collected keys stay in the order; they go when they are as many as all others.
        if self.order.len() > 2 * self.max.max(self.keys.len()) {
            self.order.retain(|id| self.keys.contains_key(id));
        }
        dropped
    }

    /// Notes that a slave has its copy; the key goes when it was the last.
    pub(crate) fn collected(&mut self, id: KeyId, slave: &str) {
        let Some(key) = self.keys.get_mut(&id) else {
            return;
        };
        key.left.remove(slave);
        if key.left.is_empty() {
            self.keys.remove(&id);
        }
    }

    /// Drops everything; tells how many keys that were.
    pub(crate) fn clear(&mut self) -> u64 {
        let dropped = self.keys.len() as u64;
        self.keys.clear();
        self.order.clear();
        dropped
    }
}
