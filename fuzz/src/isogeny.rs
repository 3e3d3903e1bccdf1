//! Target of the isogeny exchange: public keys of anybody.

use hlincos_isogeny::{Kernel, PUBLIC_KEY_BYTES, PublicKey};

/// Reads a public key and validates it by every kernel, which must say the same.
pub fn public_key(bytes: &[u8]) {
    let Ok(key) = PublicKey::from_bytes(bytes) else {
        return;
    };
    assert_eq!(bytes.len(), PUBLIC_KEY_BYTES);
    assert_eq!(key.to_bytes()[..], *bytes);
    let valid = key.validate();
    for kernel in Kernel::available() {
        assert_eq!(key.validate_with(kernel), valid, "{kernel}");
    }
}
