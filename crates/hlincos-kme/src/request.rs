//! Requests, judged as clause 5 of the standard says.

use std::collections::HashSet;

use hlincos_net::qkd014::KeyId;
use hlincos_net::qkd014::wire::{KeyIds, KeyRequest};

use crate::link::Refusal;

/// Fixed messages of the standard.
pub(crate) const SIZE_MULTIPLE: &str = "size shall be a multiple of 8";
pub(crate) const MANDATORY: &str = "not all extension_mandatory parameters are supported";
pub(crate) const NOT_FOUND: &str = "one or more keys specified are not found on KME";

/// What one request may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) key_size: u64,
    pub(crate) min_key_size: u64,
    pub(crate) max_key_size: u64,
    pub(crate) max_key_per_request: u64,
    pub(crate) max_sae_id_count: u64,
}

/// Number of keys and size of each in bits, once judged.
pub(crate) fn judge_order(bounds: &Bounds, request: &KeyRequest) -> Result<(u64, u64), Refusal> {
    let number = request.number.unwrap_or(1);
    let most = bounds.max_key_per_request;
    if number == 0 || number > most {
        return Err(Refusal::bad(format!("number shall be from 1 to {most}")));
    }
    let size = request.size.unwrap_or(bounds.key_size);
    if !size.is_multiple_of(8) {
        return Err(Refusal::bad(SIZE_MULTIPLE));
    }
    let (least, most) = (bounds.min_key_size, bounds.max_key_size);
    if size < least || size > most {
        return Err(Refusal::bad(format!(
            "size shall be from {least} to {most}"
        )));
    }
    Ok((number, size))
}

/// Additional slaves and extensions.
pub(crate) fn judge_extras(bounds: &Bounds, request: &KeyRequest) -> Result<(), Refusal> {
    let additional = request.additional_slave_sae_ids.as_deref();
    let most = bounds.max_sae_id_count;
    if additional.unwrap_or_default().len() as u64 > most {
        let text = format!("additional_slave_SAE_IDs shall have at most {most} ids");
        return Err(Refusal::bad(text));
    }
    // This key manager knows no parameter, so none can be supported.
    let mandatory = request.extension_mandatory.as_deref().unwrap_or_default();
    if mandatory.iter().any(|parameters| !parameters.is_empty()) {
        return Err(Refusal::bad(MANDATORY));
    }
    Ok(())
}

/// The ids of a request, once judged.
pub(crate) fn judge_ids(bounds: &Bounds, request: &KeyIds) -> Result<Vec<KeyId>, Refusal> {
    let most = bounds.max_key_per_request;
    let number = request.key_ids.len() as u64;
    if number == 0 || number > most {
        return Err(Refusal::bad(format!("key_IDs shall have 1 to {most} ids")));
    }
    let mut seen = HashSet::new();
    let read = |text: &str| text.parse::<KeyId>();
    let ids: Result<Vec<KeyId>, _> = request.key_ids.iter().map(|id| read(&id.key_id)).collect();
    let ids = ids.map_err(|_| Refusal::bad("key_ID shall be a UUID"))?;
    if !ids.iter().all(|id| seen.insert(*id)) {
        return Err(Refusal::bad("each key_ID shall be named once"));
    }
    Ok(ids)
}
