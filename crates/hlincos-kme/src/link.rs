//! The simulated link and what both key managers know: pure; time, requests and a seed come in.

use std::collections::BTreeSet;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use chacha20::ChaCha20Rng;
use hlincos_net::qkd014::KeyId;
use hlincos_net::qkd014::wire::{
    ErrorBody, KeyContainer, KeyEntry, KeyIds, KeyRequest, KeyText, Status,
};
use rand_core::{Rng, SeedableRng};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::config::LinkConfig;
use crate::fault::{Fault, Faults};
use crate::notice::{MEMBER, notice};
use crate::rate::{KeyRate, Outage, made, nanobits, rate_at, whole_bits};
use crate::request::{Bounds, NOT_FOUND, judge_extras, judge_ids, judge_order};
use crate::store::{Store, Waiting};

/// An application, and the key manager it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) sae: String,
    pub(crate) kme: String,
}

/// A request that is refused: status and message of the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status: 400, 401 or 503.
    pub status: u16,
    /// What is wrong.
    pub message: String,
}

impl Refusal {
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
        }
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self {
            status: 401,
            message: message.into(),
        }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self {
            status: 503,
            message: message.into(),
        }
    }
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Seconds since the start.
    pub running_s: u64,
    /// Key rate now, outages counted.
    pub bits_per_s: u64,
    /// Key in stock, in bits.
    pub stock_bits: u64,
    /// Key in stock, in keys of the default size.
    pub stock_keys: u64,
    /// Keys given to masters.
    pub delivered_keys: u64,
    /// The same in bits.
    pub delivered_bits: u64,
    /// Copies collected by slaves.
    pub collected_keys: u64,
    /// Keys that wait for a slave.
    pub waiting_keys: u64,
    /// Keys that no slave collected in time.
    pub dropped_keys: u64,
    /// Requests refused.
    pub refused: u64,
}

/// The pair and its link.
pub struct Link {
    members: Vec<Member>,
    bounds: Bounds,
    max_key_count: u64,
    rate: KeyRate,
    outages: Vec<Outage>,
    /// Wins over rate and outages while it is there.
    forced_rate: Option<u64>,
    pub(crate) faults: Faults,
    seeded: bool,
    generator: ChaCha20Rng,
    now: Duration,
    stock: u128,
    store: Store,
    figures: Figures,
}

impl Link {
    /// A link that starts at time zero.
    ///
    /// Randomness: `seed` is all there is; `seeded` tells that it came from a configuration.
    pub(crate) fn new(
        members: Vec<Member>,
        config: &LinkConfig,
        rate: KeyRate,
        seed: [u8; 32],
    ) -> Self {
        let keys = config.initial_key_count.min(config.max_key_count);
        Self {
            members,
            bounds: config.bounds(),
            max_key_count: config.max_key_count,
            rate,
            outages: config.outages.clone(),
            forced_rate: None,
            faults: Faults::default(),
            seeded: config.danger_seed.is_some(),
            generator: ChaCha20Rng::from_seed(seed),
            now: Duration::ZERO,
            stock: nanobits(keys * config.key_size_bits),
            store: Store::new(config.waiting_keys_max),
            figures: Figures::default(),
        }
    }

    /// Lets the link make key until a time since the start; an earlier time changes nothing.
    pub fn advance(&mut self, now: Duration) {
        if now <= self.now {
            return;
        }
        let fresh = match self.forced_rate {
            Some(rate) => made(&KeyRate::Fixed(rate), &[], self.now, now),
            None => made(&self.rate, &self.outages, self.now, now),
        };
        let most = nanobits(self.max_key_count.saturating_mul(self.bounds.key_size));
        // What does not fit is thrown away, as key managers do.
        self.stock = (self.stock + fresh).min(most);
        self.now = now;
    }

    /// Forces a rate from now on, 0 for an outage; `None` follows the configuration again.
    pub fn force_rate(&mut self, bits_per_s: Option<u64>) {
        self.forced_rate = bits_per_s;
    }

    /// Does these wrong from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// What happened so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let stock_bits = whole_bits(self.stock);
        let configured = rate_at(&self.rate, &self.outages, self.now);
        Figures {
            running_s: self.now.as_secs(),
            bits_per_s: self.forced_rate.unwrap_or(configured),
            stock_bits,
            stock_keys: stock_bits / self.bounds.key_size,
            waiting_keys: self.store.len() as u64,
            ..self.figures
        }
    }

    /// The object that tells that this is a simulation.
    pub(crate) fn notice(&self) -> Value {
        notice(self.seeded, &self.faults)
    }

    /// The body of a refusal.
    pub(crate) fn refuse(&mut self, refusal: &Refusal) -> ErrorBody {
        self.figures.refused += 1;
        ErrorBody {
            message: refusal.message.clone(),
            details: Some(vec![json!({ MEMBER: self.notice() })]),
        }
    }

    /// Status of a pair (5.2).
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn status(&self, caller: &str, slave: &str) -> Result<Status, Refusal> {
        let source = self.member(caller)?;
        let target = self.other(caller, slave)?;
        let stored = self.figures().stock_keys;
        let mut status = Status {
            source_kme_id: source.kme.clone(),
            target_kme_id: target.kme.clone(),
            master_sae_id: caller.into(),
            slave_sae_id: slave.into(),
            key_size: self.bounds.key_size,
            stored_key_count: stored,
            max_key_count: self.max_key_count,
            max_key_per_request: self.bounds.max_key_per_request,
            max_key_size: self.bounds.max_key_size,
            min_key_size: self.bounds.min_key_size,
            max_sae_id_count: self.bounds.max_sae_id_count,
            status_extension: Some(json!({ MEMBER: self.notice() })),
        };
        if self.faults.has(Fault::StockOverstated) {
            status.stored_key_count = self.max_key_count * 10 + 1;
        }
        if self.faults.has(Fault::StockUnderstated) {
            status.stored_key_count = 0;
        }
        if self.faults.has(Fault::OtherPair) {
            status.slave_sae_id.push_str("-other");
        }
        Ok(status)
    }

    /// New keys for a master (5.3): taken from the stock, kept for every slave named.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn enc_keys(
        &mut self,
        caller: &str,
        slave: &str,
        request: &KeyRequest,
    ) -> Result<KeyContainer, Refusal> {
        self.other(caller, slave)?;
        let (number, size) = judge_order(&self.bounds, request)?;
        let mut named = BTreeSet::from([slave.to_owned()]);
        if !self.faults.has(Fault::ExtensionsIgnored) {
            judge_extras(&self.bounds, request)?;
            for additional in request.additional_slave_sae_ids.iter().flatten() {
                self.other(caller, additional)?;
                if !named.insert(additional.clone()) {
                    return Err(Refusal::bad("each slave SAE shall be named once"));
                }
            }
        }
        self.spend(number * size)?;
        if self.faults.has(Fault::DropEarlier) {
            self.figures.dropped_keys += self.store.clear();
        }
        let (number, size) = self.spoilt(number, size);
        let keys = (0..number)
            .map(|_| self.make(caller, &named, size))
            .collect();
        Ok(self.container(keys))
    }

    /// Keys for a slave that knows their ids (5.4): given once.
    ///
    /// # Errors
    /// [`Refusal`]; then no key was taken.
    pub fn dec_keys(
        &mut self,
        caller: &str,
        master: &str,
        request: &KeyIds,
    ) -> Result<KeyContainer, Refusal> {
        self.other(caller, master)?;
        let ids = judge_ids(&self.bounds, request)?;
        let found: Option<Vec<&Waiting>> = ids
            .iter()
            .map(|id| self.store.get(*id).filter(|key| key.master == master))
            .collect();
        let found = found.ok_or_else(|| Refusal::bad(NOT_FOUND))?;
        if !found.iter().all(|key| key.named.contains(caller)) {
            let text = "the calling SAE was not named when these keys were asked for";
            return Err(Refusal::unauthorized(text));
        }
        if !found.iter().all(|key| key.left.contains(caller)) {
            return Err(Refusal::bad(NOT_FOUND));
        }
        let keys: Vec<_> = ids
            .iter()
            .zip(&found)
            .map(|(id, key)| entry(*id, &key.bytes))
            .collect();
        if !self.faults.has(Fault::DoubleDelivery) {
            ids.iter().for_each(|id| self.store.collected(*id, caller));
        }
        self.figures.collected_keys += ids.len() as u64;
        Ok(self.container(keys))
    }

    fn member(&self, sae: &str) -> Result<&Member, Refusal> {
        let found = self.members.iter().find(|member| member.sae == sae);
        found.ok_or_else(|| Refusal::bad("the SAE ID is not known to this KME"))
    }

    /// The other end of a pair.
    fn other(&self, caller: &str, sae: &str) -> Result<&Member, Refusal> {
        if caller == sae {
            return Err(Refusal::bad("an SAE shares no key with itself"));
        }
        self.member(sae)
    }

    fn spend(&mut self, bits: u64) -> Result<(), Refusal> {
        let needed = nanobits(bits);
        if self.stock < needed {
            let stock = whole_bits(self.stock);
            let text =
                format!("not enough key: {bits} bits asked for, {stock} in stock; ask later");
            return Err(Refusal::unavailable(text));
        }
        self.stock -= needed;
        Ok(())
    }

    /// Number and size that a key manager of this kind would really give.
    fn spoilt(&self, number: u64, size: u64) -> (u64, u64) {
        let number = match () {
            () if self.faults.has(Fault::FewerKeys) => number - 1,
            () if self.faults.has(Fault::MoreKeys) => number + 1,
            () => number,
        };
        let size = match () {
            () if self.faults.has(Fault::SizeIgnored) => self.bounds.key_size,
            () if self.faults.has(Fault::ShortKeys) => size - 8,
            () if self.faults.has(Fault::LongKeys) => size + 8,
            () => size,
        };
        (number, size)
    }

    fn make(&mut self, master: &str, named: &BTreeSet<String>, size: u64) -> KeyEntry {
        let id = self.draw_id();
        let mut bytes = Zeroizing::new(vec![0; usize::try_from(size / 8).unwrap_or(0)]);
        self.generator.fill_bytes(&mut bytes);
        let made = entry(id, &bytes);
        let key = Waiting {
            master: master.to_owned(),
            named: named.clone(),
            left: named.clone(),
            bytes,
        };
        self.figures.delivered_keys += 1;
        self.figures.delivered_bits += size;
        self.figures.dropped_keys += self.store.add(id, key);
        made
    }

    /// A random UUID (RFC 9562, version 4).
    fn draw_id(&mut self) -> KeyId {
        let mut bytes = [0; 16];
        self.generator.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        KeyId::from_bytes(bytes)
    }

    fn container(&mut self, mut keys: Vec<KeyEntry>) -> KeyContainer {
        self.spoil(&mut keys);
        KeyContainer {
            keys,
            key_container_extension: Some(json!({ MEMBER: self.notice() })),
        }
    }

    /// The faults that both kinds of containers can have.
    fn spoil(&mut self, keys: &mut Vec<KeyEntry>) {
        if self.faults.has(Fault::EmptyList) {
            keys.clear();
        }
        let first = keys.first().map(|key| key.key_id.clone());
        for key in keys {
            if self.faults.has(Fault::RepeatedIds) {
                key.key_id = first.clone().unwrap_or_default();
            }
            if self.faults.has(Fault::OtherIds) {
                key.key_id = self.draw_id().to_string();
            }
            if self.faults.has(Fault::OtherKeys) {
                let text = key.key.reveal();
                let mut other = Zeroizing::new(vec![0; text.len() / 4 * 3]);
                let len = Base64::decode(text, &mut other).map_or(0, <[u8]>::len);
                other.truncate(len);
                self.generator.fill_bytes(&mut other);
                key.key = text_of(&other);
            }
            if self.faults.has(Fault::BadBase64) {
                key.key = KeyText::new(Zeroizing::new("?".repeat(key.key.reveal().len())));
            }
        }
    }
}

fn entry(id: KeyId, bytes: &[u8]) -> KeyEntry {
    KeyEntry {
        key_id: id.to_string(),
        key_id_extension: None,
        key: text_of(bytes),
        key_extension: None,
    }
}

fn text_of(bytes: &[u8]) -> KeyText {
    KeyText::new(Zeroizing::new(Base64::encode_string(bytes)))
}

#[cfg(test)]
mod tests;
