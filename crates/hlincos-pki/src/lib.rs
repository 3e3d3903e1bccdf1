//! Certificates of the parties: keys, names, roles, issuing.
//!
//! Pure but for one thing: new keys and serial numbers draw their randomness inside the
//! cryptographic library. Time and bytes are arguments; files are `hlincos-authority`'s and
//! `hlincos-tls`'s. `spec/certificate.md` is the page.

mod certificate;
mod identity;
mod key;
mod profile;

pub use certificate::{Certificate, CertificateError};
pub use identity::{Identity, IdentityError, PartyName, PartyNameError, Role, RoleError};
pub use key::{KeyError, KeyPair, PublicKey};
pub use profile::{IssueError, issue, make_root};
