//! Who a certificate speaks for: a role and a name, as one DNS name.

use core::fmt;
use core::str::FromStr;

use der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

const DOMAIN: &str = "hlincos.internal";
const NAME_BYTES_MAX: usize = 40;

/// What a party may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Keeps one share of everything; answers gateways.
    Shareholder,
    /// Splits and combines; talks to shareholders.
    Gateway,
    /// The hospital's side: backs up and restores.
    Agent,
    /// Queries patients.
    Clinician,
    /// Watches, checks, rebuilds; reads no record.
    Operator,
    /// A terminal's machine, whoever sits at it.
    Terminal,
    /// Signs policies and certificates.
    Authority,
    /// Hands out keys of a quantum key distribution link.
    Kme,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 8] = [
        Self::Shareholder,
        Self::Gateway,
        Self::Agent,
        Self::Clinician,
        Self::Operator,
        Self::Terminal,
        Self::Authority,
        Self::Kme,
    ];

    /// Whether the role listens: its certificate is a server's too.
    #[must_use]
    pub const fn is_server(self) -> bool {
        matches!(self, Self::Shareholder | Self::Gateway | Self::Kme)
    }

    /// Whether the role calls others: its certificate is a client's.
    #[must_use]
    pub const fn is_client(self) -> bool {
        !matches!(self, Self::Shareholder | Self::Kme)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shareholder => "shareholder",
            Self::Gateway => "gateway",
            Self::Agent => "agent",
            Self::Clinician => "clinician",
            Self::Operator => "operator",
            Self::Terminal => "terminal",
            Self::Authority => "authority",
            Self::Kme => "kme",
        })
    }
}

/// The word is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a role is one of shareholder, gateway, agent, clinician, operator, terminal, authority, kme"
)]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;
    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL
            .into_iter()
            .find(|role| role.to_string() == text)
            .ok_or(RoleError)
    }
}

/// A party's name: 1 to 40 of a-z, 0-9 and `-`, no `-` at its ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartyName(String);

/// The text is no name of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a party's name has 1 to {NAME_BYTES_MAX} of a-z, 0-9 and '-', with no '-' at its ends")]
pub struct PartyNameError;

impl FromStr for PartyName {
    type Err = PartyNameError;
    fn from_str(text: &str) -> Result<Self, PartyNameError> {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let ends = text.starts_with('-') || text.ends_with('-');
        if text.is_empty() || text.len() > NAME_BYTES_MAX || ends || !text.bytes().all(legal) {
            return Err(PartyNameError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PartyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A party: role and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// What it may do.
    pub role: Role,
    /// Which one it is.
    pub name: PartyName,
}

/// A certificate names no party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The bytes are no X.509 certificate.
    #[error("the certificate is not X.509; issue a new one with `hlincos ca issue`")]
    Malformed,
    /// Not exactly one DNS name of ours.
    #[error("the certificate names no H-LINCOS party; issue one with `hlincos ca issue`")]
    NoParty,
}

impl Identity {
    /// The DNS name in the party's certificate: `NAME.ROLE.hlincos.internal`.
    #[must_use]
    pub fn dns_name(&self) -> String {
        format!("{}.{}.{DOMAIN}", self.name, self.role)
    }

    /// Reads the party from a certificate whose chain was verified before.
    ///
    /// # Errors
    /// [`IdentityError`] unless the subject's alternative names are one DNS name of our form.
    pub fn from_certificate(der: &[u8]) -> Result<Self, IdentityError> {
        let certificate = x509_cert::Certificate::from_der(der);
        let certificate = certificate.map_err(|_| IdentityError::Malformed)?;
        let found = certificate
            .tbs_certificate()
            .get_extension::<SubjectAltName>();
        let (_, names) = found
            .map_err(|_| IdentityError::Malformed)?
            .ok_or(IdentityError::NoParty)?;
        match names.0.as_slice() {
            [GeneralName::DnsName(name)] => Self::from_dns_name(name.as_str()),
            _ => Err(IdentityError::NoParty),
        }
    }

    fn from_dns_name(text: &str) -> Result<Self, IdentityError> {
        let party = || {
            let rest = text.strip_suffix(DOMAIN)?.strip_suffix('.')?;
            let (name, role) = rest.split_once('.')?;
            Some(Self {
                role: role.parse().ok()?,
                name: name.parse().ok()?,
            })
        };
        party().ok_or(IdentityError::NoParty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_the_round_trip_for_every_role() {
        for role in Role::ALL {
            let identity = Identity {
                role,
                name: "osaka-2".parse().unwrap(),
            };
            assert_eq!(Identity::from_dns_name(&identity.dns_name()), Ok(identity));
        }
    }

    #[test]
    fn names_that_could_be_taken_for_others_are_refused() {
        for name in ["", "-a", "a-", "A", "a.b", "a b", "é", &"a".repeat(41)] {
            assert!(name.parse::<PartyName>().is_err(), "{name:?}");
        }
        for name in [
            "osaka.shareholder.hlincos.internal.",
            "osaka.king.hlincos.internal",
            "a.b.shareholder.hlincos.internal",
            "osaka.shareholder.hlincos.internal.example",
            "osaka.shareholderhlincos.internal",
            "*.gateway.hlincos.internal",
        ] {
            assert_eq!(
                Identity::from_dns_name(name),
                Err(IdentityError::NoParty),
                "{name}"
            );
        }
    }
}
