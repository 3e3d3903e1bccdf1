//! The given-up list: bundles that a run found lost and made up for.

use crate::identifier::BundleId;

/// Bundles of earlier runs that no longer restore; the contents of a [`super::Class::GivenUp`]
/// bundle.
///
/// The run that lists them asked the sites what still restores and sent the rest of the store
/// again. From its generation on they are no loss; generations before it stay incomplete.
/// Source: `spec/bundle.md`, section 4a.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GivenUp {
    /// The bundles.
    pub bundles: Vec<BundleId>,
}

impl GivenUp {
    /// Bundle identifiers in one list; more take several lists.
    pub const BUNDLES_MAX: usize = 200_000;

    /// Writes the list.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bundles.iter().flat_map(|id| id.0).collect()
    }

    /// Reads a list.
    ///
    /// # Errors
    /// [`GivenUpError`] when it is empty, too long, or ends within an identifier.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GivenUpError> {
        let (ids, rest) = bytes.as_chunks::<16>();
        if ids.is_empty() || ids.len() > Self::BUNDLES_MAX || !rest.is_empty() {
            return Err(GivenUpError);
        }
        let bundles = ids.iter().copied().map(BundleId).collect();
        Ok(Self { bundles })
    }
}

/// The bytes are no list of given-up bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list of given-up bundles is malformed")]
pub struct GivenUpError;
