//! The sites of a vault, their points and keys, and how many must have a share.

use hlincos_record::handle::{DirectoryKey, SiteKeys};
use hlincos_record::identifier::{BundleId, Subject};
use hlincos_record::limits::SITE_NAME_BYTES_MAX;
use hlincos_sharing::{Point, Threshold};

use crate::site::ObjectKey;

/// One site as the dealer knows it.
pub struct Member<S> {
    /// Its name, stable for as long as it holds shares.
    pub name: String,
    /// Which share it holds.
    pub point: Point,
    /// The pseudonyms used there.
    pub keys: SiteKeys,
    /// How to talk to it.
    pub site: S,
}

impl<S> Member<S> {
    /// Where a subject's bundle lies at this site.
    #[must_use]
    pub fn object_key(&self, subject: &Subject, id: BundleId) -> ObjectKey {
        ObjectKey {
            folder: self.keys.handle(subject),
            name: self.keys.object_name(id),
        }
    }
}

/// All n sites, the threshold, and the number that makes a bundle *stored*.
pub struct Roster<S> {
    members: Vec<Member<S>>,
    threshold: Threshold,
    stored_at_least: usize,
}

impl<S> Roster<S> {
    /// Puts the sites in order: the i-th holds the share at point i.
    ///
    /// `stored_at_least` is how many sites must have a share durably before a bundle is
    /// acknowledged; without it k + 1 (n when k = n), so that one more loss is survived.
    ///
    /// # Errors
    /// [`RosterError`] when sites and numbers do not go together.
    pub fn new(
        key: &DirectoryKey,
        sites: Vec<(String, S)>,
        k: u8,
        stored_at_least: Option<u8>,
    ) -> Result<Self, RosterError> {
        let n = u8::try_from(sites.len()).map_err(|_| RosterError::Sites(sites.len()))?;
        let threshold = Threshold::new(k, n).map_err(|_| RosterError::Threshold { k, n })?;
        let stored = stored_at_least.unwrap_or_else(|| n.min(k.saturating_add(1)));
        if !(k..=n).contains(&stored) {
            return Err(RosterError::StoredAtLeast { stored, k, n });
        }
        let mut members: Vec<Member<S>> = Vec::with_capacity(sites.len());
        for (point, (name, site)) in (1..=n).zip(sites) {
            let bad = name.is_empty() || name.len() > SITE_NAME_BYTES_MAX;
            if bad || members.iter().any(|member| member.name == name) {
                return Err(RosterError::Name(name));
            }
            let point = Point::new(point).expect("points count from 1");
            members.push(Member {
                keys: SiteKeys::derive(key, &name),
                name,
                point,
                site,
            });
        }
        Ok(Self {
            members,
            threshold,
            stored_at_least: usize::from(stored),
        })
    }

    /// The sites, in the order of their points.
    #[must_use]
    pub fn members(&self) -> &[Member<S>] {
        &self.members
    }

    /// How many shares restore, how many there are.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// How many shares restore.
    #[must_use]
    pub fn k(&self) -> usize {
        usize::from(self.threshold.k())
    }

    /// How many sites make a bundle stored.
    #[must_use]
    pub const fn stored_at_least(&self) -> usize {
        self.stored_at_least
    }

    /// Names of sites, for reports.
    #[must_use]
    pub fn names(&self, sites: impl IntoIterator<Item = usize>) -> Vec<String> {
        sites
            .into_iter()
            .map(|site| self.members[site].name.clone())
            .collect()
    }
}

/// Why sites make no roster; mend the gateway's configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// Too many sites.
    #[error("{0} sites are listed; up to 255 are possible")]
    Sites(usize),
    /// k and n make no threshold.
    #[error("k = {k} with n = {n} sites is no threshold: it takes 1 < k <= n; set k or add sites")]
    Threshold {
        /// Shares that restore.
        k: u8,
        /// Sites.
        n: u8,
    },
    /// `stored_at_least` is out of range.
    #[error("stored_at_least = {stored} must lie between k = {k} and n = {n}")]
    StoredAtLeast {
        /// As configured.
        stored: u8,
        /// Shares that restore.
        k: u8,
        /// Sites.
        n: u8,
    },
    /// A name is empty, too long or stands twice.
    #[error(
        "the site name {0:?} is empty, longer than {SITE_NAME_BYTES_MAX} bytes, or listed twice"
    )]
    Name(String),
}
