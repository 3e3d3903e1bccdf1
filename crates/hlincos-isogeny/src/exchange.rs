//! Keys, their validation, and the agreement.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::curve::{Curve, each, ladder};
use crate::expand::Expander;
use crate::exponents::Exponents;
use crate::field::Fp;
use crate::kernel::Kernel;
use crate::lanes::{Lanes, Machine};
use crate::mask::Mask;
use crate::prime::{BATCHES, DEGREES, P};
use crate::scalar::Scalar;
use crate::walk::{Course, RoundBytes};

/// Bytes of a public key and of a shared secret.
pub const PUBLIC_KEY_BYTES: usize = 64;

/// Signed exponents of a private key, one per degree.
pub const EXPONENTS: usize = DEGREES;

/// A private key: a secret walk in the isogeny graph.
///
/// Security: wiped when dropped; use it once.
pub struct PrivateKey(Exponents);

impl PrivateKey {
    /// Makes the private key of a seed.
    ///
    /// Randomness: the 32 bytes must be uniform, secret and used for nothing else; all that this
    /// key ever draws follows from them.
    /// Security: uniform over the 2^256.009 keys, as far as HKDF is.
    /// Time: constant but for draws refused, which say nothing of the key.
    ///
    /// Source: `spec/isogeny.md`, section 4.
    #[must_use]
    pub fn generate(seed: &[u8; 32]) -> Self {
        Self(Exponents::draw(&Expander::new(seed)))
    }

    /// The private key with these exponents: for test vectors.
    ///
    /// Shape: exponents of the degrees 3 to 373 and 587, ascending.
    ///
    /// # Errors
    /// [`ExponentsError`] when a batch's |exponents| sum up to more than its bound.
    pub fn from_exponents(exponents: &[i8; EXPONENTS]) -> Result<Self, ExponentsError> {
        Exponents::new(exponents).map(Self).ok_or(ExponentsError)
    }

    /// Its exponents: for test vectors.
    #[must_use]
    pub fn exponents(&self) -> Zeroizing<[i8; EXPONENTS]> {
        Zeroizing::new(self.0.bytes().map(u8::cast_signed))
    }

    /// The public key that belongs to it, by the fastest kernel.
    ///
    /// Time: as [`agree`].
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.public_key_with(Kernel::best())
    }

    /// [`Self::public_key`] with a chosen kernel.
    #[must_use]
    pub fn public_key_with(&self, kernel: Kernel) -> PublicKey {
        PublicKey(act(kernel, &self.0, &Fp::ZERO))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// A public key as it came: the coefficient A of a curve y² = x³ + A·x² + x.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(Fp);

impl PublicKey {
    /// Reads a public key. Whether it is one is for [`Self::validate`], which [`agree`] calls.
    ///
    /// Shape: [`PUBLIC_KEY_BYTES`], A below p, least significant byte first.
    ///
    /// # Errors
    /// [`InvalidPublicKey::Length`] and [`InvalidPublicKey::NotBelowP`].
    ///
    /// Source: `spec/isogeny.md`, section 2.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        let bytes = bytes.try_into().map_err(|_| InvalidPublicKey::Length)?;
        Fp::from_bytes(bytes)
            .map(Self)
            .ok_or(InvalidPublicKey::NotBelowP)
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; PUBLIC_KEY_BYTES] {
        self.0.to_bytes()
    }

    /// Tells whether some private key leads to the curve: smooth, supersingular, not the first.
    ///
    /// Security: refuses every other curve except with probability 2^-253, and whoever looks for
    /// one that passes has to try as many; accepts every right one.
    /// Time: the same for all keys but 0 and ±2; a hundredth of a walk.
    ///
    /// # Errors
    /// [`InvalidPublicKey::Singular`], [`InvalidPublicKey::Start`] and
    /// [`InvalidPublicKey::NotSupersingular`].
    ///
    /// Source: `spec/isogeny.md`, section 5.
    pub fn validate(&self) -> Result<(), InvalidPublicKey> {
        self.validate_with(Kernel::best())
    }

    /// [`Self::validate`] with a chosen kernel.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn validate_with(&self, kernel: Kernel) -> Result<(), InvalidPublicKey> {
        let two = Fp::ONE.add(&Fp::ONE);
        let singular = self.0 == two || self.0.add(&two) == Fp::ZERO;
        if singular {
            return Err(InvalidPublicKey::Singular);
        }
        if self.0 == Fp::ZERO {
            return Err(InvalidPublicKey::Start);
        }
        if kernel.is_supersingular(&self.0) {
            Ok(())
        } else {
            Err(InvalidPublicKey::NotSupersingular)
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.to_bytes();
        write!(f, "PublicKey({:02x?}..)", &bytes[..4])
    }
}

/// A shared secret: the coefficient of the curve that both walks lead to.
///
/// Security: not uniform bytes; it belongs into a key derivation, beside the secret of
/// X25519MLKEM768. Wiped when dropped; compared in constant time.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Shared([u8; PUBLIC_KEY_BYTES]);

impl Shared {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.0
    }
}

impl ConstantTimeEq for Shared {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

/// Agrees on a secret with the holder of a public key, which is validated first.
///
/// Randomness: none of its own; points and coins follow from the private key and the peer's.
/// Security: against whoever has no quantum computer, and perhaps against one: `spec/isogeny.md`,
/// section 7. Only ever beside X25519MLKEM768.
/// Time: the operations and addresses of a round do not depend on the key; the number of rounds is
/// random by odds that do not depend on it either.
///
/// # Errors
/// [`InvalidPublicKey`]: end the conversation as with any illegal parameter.
pub fn agree(private: &PrivateKey, peer: &PublicKey) -> Result<Shared, InvalidPublicKey> {
    agree_with(Kernel::best(), private, peer)
}

/// [`agree`] with a chosen kernel.
///
/// # Errors
/// As [`agree`].
pub fn agree_with(
    kernel: Kernel,
    private: &PrivateKey,
    peer: &PublicKey,
) -> Result<Shared, InvalidPublicKey> {
    peer.validate_with(kernel)?;
    let mut coefficient = act(kernel, &private.0, &peer.0);
    let shared = Shared(coefficient.to_bytes());
    coefficient.zeroize();
    Ok(shared)
}

/// Why a public key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPublicKey {
    /// It has not 64 bytes.
    #[error("a CTIDH-512 public key has 64 bytes; refuse the peer")]
    Length,
    /// The number is p or more.
    #[error("a CTIDH-512 public key is a number below p; refuse the peer")]
    NotBelowP,
    /// A is 2 or -2: no elliptic curve.
    #[error("the CTIDH-512 public key is no elliptic curve; refuse the peer")]
    Singular,
    /// A is 0, where every walk begins: the secret would be our own public key.
    #[error("the CTIDH-512 public key hides no private key; refuse the peer")]
    Start,
    /// No private key leads there.
    #[error("the CTIDH-512 public key is not supersingular; refuse the peer")]
    NotSupersingular,
}

/// The exponents are outside the key space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("exponents of a batch sum up to more than its bound; use a key of CTIDH-512")]
pub struct ExponentsError;

/// Walks from a curve.
fn act(kernel: Kernel, exponents: &Exponents, start: &Fp) -> Fp {
    let mut secret = Zeroizing::new([0; EXPONENTS + PUBLIC_KEY_BYTES]);
    secret[..EXPONENTS].copy_from_slice(&exponents.bytes()[..]);
    secret[EXPONENTS..].copy_from_slice(&start.to_bytes());
    let mut course = Seeded {
        seed: Expander::of_secret(b"hlincos-isogeny 1 walk", &secret[..]),
        round: 0,
    };
    kernel.walk(exponents, start, &mut course)
}

/// The course of every walk outside tests: bytes from a seed, outcomes as they are.
pub(crate) struct Seeded {
    pub(crate) seed: Expander,
    pub(crate) round: u32,
}

impl Course for Seeded {
    fn round(&mut self) -> RoundBytes {
        let mut bytes = Zeroizing::new([0; 128 + 8 * BATCHES]);
        self.seed
            .fill(&[b"round", &self.round.to_be_bytes()], &mut bytes[..]);
        self.round += 1;
        let (element, coins) = bytes.split_at(128);
        let coins = coins.as_chunks::<8>().0;
        RoundBytes {
            element: element.try_into().expect("128 bytes"),
            coins: core::array::from_fn(|at| u64::from_be_bytes(coins[at])),
        }
    }

    fn outcome(&mut self, succeeded: Mask) -> bool {
        crate::secret::tell(succeeded)
    }
}

/// Whether a curve, which is smooth, is supersingular: whether p + 1 kills a random point.
///
/// The x of the point is hashed from A; it lies on the curve or on its twist, both of order p + 1
/// if supersingular. On no other curve does p + 1 kill more than 4·√p points: section 5 of
/// `spec/isogeny.md`.
pub(crate) fn is_supersingular<M: Machine>(coefficient: &Fp) -> bool {
    let mut bytes = [0; 128];
    Expander::of_secret(b"hlincos-isogeny 1 validate", &coefficient.to_bytes())
        .fill(&[b"point"], &mut bytes);
    let point = M::Four::of(&each([Fp::from_uniform(&bytes), Fp::ONE]));
    let mut order = P;
    // p ends in 011 in binary.
    order[0] += 1;
    let constants = Curve::of(coefficient).constants();
    let killed: M::Four = ladder(&point, &Scalar::of_limbs(order), 511, &constants);
    killed.elements()[1].is_zero().word() != 0
}
