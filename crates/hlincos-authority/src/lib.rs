//! The certificate authority's folder: make it, issue, renew, revoke, list, split.
//!
//! ```text
//! root.crt.pem  root.key.pem      the root; its key mode 0600, under a passphrase if it has one
//! root.tree                       a stateful root's leaves: not secret, slow to make anew
//! root.ledger   root.mark         which of them are spent: two records that must agree
//! issuing.crt.pem issuing.key.pem the issuing authority, where there is one
//! issued.tsv    revoked.tsv       every certificate, noted before it leaves the folder
//! root.crl.pem  issuing.crl.pem   the last revocation lists
//! ```
//! Nothing is overwritten but ledgers' marks and revocation lists. `spec/certificates.md`,
//! sections 6 to 8.

mod authority;
mod error;
mod files;
mod issuing;
mod ledger;
mod registry;
mod revocation;
mod signer;
mod split;

pub use authority::{Authority, Passphrase, RootKind};
pub use error::AuthorityError;
pub use issuing::IssueRequest;
pub use ledger::LedgerError;
pub use registry::{Issued, Issuer, reason_of};
