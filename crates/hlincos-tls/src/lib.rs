//! TLS 1.3 with X25519MLKEM768 and ML-DSA-65, both ends authenticated.
