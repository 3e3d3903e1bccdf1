//! A client of key managers: ETSI GS QKD 014 v1.1.1 over mutually authenticated TLS.
//!
//! A *key manager* (KME) stands beside the quantum link and hands keys to *applications* (SAEs). One
//! application, the master, gets new keys and their ids ([`Client::enc_keys`]); it tells the ids
//! to the other, the slave, which gets the same keys from its own key manager
//! ([`Client::dec_keys`]). How ids travel is no matter of this module; they need authentication.
//!
//! Key managers in the field break the standard in many ways. Whatever they answer, a key that
//! comes out of here has the length that was asked for, an id that came once in its answer, and
//! stands in an answer of the right count; everything else is an error, and its keys are wiped.
//! What cannot be checked here: that nobody was given a key before (keep a ledger), and that the
//! other end gets the same (compare before use).
//!
//! Source: ETSI GS QKD 014 V1.1.1 (2019-02); `spec/qkd014.md`.

mod answer;
mod backoff;
mod client;
mod error;
mod key;
mod order;
mod prefetch;
mod tls;
pub mod wire;

pub use answer::{read_keys, read_named_keys, read_refusal, read_status};
pub use backoff::{Backoff, Size};
pub use client::{Client, Method};
pub use error::{Defect, KmeError, Remedy};
pub use key::{Key, KeyId, KeyIdError, SaeId, SaeIdError};
pub use order::{Limits, Named, Order, OrderError};
pub use prefetch::{KeySource, Prefetcher};
pub use tls::{Config, ConfigError, certificate_names};
