//! HKDF-SHA-384 and HMAC-SHA-384 over lists of parts, and the context that every key is bound to.

use aws_lc_rs::digest::{Context, SHA384};
use aws_lc_rs::{hkdf, hmac};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Generation, LinkId, Suite};

/// 32 secret bytes, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;
/// Length of a MAC and of a transcript.
pub(crate) const MAC_BYTES: usize = 48;

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Fills `N` bytes; source: RFC 5869 with SHA-384.
pub(crate) fn derive<const N: usize>(
    salt: &[u8],
    secret: &[u8],
    info: &[&[u8]],
) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    hkdf::Salt::new(hkdf::HKDF_SHA384, salt)
        .extract(secret)
        .expand(info, Length(N))
        .and_then(|okm| okm.fill(&mut *out))
        .expect("lengths here are far within HKDF's limit of 255 blocks");
    out
}

pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; MAC_BYTES] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA384, key));
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; MAC_BYTES];
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// Compares in constant time.
pub(crate) fn mac_is(key: &[u8; 32], parts: &[&[u8]], told: &[u8]) -> bool {
    mac(key, parts).ct_eq(told).into()
}

/// What both ends have said in the hello, in 48 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transcript(pub(crate) [u8; MAC_BYTES]);

impl Transcript {
    pub(crate) fn of(client: &[u8], server: &[u8]) -> Self {
        let mut context = Context::new(&SHA384);
        context.update(client);
        context.update(server);
        let mut out = [0; MAC_BYTES];
        out.copy_from_slice(context.finish().as_ref());
        Self(out)
    }
}

/// The channel and direction that a key is for.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    pub(crate) link: LinkId,
    pub(crate) generation: Generation,
    pub(crate) transcript: Transcript,
}

impl Scope {
    /// `HLINCOS v1`, suite, link id, generation, place, transcript.
    pub(crate) fn info(&self, suite: Suite, place: u64) -> Vec<u8> {
        let mut info = b"HLINCOS v1".to_vec();
        info.push(suite as u8);
        info.extend_from_slice(&self.link.to_bits().to_be_bytes());
        info.extend_from_slice(&self.generation.0.to_be_bytes());
        info.extend_from_slice(&place.to_be_bytes());
        info.extend_from_slice(&self.transcript.0);
        info
    }
}
