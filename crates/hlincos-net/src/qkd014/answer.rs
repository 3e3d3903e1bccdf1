//! Answers of key managers, checked: pure functions from bytes to keys.

use std::collections::{HashMap, HashSet};

use base64ct::{Base64, Encoding};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::error::{Defect, KmeError};
use super::key::{Key, KeyId};
use super::order::Named;
use super::wire::{ErrorBody, KeyContainer, KeyEntry, Status, from_json};

/// What a key manager says for people is cut to so many characters.
const MESSAGE_CHARS_MAX: usize = 200;
/// The fixed message of the standard's 5.4 when a key is not there; key managers add to it.
const NOT_FOUND: &str = "not found";

/// Reads a status.
///
/// # Errors
/// [`Defect::Json`]: a member is missing, or is not of its type.
pub fn read_status(answer: &[u8]) -> Result<Status, Defect> {
    read(answer)
}

/// Reads an answer to an order of new keys.
///
/// Security: the count, every length and every id are checked; on any defect all keys are wiped.
///
/// # Errors
/// [`Defect`].
pub fn read_keys(answer: &[u8], number: u32, size_bits: u32) -> Result<Vec<Key>, Defect> {
    let entries = read::<KeyContainer>(answer)?.keys;
    check_count(number as usize, entries.len())?;
    let mut seen = HashSet::new();
    let mut keys = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let id = read_id(at, entry)?;
        if !seen.insert(id) {
            return Err(Defect::Repeated(id));
        }
        keys.push(read_key(id, entry, size_bits)?);
    }
    Ok(keys)
}

/// Reads an answer to a request of named keys; the keys come in the order of the request.
///
/// Security: as [`read_keys`]; a key that was not asked for is a defect too.
///
/// # Errors
/// [`Defect`].
pub fn read_named_keys(answer: &[u8], named: &[Named]) -> Result<Vec<Key>, Defect> {
    let entries = read::<KeyContainer>(answer)?.keys;
    check_count(named.len(), entries.len())?;
    let sizes: HashMap<KeyId, u32> = named.iter().map(|one| (one.id, one.size_bits)).collect();
    let mut found = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let id = read_id(at, entry)?;
        let size_bits = *sizes.get(&id).ok_or(Defect::Uncalled(id))?;
        if found.insert(id, read_key(id, entry, size_bits)?).is_some() {
            return Err(Defect::Repeated(id));
        }
    }
    // As many as asked for, each asked for, none twice: all are there, unless an id was asked twice.
    let keys: Vec<Key> = named
        .iter()
        .filter_map(|one| found.remove(&one.id))
        .collect();
    check_count(named.len(), keys.len())?;
    Ok(keys)
}

/// What an answer means whose status is not 200, whatever its body is.
///
/// `named` tells that keys were asked for by their ids.
#[must_use]
pub fn read_refusal(status: u16, body: &[u8], named: bool) -> KmeError {
    let message = match from_json::<ErrorBody>(body) {
        Ok(error) => clean(&error.message),
        Err(_) if body.is_empty() => "no reason given".into(),
        Err(_) => "the reason is not in the form of the standard".into(),
    };
    match status {
        // Proxies in front of key managers say 403 and 407 for the same.
        401 | 403 | 407 => KmeError::Unauthorized { status, message },
        404 | 410 if named => KmeError::KeysGone { status, message },
        400 if named && message.contains(NOT_FOUND) => KmeError::KeysGone { status, message },
        408 | 425 | 429 => KmeError::Unavailable { status, message },
        400..=499 => KmeError::Refused { status, message },
        _ => KmeError::Unavailable { status, message },
    }
}

fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Defect> {
    // The place tells enough: serde's own words may quote the text, which holds keys.
    from_json(answer).map_err(|error| {
        let kind = match error.classify() {
            serde_json::error::Category::Data => "a member is missing or of a wrong type",
            _ => "it is no JSON",
        };
        let (line, column) = (error.line(), error.column());
        Defect::Json(format!("{kind}, line {line} column {column}"))
    })
}

const fn check_count(asked: usize, found: usize) -> Result<(), Defect> {
    if asked == found {
        Ok(())
    } else {
        Err(Defect::Count { asked, found })
    }
}

fn read_id(at: usize, entry: &KeyEntry) -> Result<KeyId, Defect> {
    entry.key_id.parse().map_err(|_| Defect::Id(at))
}

/// Decodes a key: padded base64 without anything between, of exactly the length asked for.
fn read_key(id: KeyId, entry: &KeyEntry, size_bits: u32) -> Result<Key, Defect> {
    let text = entry.key.reveal();
    let mut bytes = Zeroizing::new(vec![0; text.len() / 4 * 3]);
    let found = Base64::decode(text, &mut bytes)
        .map_err(|_| Defect::Base64(id))?
        .len();
    let length = found as u64 * 8;
    if length != u64::from(size_bits) {
        return Err(Defect::Length {
            id,
            asked: size_bits,
            found: length,
        });
    }
    bytes.truncate(found);
    Ok(Key { id, bytes })
}

/// A stranger's words, fit for a log.
fn clean(message: &str) -> String {
    let harmless = |c: char| if c.is_control() { ' ' } else { c };
    message
        .chars()
        .take(MESSAGE_CHARS_MAX)
        .map(harmless)
        .collect()
}

#[cfg(test)]
mod tests;
