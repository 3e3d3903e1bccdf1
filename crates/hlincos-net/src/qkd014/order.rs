//! What is asked for: orders of new keys, and of keys by their ids.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::key::{KeyId, SaeId};
use super::wire::{self, KeyRequest};

/// Largest key that is asked for: 1 MiB.
const KEY_BITS_MAX: u32 = 8 << 20;
/// Most keys of one request.
const KEYS_MAX: u32 = 4_096;
/// Most key bytes of one request.
const ORDER_BYTES_MAX: u64 = 4 << 20;
/// An answer may need so many bytes beside its keys, and so many beside each.
const BESIDE_BYTES: u64 = 64 << 10;
const BESIDE_KEY_BYTES: u16 = 512;

/// What a key manager can do in one request, cut down to what we would ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most keys.
    pub number_max: u32,
    /// Largest key, in bits; a multiple of 8.
    pub size_bits_max: u32,
    /// The key that it makes when no size is named, in bits; a multiple of 8.
    pub size_bits_default: u32,
}

impl Limits {
    /// Takes them from a status; `None` when it allows no key at all.
    #[must_use]
    pub fn of(status: &wire::Status) -> Option<Self> {
        let bits = |most: u64| u32::try_from(most).unwrap_or(u32::MAX).min(KEY_BITS_MAX) & !7;
        let number = u32::try_from(status.max_key_per_request).unwrap_or(u32::MAX);
        let limits = Self {
            number_max: number.min(KEYS_MAX),
            size_bits_max: bits(status.max_key_size),
            size_bits_default: bits(status.key_size),
        };
        let any = limits.number_max > 0 && limits.size_bits_max > 0 && limits.size_bits_default > 0;
        any.then_some(limits)
    }

    /// Most keys of this size in one request, by both sides' limits; at least one.
    #[must_use]
    pub fn number_of(&self, size_bits: u32) -> u32 {
        let bytes = u64::from(size_bits / 8).max(1);
        let most = u32::try_from(ORDER_BYTES_MAX / bytes).unwrap_or(u32::MAX);
        self.number_max.min(most).max(1)
    }
}

/// An order of new keys.
#[derive(Clone, Debug)]
pub struct Order {
    pub(super) number: u32,
    pub(super) size_bits: u32,
    pub(super) request: KeyRequest,
}

/// Why an order cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// Number out of range.
    #[error("ask for 1 to {KEYS_MAX} keys at once")]
    Number,
    /// Size out of range.
    #[error("the size of a key is a multiple of 8, from 8 to {KEY_BITS_MAX} bits")]
    Size,
    /// Too much at once.
    #[error("ask for at most {ORDER_BYTES_MAX} bytes of key at once")]
    Bytes,
    /// An id twice.
    #[error("the key {0} is asked for twice; ask for each key once")]
    Repeated(KeyId),
}

impl Order {
    /// So many keys of so many bits each.
    ///
    /// # Errors
    /// [`OrderError`] when the answer would be too long.
    pub fn new(number: u32, size_bits: u32) -> Result<Self, OrderError> {
        if number == 0 || number > KEYS_MAX {
            return Err(OrderError::Number);
        }
        if size_bits == 0 || !size_bits.is_multiple_of(8) || size_bits > KEY_BITS_MAX {
            return Err(OrderError::Size);
        }
        if u64::from(number) * u64::from(size_bits / 8) > ORDER_BYTES_MAX {
            return Err(OrderError::Bytes);
        }
        let request = KeyRequest {
            number: Some(number.into()),
            size: Some(size_bits.into()),
            ..KeyRequest::default()
        };
        Ok(Self {
            number,
            size_bits,
            request,
        })
    }

    /// One key of the key manager's own size: number and size stay unsaid.
    #[must_use]
    pub fn of_defaults(limits: &Limits) -> Self {
        Self {
            number: 1,
            size_bits: limits.size_bits_default,
            request: KeyRequest::default(),
        }
    }

    /// Names further slaves that are to get the same keys.
    ///
    /// Security: key managers exist that ignore them; let nothing hang on it.
    #[must_use]
    pub fn with_additional(mut self, slaves: &[SaeId]) -> Self {
        let ids = slaves.iter().map(ToString::to_string).collect();
        self.request.additional_slave_sae_ids = Some(ids);
        self
    }

    /// Adds extension parameters that the key manager must handle or refuse.
    ///
    /// Security: key managers exist that ignore them; let nothing hang on it.
    #[must_use]
    pub fn with_mandatory(mut self, parameters: Vec<Map<String, Value>>) -> Self {
        self.request.extension_mandatory = Some(parameters);
        self
    }

    /// Adds extension parameters that it may ignore.
    #[must_use]
    pub fn with_optional(mut self, parameters: Vec<Map<String, Value>>) -> Self {
        self.request.extension_optional = Some(parameters);
        self
    }

    /// Longest answer that is taken.
    pub(super) fn answer_bytes_max(&self) -> usize {
        answer_bytes_max(u64::from(self.number), u64::from(self.size_bits))
    }

    /// The query when the standard allows GET: nothing but number and size (5.3).
    pub(super) fn query(&self) -> Option<String> {
        let request = &self.request;
        if request.additional_slave_sae_ids.is_some()
            || request.extension_mandatory.is_some()
            || request.extension_optional.is_some()
        {
            return None;
        }
        Some(match (request.number, request.size) {
            (Some(number), Some(size)) => format!("?number={number}&size={size}"),
            _ => String::new(),
        })
    }
}

/// A key that is to be had by its id: the master says how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: KeyId,
    /// Its size in bits.
    pub size_bits: u32,
}

/// Longest answer to a request of named keys.
pub(super) fn named_bytes_max(named: &[Named]) -> usize {
    let bits = named
        .iter()
        .map(|one| u64::from(one.size_bits))
        .sum::<u64>();
    // The sizes together, as if it were one key, and room beside each.
    answer_bytes_max(1, bits) + named.len() * (usize::from(BESIDE_KEY_BYTES) + 8)
}

/// Whether a request of named keys keeps our own limits.
pub(super) fn check_named(named: &[Named]) -> Result<(), OrderError> {
    if named.is_empty() || named.len() > KEYS_MAX as usize {
        return Err(OrderError::Number);
    }
    let bad = |one: &Named| {
        one.size_bits == 0 || !one.size_bits.is_multiple_of(8) || one.size_bits > KEY_BITS_MAX
    };
    if named.iter().any(bad) {
        return Err(OrderError::Size);
    }
    let bytes: u64 = named.iter().map(|one| u64::from(one.size_bits / 8)).sum();
    if bytes > ORDER_BYTES_MAX {
        return Err(OrderError::Bytes);
    }
    let mut seen = HashSet::new();
    match named.iter().find(|one| !seen.insert(one.id)) {
        Some(twice) => Err(OrderError::Repeated(twice.id)),
        None => Ok(()),
    }
}

/// Base64 takes 4 bytes for 3, a JSON escape 6 for 1 at worst: only `/` is escaped in the field, so
/// twice the base64 is room enough.
fn answer_bytes_max(number: u64, size_bits: u64) -> usize {
    let text = (size_bits / 8).div_ceil(3) * 4 * 2;
    let bytes = BESIDE_BYTES + number * (text + u64::from(BESIDE_KEY_BYTES));
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_that_no_answer_could_fill_are_refused() {
        assert_eq!(Order::new(0, 256).unwrap_err(), OrderError::Number);
        assert_eq!(Order::new(4_097, 256).unwrap_err(), OrderError::Number);
        for bits in [0, 7, 250, (8 << 20) + 8] {
            assert_eq!(Order::new(1, bits).unwrap_err(), OrderError::Size);
        }
        assert_eq!(Order::new(5, 8 << 20).unwrap_err(), OrderError::Bytes);
        assert!(Order::new(4, 8 << 20).is_ok());
    }

    #[test]
    fn only_number_and_size_may_go_by_get() {
        let order = Order::new(2, 256).unwrap();
        assert_eq!(order.query().as_deref(), Some("?number=2&size=256"));
        let slave: SaeId = "c".parse().unwrap();
        assert_eq!(order.clone().with_additional(&[slave]).query(), None);
        assert_eq!(order.clone().with_mandatory(Vec::new()).query(), None);
        assert_eq!(order.with_optional(Vec::new()).query(), None);
    }

    #[test]
    fn limits_are_cut_to_whole_bytes_and_to_our_own() {
        let mut status = wire::Status {
            source_kme_id: "a".into(),
            target_kme_id: "b".into(),
            master_sae_id: "c".into(),
            slave_sae_id: "d".into(),
            key_size: 352,
            stored_key_count: 0,
            max_key_count: 10,
            max_key_per_request: u64::MAX,
            max_key_size: 1030,
            min_key_size: 64,
            max_sae_id_count: 0,
            status_extension: None,
        };
        let limits = Limits::of(&status).unwrap();
        assert_eq!((limits.number_max, limits.size_bits_max), (4_096, 1_024));
        status.max_key_per_request = 0;
        assert_eq!(Limits::of(&status), None);
        status.max_key_per_request = 1;
        status.max_key_size = 7;
        assert_eq!(Limits::of(&status), None);
    }
}
