//! Unlocking: a passphrase proves the clinician and gives the key under which copies are sealed.
//!
//! [`Unlock`] is where a passphrase is checked. [`PassphraseFile`] checks one of the terminal's own;
//! a private key under a passphrase can stand in its place.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64ct::{Base64Unpadded, Encoding};
use scrypt::Params;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A key that exists only while the terminal is unlocked.
pub type UnlockKey = Zeroizing<[u8; 32]>;

/// Checks passphrases.
pub trait Unlock: Send + Sync {
    /// Whether a passphrase was ever chosen.
    fn is_set(&self) -> bool;

    /// Takes a passphrase; the same one gives the same key.
    ///
    /// # Errors
    /// [`UnlockError`].
    fn unlock(&self, passphrase: &[u8]) -> Result<UnlockKey, UnlockError>;

    /// Chooses the passphrase, where none is chosen yet.
    ///
    /// # Errors
    /// [`UnlockError`], also when there is one.
    fn choose(&self, passphrase: &[u8]) -> Result<(), UnlockError>;
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// It is another one.
    #[error("the passphrase is wrong")]
    Wrong,
    /// The file cannot be used.
    #[error("the passphrase file {0} {1}")]
    File(PathBuf, String),
}

/// Characters of the shortest passphrase that may be chosen.
pub(crate) const CHARACTERS_MIN: usize = 12;

/// A file with what checks one passphrase: one line, `spec/terminal-passphrase.md`.
///
/// Security: who reads the file can try passphrases, each at the cost of scrypt with 32 MiB.
pub struct PassphraseFile(PathBuf);

/// Cost of new files: 32 MiB, about a tenth of a second.
const LOG_N: u8 = 15;
const R: u32 = 8;
const P: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// The file is one short line.
const FILE_BYTES_MAX: usize = 256;
/// A file may ask for at most so much memory: 128 · r · N bytes.
const MEMORY_BYTES_MAX: u64 = 256 << 20;

impl PassphraseFile {
    /// Names the file; it need not be there yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn trouble(&self, what: impl std::fmt::Display) -> UnlockError {
        UnlockError::File(self.0.clone(), what.to_string())
    }

    fn read(&self) -> Result<Verifier, UnlockError> {
        let meta = fs::metadata(&self.0)
            .map_err(|error| self.trouble(format_args!("cannot be read ({error})")))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(self.trouble("can be read by others; run chmod 600 on it"));
        }
        let text = fs::read_to_string(&self.0)
            .map_err(|error| self.trouble(format_args!("cannot be read ({error})")))?;
        Verifier::parse(&text)
            .ok_or_else(|| self.trouble("is malformed; remove it and choose a passphrase anew"))
    }
}

impl Unlock for PassphraseFile {
    fn is_set(&self) -> bool {
        self.0.exists()
    }

    fn unlock(&self, passphrase: &[u8]) -> Result<UnlockKey, UnlockError> {
        self.read()?.check(passphrase).ok_or(UnlockError::Wrong)
    }

    fn choose(&self, passphrase: &[u8]) -> Result<(), UnlockError> {
        let mut salt = [0_u8; SALT_BYTES];
        getrandom::fill(&mut salt)
            .map_err(|error| self.trouble(format_args!("needs random numbers: {error}")))?;
        let line = Verifier::make(passphrase, salt).to_line();
        write_new(&self.0, &line)
            .map_err(|error| self.trouble(format_args!("cannot be written ({error})")))
    }
}

/// Writes a file that is not there yet, for its owner only, and waits for the disk.
fn write_new(path: &Path, line: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

/// What the line says.
struct Verifier {
    log_n: u8,
    r: u32,
    p: u32,
    salt: Vec<u8>,
    hash: [u8; HASH_BYTES],
}

impl Verifier {
    fn make(passphrase: &[u8], salt: [u8; SALT_BYTES]) -> Self {
        let mut made = Self {
            log_n: LOG_N,
            r: R,
            p: P,
            salt: salt.to_vec(),
            hash: [0; HASH_BYTES],
        };
        let derived = made.derive(passphrase);
        made.hash.copy_from_slice(&derived[..HASH_BYTES]);
        made
    }

    /// The second half of what scrypt gives, if the first half is the one in the file.
    fn check(&self, passphrase: &[u8]) -> Option<UnlockKey> {
        let derived = self.derive(passphrase);
        let (hash, key) = derived.split_at(HASH_BYTES);
        let mut out = Zeroizing::new([0_u8; 32]);
        out.copy_from_slice(key);
        bool::from(hash.ct_eq(&self.hash)).then_some(out)
    }

    /// Each half is a block of its own of PBKDF2's last step: one says nothing of the other.
    fn derive(&self, passphrase: &[u8]) -> Zeroizing<[u8; 2 * HASH_BYTES]> {
        let params = Params::new(self.log_n, self.r, self.p).expect("checked when it was read");
        let mut out = Zeroizing::new([0_u8; 2 * HASH_BYTES]);
        scrypt::scrypt(passphrase, &self.salt, &params, &mut *out).expect("64 bytes are a length");
        out
    }

    fn to_line(&self) -> String {
        format!(
            "$scrypt$ln={},r={},p={}${}${}\n",
            self.log_n,
            self.r,
            self.p,
            Base64Unpadded::encode_string(&self.salt),
            Base64Unpadded::encode_string(&self.hash)
        )
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > FILE_BYTES_MAX {
            return None;
        }
        let line = text.strip_suffix('\n').unwrap_or(text);
        let mut parts = line.split('$');
        let (empty, name) = (parts.next()?, parts.next()?);
        let costs: Vec<&str> = parts.next()?.split(',').collect();
        let [log_n, r, p] = costs.as_slice() else {
            return None;
        };
        let salt = Base64Unpadded::decode_vec(parts.next()?).ok()?;
        let hash = Base64Unpadded::decode_vec(parts.next()?).ok()?;
        let number = |text: &str, name: &str| -> Option<u32> {
            let digits = text.strip_prefix(name)?;
            let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
            digits.parse().ok().filter(|_| plain)
        };
        let parsed = Self {
            log_n: u8::try_from(number(log_n, "ln=")?).ok()?,
            r: number(r, "r=")?,
            p: number(p, "p=")?,
            salt,
            hash: hash.try_into().ok()?,
        };
        let memory = 1_u64
            .checked_shl(parsed.log_n.into())?
            .checked_mul(128)?
            .checked_mul(parsed.r.into())?;
        let allowed = memory <= MEMORY_BYTES_MAX
            && parsed.log_n >= 14
            && parsed.p <= 16
            && (SALT_BYTES..=64).contains(&parsed.salt.len())
            && Params::new(parsed.log_n, parsed.r, parsed.p).is_ok();
        let whole = empty.is_empty() && name == "scrypt" && parts.next().is_none();
        (whole && allowed).then_some(parsed)
    }
}

#[cfg(test)]
mod tests;
