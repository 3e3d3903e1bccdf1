//! X25519MLKEM768+CTIDH512 as a group of rustls.
//!
//! Shares and secrets are the three parts one behind the other, ML-KEM, CTIDH, X25519
//! (draft-ietf-tls-hybrid-design; `spec/suites.md`, section 3).

use hlincos_isogeny::{PUBLIC_KEY_BYTES, PrivateKey, PublicKey, agree};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::aws_lc_rs::kx_group::X25519MLKEM768;
use rustls::crypto::{ActiveKeyExchange, CompletedKeyExchange, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{Error, NamedGroup, PeerMisbehaved, ProtocolVersion};
use zeroize::Zeroizing;

use crate::Exchange;

/// The last part of shares and secrets.
const X25519_BYTES: usize = 32;
const NAME: NamedGroup = NamedGroup::Unknown(Exchange::X25519MlKem768Ctidh512.code_point());
const REFUSED: Error = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);

/// The group of an exchange.
pub(super) fn group(exchange: Exchange) -> &'static dyn SupportedKxGroup {
    match exchange {
        Exchange::X25519MlKem768 => X25519MLKEM768,
        Exchange::X25519MlKem768Ctidh512 => &WithIsogeny,
    }
}

#[derive(Debug)]
struct WithIsogeny;

impl SupportedKxGroup for WithIsogeny {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let hybrid = X25519MLKEM768.start()?;
        let walk = new_walk()?;
        let share = insert(hybrid.pub_key(), &walk.public_key().to_bytes());
        Ok(Box::new(Started {
            hybrid,
            walk,
            share,
        }))
    }

    fn start_and_complete(&self, peer: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let (caller_bytes, _) = Exchange::X25519MlKem768Ctidh512.share_bytes();
        let (hybrid_share, their_walk) = take_out(peer, caller_bytes)?;
        // Cheap checks first: nobody gets two walks for a share that is none.
        let hybrid = X25519MLKEM768.start_and_complete(&hybrid_share)?;
        their_walk.validate().map_err(|_| REFUSED)?;
        let walk = new_walk()?;
        let shared = agree(&walk, &their_walk).map_err(|_| REFUSED)?;
        Ok(CompletedKeyExchange {
            group: NAME,
            pub_key: insert(&hybrid.pub_key, &walk.public_key().to_bytes()),
            secret: insert(hybrid.secret.secret_bytes(), shared.as_bytes()).into(),
        })
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NAME
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

/// The caller's half, until the answer comes.
struct Started {
    hybrid: Box<dyn ActiveKeyExchange>,
    walk: PrivateKey,
    share: Vec<u8>,
}

impl ActiveKeyExchange for Started {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let (_, answer_bytes) = Exchange::X25519MlKem768Ctidh512.share_bytes();
        let (hybrid_share, their_walk) = take_out(peer, answer_bytes)?;
        let hybrid = self.hybrid.complete(&hybrid_share)?;
        let shared = agree(&self.walk, &their_walk).map_err(|_| REFUSED)?;
        Ok(insert(hybrid.secret_bytes(), shared.as_bytes()).into())
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn group(&self) -> NamedGroup {
        NAME
    }
}

/// A walk for one handshake; its seed is wiped.
fn new_walk() -> Result<PrivateKey, Error> {
    let mut seed = Zeroizing::new([0; 32]);
    default_provider().secure_random.fill(&mut *seed)?;
    Ok(PrivateKey::generate(&seed))
}

/// Puts the isogeny's part before the part of X25519, which is last.
fn insert(hybrid: &[u8], isogeny: &[u8; PUBLIC_KEY_BYTES]) -> Vec<u8> {
    let (first, last) = hybrid.split_at(hybrid.len() - X25519_BYTES);
    [first, isogeny, last].concat()
}

/// Takes a share of exactly this length apart again.
fn take_out(share: &[u8], bytes: usize) -> Result<(Vec<u8>, PublicKey), Error> {
    if share.len() != bytes {
        return Err(REFUSED);
    }
    let (rest, last) = share.split_at(bytes - X25519_BYTES);
    let (first, isogeny) = rest.split_at(rest.len() - PUBLIC_KEY_BYTES);
    let walk = PublicKey::from_bytes(isogeny).map_err(|_| REFUSED)?;
    Ok(([first, last].concat(), walk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn hex(value: &Value) -> Vec<u8> {
        let digits = value.as_str().unwrap().as_bytes().chunks(2);
        let byte = |two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap();
        digits.map(byte).collect()
    }

    #[test]
    fn a_second_hand_puts_shares_and_secrets_together_in_the_same_order() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../spec/vectors/suites/combiner.json"
        );
        let text = std::fs::read_to_string(path).unwrap();
        let vectors: Value = serde_json::from_str(&text).unwrap();
        let parts = vectors["parts"].as_array().unwrap();
        for one in parts.iter().chain([&vectors["secret"]]) {
            let hybrid = [hex(&one["ml_kem"]), hex(&one["x25519"])].concat();
            let isogeny = hex(&one["ctidh"]).try_into().unwrap();
            assert_eq!(
                insert(&hybrid, &isogeny),
                hex(&one["whole"]),
                "{}",
                one["of"]
            );
        }
        let (caller, answer) = Exchange::X25519MlKem768Ctidh512.share_bytes();
        let lengths: Vec<usize> = parts.iter().map(|one| hex(&one["whole"]).len()).collect();
        assert_eq!(lengths, [caller, answer]);
    }

    #[test]
    fn a_share_comes_apart_as_it_was_put_together() {
        let group = group(Exchange::X25519MlKem768Ctidh512);
        let started = group.start().unwrap();
        let share = started.pub_key();
        let (hybrid, isogeny) = take_out(share, share.len()).unwrap();
        assert_eq!(insert(&hybrid, &isogeny.to_bytes()), share);
        let answered = group.start_and_complete(share).unwrap();
        let (_, answer_bytes) = Exchange::X25519MlKem768Ctidh512.share_bytes();
        assert_eq!(answered.pub_key.len(), answer_bytes);
        let secret = started.complete(&answered.pub_key).unwrap();
        assert_eq!(secret.secret_bytes(), answered.secret.secret_bytes());
        assert_eq!(secret.secret_bytes().len(), 32 + 64 + 32);
    }
}
