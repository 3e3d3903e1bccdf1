//! Why a chain, or what a verifier needs, is refused.

use core::fmt;

use super::{CERTIFICATES_MAX, CHAIN_BYTES_MAX};
use crate::{HcRole, HcRoleError, IdentityError};

/// Why a chain is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No certificate was shown.
    #[error("no certificate was shown; connect with one from `hlincos ca issue`")]
    None,
    /// Too many certificates or bytes.
    #[error(
        "the chain is too long: at most {CERTIFICATES_MAX} certificates and {CHAIN_BYTES_MAX} bytes"
    )]
    Oversized,
    /// It ends in no root that is trusted here, or a signature in it is wrong.
    #[error("the certificate is of another authority; compare root.crt.pem on both ends")]
    UnknownIssuer,
    /// A certificate or the root is past its end.
    #[error("the certificate has expired; renew it (`hlincos ca renew`), or set this clock")]
    Expired,
    /// A certificate or the root has not begun.
    #[error("the certificate is not valid yet; compare the clocks")]
    NotYetValid,
    /// It was revoked.
    #[error("the certificate was revoked; ask the authority for a new one")]
    Revoked,
    /// No current revocation list says that it was not.
    #[error("no current revocation list covers the certificate; fetch one (`hlincos ca crl`)")]
    RevocationUnknown,
    /// It is for the other end of a connection.
    #[error("the certificate is not for this end of a connection; issue one of the right role")]
    Usage,
    /// It names no party, or is no certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Its healthcare roles cannot be read.
    #[error(transparent)]
    Roles(#[from] HcRoleError),
    /// Its key is none of ours.
    #[error("the certificate's key is of no algorithm of H-LINCOS")]
    Key,
    /// None of the roles that are needed is in it.
    #[error("the certificate carries no healthcare role that is needed here: {0}")]
    RoleMissing(RoleList),
    /// Anything else, in webpki's words.
    #[error("the certificate is refused ({0:?})")]
    Other(webpki::Error),
}

/// Names of roles, for sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleList(pub Vec<HcRole>);

impl fmt::Display for RoleList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(", "))
    }
}

/// A root or a revocation list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The root is no certificate that can be trusted.
    #[error("the root certificate cannot be used ({0:?}); take root.crt.pem of the authority")]
    Root(webpki::Error),
    /// The revocation list is none.
    #[error("the revocation list cannot be used ({0:?}); make one with `hlincos ca crl`")]
    Crl(webpki::Error),
}
