//! Certificates of the parties: algorithms, keys, names, roles, issuing.
//!
//! Pure but for one thing: new keys, signatures and serial numbers draw their randomness from the
//! operating system through the cryptographic library. Time and bytes are arguments; files are
//! `hlincos-authority`'s and `hlincos-tls`'s. `spec/certificates.md` is the page.

mod algorithm;
mod certificate;
mod chain;
mod crl;
mod encrypted;
mod ephemeral;
mod hc_role;
mod identity;
mod key;
mod leaf_seeds;
mod party;
mod profile;
mod randomness;
mod signing;
mod stateful;
mod tree;

pub use algorithm::{AlgorithmError, SignatureAlgorithm, VerifyError};
pub use certificate::{Certificate, CertificateError};
pub use chain::{
    ChainError, RoleList, ShownChain, Usage, VerifiedIdentity, Verifier, VerifierError,
};
pub use crl::{Crl, CrlError, RevocationReason, Revoked, make_crl};
pub use encrypted::PrivateKey;
pub use ephemeral::{EphemeralSigner, Exhausted};
pub use hc_role::{HcActor, HcRole, HcRoleError, UnknownRole, decode_actors, encode_actors};
pub use identity::{Identity, IdentityError, PartyName, PartyNameError, Role, RoleError};
pub use key::{CertificateSigner, KeyError, KeyPair, PublicKey, SignError};
pub use party::Party;
pub use profile::{IssueError, issue, make_issuing, make_root};
pub use stateful::{OneTimeIndex, StatefulKey};
pub use tree::{LEAVES, TREE_BYTES, Tree};
