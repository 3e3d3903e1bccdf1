//! Who a certificate is issued to.

use x509_cert::name::Name;

use crate::profile::common_name;
use crate::{
    CertificateSigner, HcActor, HcRole, Identity, IssueError, KeyPair, PublicKey, Role,
    encode_actors,
};

/// Who a certificate is issued to.
#[derive(Clone, Debug)]
pub struct Party {
    identity: Identity,
    key: PublicKey,
    roles: Vec<HcRole>,
    institution: Option<String>,
}

impl Party {
    /// A party with a key of its own.
    #[must_use]
    pub fn new(identity: Identity, key: &KeyPair) -> Self {
        Self::with_public_key(identity, key.public_key().clone())
    }

    /// A party whose private key stays where it is.
    #[must_use]
    pub const fn with_public_key(identity: Identity, key: PublicKey) -> Self {
        Self {
            identity,
            key,
            roles: Vec::new(),
            institution: None,
        }
    }

    /// Role and name.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Adds healthcare roles; a manager's needs the name of the institution that it manages.
    ///
    /// # Errors
    /// [`IssueError::Roles`] for a party that is no clinician and for a manager without an
    /// institution, [`IssueError::Name`] when the institution's name cannot stand in a certificate.
    pub fn with_roles(
        mut self,
        roles: &[HcRole],
        institution: Option<&str>,
    ) -> Result<Self, IssueError> {
        let legal = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.');
        if let Some(name) = institution
            && (name.trim().is_empty() || name.len() > 64 || !name.chars().all(legal))
        {
            return Err(IssueError::Name(name.to_owned()));
        }
        if !roles.is_empty() && self.identity.role != Role::Clinician {
            return Err(IssueError::Roles("only clinicians have healthcare roles"));
        }
        if institution.is_none() && roles.iter().any(|role| role.is_manager()) {
            return Err(IssueError::Roles(
                "a manager's role needs the institution that is managed (--institution)",
            ));
        }
        self.roles = roles.to_vec();
        self.institution = institution.map(str::to_owned);
        Ok(self)
    }

    pub(crate) fn subject(&self) -> Result<Name, IssueError> {
        let name = self.identity.dns_name();
        let Some(institution) = &self.institution else {
            return common_name(&name);
        };
        let manages = self.roles.iter().any(|role| role.is_manager());
        let unit = if manages { ",OU=Director" } else { "" };
        let text = format!("CN={name}{unit},O={institution}");
        text.parse()
            .map_err(|_| IssueError::Name(institution.clone()))
    }

    pub(crate) const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The extension's value; none without roles.
    pub(crate) fn encoded_roles(&self) -> Result<Option<Vec<u8>>, IssueError> {
        if self.roles.is_empty() {
            return Ok(None);
        }
        let actors: Vec<HcActor> = self
            .roles
            .iter()
            .map(|role| HcActor::of(*role))
            .collect::<Result<_, _>>()?;
        Ok(Some(encode_actors(&actors)?))
    }
}
