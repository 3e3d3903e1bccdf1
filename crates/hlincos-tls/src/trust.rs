//! Roots and revocation lists that are believed; lists are read again when their file changes.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use hlincos_pki::{Crl, Verifier, VerifierError};
use rustls::pki_types::CertificateDer;

/// Whom to believe.
pub(crate) struct Trust {
    roots: Vec<CertificateDer<'static>>,
    lists: Option<PathBuf>,
    held: RwLock<Held>,
}

/// What was read last, and the verifier that it made.
struct Held {
    lists: Vec<u8>,
    verifier: Arc<Verifier>,
}

/// Revocation lists cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The file cannot be read, or is no list of lists.
    #[error("{0} holds no revocation lists in PEM; make them with `hlincos ca crl`")]
    Lists(PathBuf),
    /// Root or list cannot be used.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
}

impl Trust {
    /// Believes these roots; with a file of revocation lists, no chain that they do not cover.
    pub(crate) fn new(
        roots: Vec<CertificateDer<'static>>,
        lists: Option<PathBuf>,
    ) -> Result<Self, TrustError> {
        let held = match &lists {
            None => Held {
                lists: Vec::new(),
                verifier: Arc::new(Verifier::new(&roots)?),
            },
            Some(path) => {
                let bytes = fs::read(path).map_err(|_| TrustError::Lists(path.clone()))?;
                let verifier = with_lists(&roots, &bytes);
                Held {
                    verifier: verifier?.ok_or_else(|| TrustError::Lists(path.clone()))?,
                    lists: bytes,
                }
            }
        };
        Ok(Self {
            roots,
            lists,
            held: RwLock::new(held),
        })
    }

    /// The verifier with the newest lists; the last good ones where the file is not: they expire.
    pub(crate) fn verifier(&self) -> Arc<Verifier> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.lists else {
            return held.verifier.clone();
        };
        let bytes = fs::read(path).unwrap_or_default();
        if bytes == held.lists {
            return held.verifier.clone();
        }
        let Ok(Some(verifier)) = with_lists(&self.roots, &bytes) else {
            tracing::warn!(file = %path.display(), "revocation lists cannot be read; the last ones stay");
            return held.verifier.clone();
        };
        drop(held);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *held = Held {
            lists: bytes,
            verifier,
        };
        held.verifier.clone()
    }
}

/// `None` when the bytes are no lists.
fn with_lists(
    roots: &[CertificateDer<'static>],
    bytes: &[u8],
) -> Result<Option<Arc<Verifier>>, VerifierError> {
    let text = str::from_utf8(bytes).unwrap_or_default();
    let Ok(lists) = Crl::all_from_pem(text) else {
        return Ok(None);
    };
    let der: Result<Vec<Vec<u8>>, _> = lists.iter().map(Crl::to_der).collect();
    let Ok(der) = der else { return Ok(None) };
    let verifier = Verifier::new(roots)?.with_crls(&der)?;
    Ok(Some(Arc::new(verifier)))
}
