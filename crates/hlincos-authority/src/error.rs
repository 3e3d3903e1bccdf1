//! Why the authority did not do what it was asked; every sentence has the next step.

use std::io;
use std::path::PathBuf;

use hlincos_pki::{CertificateError, ChainError, CrlError, IssueError, KeyError, SignError};

use crate::ledger::LedgerError;

/// Why the authority did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// Something is there that would be overwritten.
    #[error("{0} is there already and is never overwritten; choose another folder or name")]
    Exists(PathBuf),
    /// There is no authority in the folder.
    #[error("{0} is no authority's folder; make one with `hlincos ca init`")]
    Missing(PathBuf),
    /// Others may read a private key.
    #[error("others may read the private key {0}; run: chmod 600 {0}")]
    Open(PathBuf),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// A certificate is none.
    #[error("{0}: {1}")]
    Certificate(PathBuf, CertificateError),
    /// A private key is unusable.
    #[error("{0}: {1}")]
    Key(PathBuf, KeyError),
    /// A private key is another than the certificate's.
    #[error("{0} is not the private key of the certificate beside it; restore the right one")]
    AnotherKey(PathBuf),
    /// The state of a stateful root is not to be trusted.
    #[error("{0}: {1}")]
    State(PathBuf, LedgerError),
    /// The list of certificates is not what this program writes.
    #[error("{0}, line {1}, is none that `hlincos ca` writes; restore the file")]
    Registry(PathBuf, usize),
    /// No certificate goes by this.
    #[error("no certificate {0:?} was issued here; `hlincos ca list` shows all")]
    Unknown(String),
    /// Several certificates go by this.
    #[error("{0:?} has several certificates; name one by its serial number")]
    Several(String),
    /// The certificate was revoked before.
    #[error("certificate {0} is revoked already")]
    AlreadyRevoked(String),
    /// There is no issuing authority.
    #[error("there is no issuing authority in {0}; make one with `hlincos ca issuing`")]
    NoIssuing(PathBuf),
    /// The root is not of hash trees.
    #[error("the root of {0} is not stateful: it has no indices to split or to give up")]
    Stateless(PathBuf),
    /// A split asks for more than there is.
    #[error("only {left} signatures are left; split off at most {most}")]
    Split {
        /// Signatures left.
        left: u32,
        /// What may be handed over.
        most: u32,
    },
    /// The certificate to renew is not believed.
    #[error("the certificate is not renewed: {0}")]
    Renew(ChainError),
    /// The key could not be made.
    #[error(transparent)]
    Generate(KeyError),
    /// Issuing failed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// Signing failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A revocation list failed.
    #[error(transparent)]
    Crl(#[from] CrlError),
}
