//! Writes text as the bytes of a message: the one place where the generator meets ISO-2022-JP.

use hlincos_ssmix::encode;

/// Encodes a message.
///
/// # Panics
/// If a character is not in JIS X 0208: our own tables hold none.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    encode::encode(text).expect("the generator's tables stay within JIS X 0208")
}
