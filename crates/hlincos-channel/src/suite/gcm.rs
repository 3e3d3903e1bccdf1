//! Suites 2 to 4: AES-256-GCM under a key of its own for every direction of every channel.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::Suite;
use crate::frame::{FrameError, HEAD_BYTES, TAG_BYTES};
use crate::kdf::{Scope, Secret, derive};

/// Frames under one key; then it is stepped on, or replaced.
pub(crate) const FRAMES_PER_KEY: u64 = 1 << 20;

/// A key and the salt of its nonces.
///
/// Security: computational: AES-256. The nonce is the salt and the frame's number, so it is never
/// the same under one key. The library wipes its copy of the key.
/// Source: NIST SP 800-38D; `spec/channel.md`, section 3.2.
pub(crate) struct GcmKey {
    key: LessSafeKey,
    salt: [u8; 4],
}

impl GcmKey {
    fn new(okm: &[u8; 36]) -> Self {
        let (key, salt) = okm.split_at(32);
        let key = UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are a key of AES-256");
        Self {
            key: LessSafeKey::new(key),
            salt: salt.try_into().expect("4 bytes are left of 36"),
        }
    }

    /// The epoch key of suite 2, from 32 bytes of pad.
    pub(crate) fn of_slice(slice: &Secret, scope: &Scope, place: u64) -> Self {
        Self::new(&derive(&[], &**slice, &[&scope.info(Suite::Qkd, place)]))
    }

    fn nonce(&self, seq: u64) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&self.salt);
        nonce[4..].copy_from_slice(&seq.to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    pub(crate) fn seal(
        &self,
        seq: u64,
        head: &[u8; HEAD_BYTES],
        payload: &mut [u8],
    ) -> [u8; TAG_BYTES] {
        let tag = self
            .key
            .seal_in_place_separate_tag(self.nonce(seq), Aad::from(head), payload)
            .expect("16 KiB are far within the limit of GCM");
        tag.as_ref().try_into().expect("GCM's tag has 16 bytes")
    }

    /// # Errors
    /// [`FrameError::Tag`]; the payload is then worth nothing.
    pub(crate) fn open(
        &self,
        seq: u64,
        head: &[u8; HEAD_BYTES],
        payload_and_tag: &mut [u8],
    ) -> Result<(), FrameError> {
        self.key
            .open_in_place(self.nonce(seq), Aad::from(head), payload_and_tag)
            .map(drop)
            .map_err(|_| FrameError::Tag)
    }
}

/// A secret of suite 3 or 4 that steps forward within a channel and forgets what was before.
pub(crate) struct Steps {
    secret: Secret,
    step: u64,
    frames: u64,
    key: GcmKey,
}

impl Steps {
    pub(crate) fn new(secret: Secret) -> Self {
        let key = frame_key(&secret);
        Self {
            secret,
            step: 0,
            frames: 0,
            key,
        }
    }

    /// The step of the next frame to seal; steps on where that is due.
    pub(crate) fn next(&mut self) -> u64 {
        if self.frames == FRAMES_PER_KEY {
            *self = self.stepped();
        }
        self.frames += 1;
        self.step
    }

    /// The key of the step that [`Self::next`] told.
    pub(crate) const fn key(&self) -> &GcmKey {
        &self.key
    }

    /// Opens with the key of the step, which is this one or the next; steps on if that was right.
    ///
    /// # Errors
    /// [`FrameError::Key`], [`FrameError::Tag`].
    pub(crate) fn open(
        &mut self,
        step: u64,
        seq: u64,
        head: &[u8; HEAD_BYTES],
        payload_and_tag: &mut [u8],
    ) -> Result<(), FrameError> {
        if step == self.step {
            return self.key.open(seq, head, payload_and_tag);
        }
        if step != self.step + 1 {
            return Err(FrameError::Key);
        }
        let stepped = self.stepped();
        stepped.key.open(seq, head, payload_and_tag)?;
        *self = stepped;
        Ok(())
    }

    fn stepped(&self) -> Self {
        let secret = derive(&[], &*self.secret, &[b"HLINCOS v1 step"]);
        Self {
            step: self.step + 1,
            ..Self::new(secret)
        }
    }
}

fn frame_key(secret: &Secret) -> GcmKey {
    GcmKey::new(&derive(&[], &**secret, &[b"HLINCOS v1 frame"]))
}
