//! A key, its id, and the name of an application.

use core::fmt;
use core::str::FromStr;

use zeroize::Zeroizing;

const SAE_ID_BYTES_MAX: usize = 255;
/// A UUID in text: 8-4-4-4-12 hexadecimal digits.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// A key's id: a UUID. Shown in lower case; read in either, as RFC 9562 wants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 16]);

/// The text is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key's id is a UUID, for example 550e8400-e29b-41d4-a716-446655440000")]
pub struct KeyIdError;

impl KeyId {
    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as a manifest carries them.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;
    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let groups: Vec<&str> = text.splitn(6, '-').collect();
        if !groups.iter().map(|group| group.len()).eq(UUID_GROUPS) {
            return Err(KeyIdError);
        }
        let mut bytes = [0; 16];
        let digits: Vec<u8> = groups.concat().into_bytes();
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: u8| char::from(at).to_digit(16).ok_or(KeyIdError);
            let value = digit(pair[0])? << 4 | digit(pair[1])?;
            *byte = u8::try_from(value).map_err(|_| KeyIdError)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key and its id. The key is wiped when dropped, and not shown.
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its bytes.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.bytes.len() * 8;
        write!(f, "Key({}, {bits} bits)", self.id)
    }
}

/// An application's id: any text that can stand as one segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SaeId(String);

/// The text cannot be an application's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an SAE id has 1 to {SAE_ID_BYTES_MAX} bytes without control characters, and is not '.' or '..'"
)]
pub struct SaeIdError;

impl FromStr for SaeId {
    type Err = SaeIdError;
    fn from_str(text: &str) -> Result<Self, SaeIdError> {
        // Every URL library takes the dots away, encoded or not.
        let dots = matches!(text, "." | "..");
        let long = text.is_empty() || text.len() > SAE_ID_BYTES_MAX;
        if dots || long || text.chars().any(char::is_control) {
            return Err(SaeIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl SaeId {
    /// As configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SaeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_either_case_and_shown_in_one() {
        let text = "550E8400-e29b-41d4-A716-446655440000";
        let id: KeyId = text.parse().unwrap();
        assert_eq!(id.to_string(), text.to_lowercase());
        assert_eq!(KeyId::from_bytes(id.to_bytes()), id);
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for text in [
            "",
            "550e8400e29b41d4a716446655440000",
            "{550e8400-e29b-41d4-a716-446655440000}",
            "550e8400-e29b-41d4-a716-44665544000",
            "550e8400-e29b-41d4-a716-446655440000-",
            "550e8400-e29b-41d4-a716-44665544000g",
            "550e8400-e29b-41d4-a716-4466554400é",
            "+50e8400-e29b-41d4-a716-446655440000",
        ] {
            assert_eq!(text.parse::<KeyId>(), Err(KeyIdError), "{text}");
        }
    }

    #[test]
    fn an_application_may_be_named_freely() {
        for text in ["1", "SAE A/大阪 #1", "urn:sae?x=1&y=%2F", "a.b", "..."] {
            assert_eq!(text.parse::<SaeId>().unwrap().as_str(), text);
        }
        for text in ["", ".", "..", "a\nb", &"a".repeat(256)] {
            assert_eq!(text.parse::<SaeId>(), Err(SaeIdError), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let key = Key {
            id: KeyId::from_bytes([7; 16]),
            bytes: Zeroizing::new(vec![0xAB; 32]),
        };
        let shown = format!("{key:?}");
        assert!(shown.contains("256 bits"));
        assert!(!shown.contains("171") && !shown.to_lowercase().contains("abab"));
    }
}
