//! Revoking certificates and making the lists that say so.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hlincos_pki::{Crl, RevocationReason, Revoked, make_crl};

use crate::AuthorityError;
use crate::authority::{Authority, now};
use crate::files::{read, replace};
use crate::registry::{Issuer, Registry};

const DAY: Duration = Duration::from_secs(86_400);

impl Authority {
    /// Revokes a certificate, by its serial number or, if it has but one, its party's name.
    ///
    /// It takes effect where the next revocation lists arrive ([`Self::make_crls`]).
    ///
    /// # Errors
    /// [`AuthorityError::Unknown`], [`AuthorityError::Several`],
    /// [`AuthorityError::AlreadyRevoked`].
    pub fn revoke(&self, what: &str, reason: RevocationReason) -> Result<String, AuthorityError> {
        let registry = Registry::open(&self.dir)?;
        let one = registry.find(what)?;
        if one.revoked_at.is_some() {
            return Err(AuthorityError::AlreadyRevoked(one.serial.clone()));
        }
        registry.note_revoked(&one.serial, now(), reason)?;
        Ok(one.serial.clone())
    }

    /// Makes the revocation lists, and `crl.pem` of all of them; gives that file's path.
    ///
    /// A stateful root spends a signature on its list, so that is made anew only when something
    /// on it changed or it ends within `lifetime` of the issuing authority's.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn make_crls(
        &self,
        lifetime: Duration,
        root_lifetime: Duration,
    ) -> Result<PathBuf, AuthorityError> {
        let registry = Registry::open(&self.dir)?;
        let mut bundle = String::new();
        if self.has_issuing() {
            let revoked = registry.revoked(Issuer::Issuing, now());
            bundle += &self.make_list(Issuer::Issuing, &revoked, lifetime)?;
        }
        let revoked = registry.revoked(Issuer::Root, now());
        bundle += &match self.current_root_list(&revoked, lifetime)? {
            Some(pem) => pem,
            None => self.make_list(Issuer::Root, &revoked, root_lifetime)?,
        };
        let path = self.dir.join("crl.pem");
        replace(&path, bundle.as_bytes(), 0o644)?;
        Ok(path)
    }

    fn make_list(
        &self,
        issuer: Issuer,
        revoked: &[Revoked],
        lifetime: Duration,
    ) -> Result<String, AuthorityError> {
        let signer = self.signer(issuer)?;
        let now = now();
        let number = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let crl = make_crl(&signer.certificate, &signer, number, revoked, now, lifetime)?;
        let pem = crl.to_pem()?;
        replace(&self.list_path(issuer), pem.as_bytes(), 0o644)?;
        Ok(pem)
    }

    /// The root's last list, if it says what a new one would and goes on long enough.
    fn current_root_list(
        &self,
        revoked: &[Revoked],
        lifetime: Duration,
    ) -> Result<Option<String>, AuthorityError> {
        let path = self.list_path(Issuer::Root);
        if !path.exists() || !self.algorithm()?.is_stateful() {
            return Ok(None);
        }
        let pem = read(&path)?;
        let crl = Crl::from_pem(&pem)?;
        let listed = crl.serials();
        let same =
            listed.len() == revoked.len() && revoked.iter().all(|one| listed.contains(&one.serial));
        let long = crl.next_update().unwrap_or_default() > now() + lifetime + DAY;
        Ok((same && long).then_some(pem))
    }

    fn list_path(&self, issuer: Issuer) -> PathBuf {
        let name = match issuer {
            Issuer::Root => "root.crl.pem",
            Issuer::Issuing => "issuing.crl.pem",
        };
        Path::new(&self.dir).join(name)
    }
}
