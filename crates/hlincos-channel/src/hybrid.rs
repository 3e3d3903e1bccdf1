//! Suite 4: one key of everything that is at hand, and the exchange that brings part of it.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_1024};
use zeroize::Zeroizing;

use crate::Suite;
use crate::kdf::{Scope, Secret, derive};

/// Bytes of a share of X25519, RFC 7748.
pub(crate) const X25519_BYTES: usize = 32;
/// Bytes of an encapsulation key and of a ciphertext of ML-KEM-1024, FIPS 203, table 3.
pub(crate) const KEM_BYTES: usize = 1568;

/// What one end sends: X25519 first, then ML-KEM-1024 (key or ciphertext).
pub(crate) const OFFER_BYTES: usize = X25519_BYTES + KEM_BYTES;

/// The system gave no randomness, or the other end's key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExchangeError;

/// The two secrets of an exchange.
pub(crate) struct Exchanged {
    pub(crate) kem: Zeroizing<Vec<u8>>,
    pub(crate) x25519: Zeroizing<Vec<u8>>,
}

/// The client's half between its hello and the answer; the library wipes the keys.
pub(crate) struct Offer {
    kem: DecapsulationKey,
    x25519: PrivateKey,
}

impl Offer {
    /// Makes keys; randomness: drawn by the library from the operating system.
    pub(crate) fn new() -> Result<(Self, Zeroizing<Vec<u8>>), ExchangeError> {
        let offer = Self {
            kem: DecapsulationKey::generate(&ML_KEM_1024).map_err(|_| ExchangeError)?,
            x25519: PrivateKey::generate(&X25519).map_err(|_| ExchangeError)?,
        };
        let share = offer
            .x25519
            .compute_public_key()
            .map_err(|_| ExchangeError)?;
        let key = offer.kem.encapsulation_key().map_err(|_| ExchangeError)?;
        let key = key.key_bytes().map_err(|_| ExchangeError)?;
        let bytes = [share.as_ref(), key.as_ref()].concat();
        Ok((offer, Zeroizing::new(bytes)))
    }

    /// The secrets, from what the server answered.
    pub(crate) fn finish(self, answer: &[u8]) -> Result<Exchanged, ExchangeError> {
        let (share, ciphertext) = answer.split_at(X25519_BYTES);
        let kem = self
            .kem
            .decapsulate(Ciphertext::from(ciphertext))
            .map_err(|_| ExchangeError)?;
        Ok(Exchanged {
            kem: Zeroizing::new(kem.as_ref().to_vec()),
            x25519: agree(&self.x25519, share)?,
        })
    }
}

/// The server's half: what to answer, and the secrets; randomness: drawn by the library.
pub(crate) fn answer(offer: &[u8]) -> Result<(Vec<u8>, Exchanged), ExchangeError> {
    let (share, key) = offer.split_at(X25519_BYTES);
    let key = EncapsulationKey::new(&ML_KEM_1024, key).map_err(|_| ExchangeError)?;
    let (ciphertext, kem) = key.encapsulate().map_err(|_| ExchangeError)?;
    let own = PrivateKey::generate(&X25519).map_err(|_| ExchangeError)?;
    let own_share = own.compute_public_key().map_err(|_| ExchangeError)?;
    let exchanged = Exchanged {
        kem: Zeroizing::new(kem.as_ref().to_vec()),
        x25519: agree(&own, share)?,
    };
    Ok((
        [own_share.as_ref(), ciphertext.as_ref()].concat(),
        exchanged,
    ))
}

/// X25519; a share of small order is an error.
fn agree(own: &PrivateKey, share: &[u8]) -> Result<Zeroizing<Vec<u8>>, ExchangeError> {
    let share = UnparsedPublicKey::new(&X25519, share);
    agreement::agree(own, share, ExchangeError, |secret| {
        Ok(Zeroizing::new(secret.to_vec()))
    })
}

/// All that goes into the key; what is not at hand is empty.
pub(crate) struct Ingredients<'a> {
    pub(crate) chain_key: &'a [u8],
    pub(crate) qkd_key: &'a [u8],
    pub(crate) kem: &'a [u8],
    pub(crate) x25519: &'a [u8],
    pub(crate) slice: &'a [u8],
    pub(crate) qkd_key_id: &'a [u8],
}

impl Ingredients<'_> {
    /// The secret of one direction.
    ///
    /// Security: as strong as the strongest ingredient, and never more than computational. Bound
    /// to the whole hello, the exchange's public values included.
    /// Source: `spec/channel.md`, section 3.4; after ETSI TS 103 744, concatenation.
    pub(crate) fn secret(&self, scope: &Scope) -> Secret {
        let mut input = Zeroizing::new(Vec::with_capacity(256));
        for part in [self.qkd_key, self.kem, self.x25519, self.slice] {
            let len = u32::try_from(part.len()).expect("keys are short");
            input.extend_from_slice(&len.to_be_bytes());
            input.extend_from_slice(part);
        }
        let info = scope.info(Suite::Hybrid, 0);
        derive(self.chain_key, &input, &[&info, self.qkd_key_id])
    }
}
