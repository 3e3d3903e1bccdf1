//! Writes text as the bytes of a message: the one place where the generator meets ISO-2022-JP.

use encoding_rs::ISO_2022_JP;

/// Encodes a message.
///
/// # Panics
/// If a character is not in JIS X 0208: our own tables hold none.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = ISO_2022_JP.encode(text);
    assert!(!unmappable, "the generator's tables stay within JIS X 0208");
    bytes.into_owned()
}
