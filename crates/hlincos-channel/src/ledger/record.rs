//! The ledger's record: 240 bytes, one of two slots.

use subtle::ConstantTimeEq;

use super::{Identity, Record, State};
use crate::frame::Generation;
use crate::kdf::{MAC_BYTES, Secret, mac};
use crate::link_block::LedgerKey;
use crate::octets::{Octets, Truncated};
use crate::ratchet::Chain;
use crate::{End, LinkNumber};

/// Length of a record.
pub const RECORD_BYTES: usize = SUMMED_BYTES + 4 + MAC_BYTES;
/// What the checksum is over.
const SUMMED_BYTES: usize = 188;
const MAGIC: [u8; 4] = *b"HLQL";
const VERSION: u8 = 1;

/// Why a slot says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotError {
    /// Nothing was ever written there.
    Missing,
    /// Torn or rotten.
    Damaged,
    /// Whole, but not this end's.
    Foreign,
}

/// Source: `spec/channel.md`, section 7.1.
pub(super) fn write(identity: &Identity, key: &LedgerKey, state: &State, number: u64) -> Record {
    let mut out = Vec::with_capacity(RECORD_BYTES);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[VERSION, identity.end as u8]);
    out.extend_from_slice(&identity.number.get().to_be_bytes());
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&identity.pad_id);
    out.extend_from_slice(&state.generation.0.to_be_bytes());
    out.extend_from_slice(&state.alarms.to_be_bytes());
    for end in state.leased_end.iter().chain(&state.claimed_end) {
        out.extend_from_slice(&end.to_be_bytes());
    }
    for chain in &state.chains {
        out.extend_from_slice(&chain.epoch.to_be_bytes());
        out.extend_from_slice(&*chain.key);
    }
    out.resize(SUMMED_BYTES, 0);
    out.extend_from_slice(&crc32c::crc32c(&out).to_be_bytes());
    out.extend_from_slice(&mac(&key.0, &[&out]));
    let mut bytes = [0; RECORD_BYTES];
    bytes.copy_from_slice(&out);
    zeroize::Zeroize::zeroize(&mut out);
    Record {
        slot: usize::from(!number.is_multiple_of(2)),
        bytes,
    }
}

/// Reads a slot; longer ones are cut, since files are made of sectors.
pub(super) fn read(
    identity: &Identity,
    key: &LedgerKey,
    slot: Option<&[u8]>,
) -> Result<(State, u64), SlotError> {
    let slot = slot.ok_or(SlotError::Missing)?;
    if slot.iter().all(|byte| *byte == 0) {
        return Err(SlotError::Missing);
    }
    let (bytes, _) = slot
        .split_first_chunk::<RECORD_BYTES>()
        .ok_or(SlotError::Damaged)?;
    let (summed, rest) = bytes.split_at(SUMMED_BYTES);
    let (sum, told) = rest.split_at(4);
    if crc32c::crc32c(summed).to_be_bytes() != sum || summed[..4] != MAGIC {
        return Err(SlotError::Damaged);
    }
    let expected = mac(&key.0, &[summed, sum]);
    if !bool::from(expected.ct_eq(told)) {
        return Err(SlotError::Foreign);
    }
    parse(identity, summed).map_err(|Truncated| SlotError::Damaged)?
}

fn parse(identity: &Identity, summed: &[u8]) -> Result<Result<(State, u64), SlotError>, Truncated> {
    let mut octets = Octets(&summed[4..]);
    let [version, end] = octets.array()?;
    let link = octets.u16()?;
    let number = octets.u64()?;
    let found = Identity {
        number: match LinkNumber::new(link) {
            Some(number) => number,
            None => return Ok(Err(SlotError::Foreign)),
        },
        end: match End::from_code(end) {
            Some(end) => end,
            None => return Ok(Err(SlotError::Foreign)),
        },
        pad_id: octets.array()?,
    };
    if version != VERSION || found != *identity || number == 0 {
        return Ok(Err(SlotError::Foreign));
    }
    let generation = Generation(octets.u32()?);
    let alarms = octets.u32()?;
    let leased_end = [octets.u64()?, octets.u64()?];
    let claimed_end = [octets.u64()?, octets.u64()?];
    let mut chain = || {
        Ok(Chain {
            epoch: octets.u64()?,
            key: Secret::new(octets.array()?),
        })
    };
    let state = State {
        generation,
        leased_end,
        claimed_end,
        chains: [chain()?, chain()?],
        alarms,
    };
    Ok(Ok((state, number)))
}
