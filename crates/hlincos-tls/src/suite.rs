//! Suites as data: a root, a key exchange and a signature.

use core::fmt;
use core::str::FromStr;

use hlincos_pki::SignatureAlgorithm;

/// A key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exchange {
    /// X25519 and ML-KEM-768 (RFC 10024).
    X25519MlKem768,
    /// X25519, ML-KEM-768 and the isogenies of CTIDH-512; code point of our own.
    X25519MlKem768Ctidh512,
}

impl Exchange {
    /// All exchanges, the one that is offered when nothing is said first.
    pub const ALL: [Self; 2] = [Self::X25519MlKem768, Self::X25519MlKem768Ctidh512];

    /// The code point in TLS.
    #[must_use]
    pub const fn code_point(self) -> u16 {
        match self {
            Self::X25519MlKem768 => 0x11EC,
            Self::X25519MlKem768Ctidh512 => 0xFE52,
        }
    }

    /// The exchange of a code point.
    #[must_use]
    pub fn from_code_point(code_point: u16) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.code_point() == code_point)
    }

    /// Bytes of the caller's share and of the answer's.
    #[must_use]
    pub const fn share_bytes(self) -> (usize, usize) {
        match self {
            Self::X25519MlKem768 => (1_216, 1_120),
            Self::X25519MlKem768Ctidh512 => (1_280, 1_184),
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X25519MlKem768 => "x25519mlkem768",
            Self::X25519MlKem768Ctidh512 => "x25519mlkem768+ctidh512",
        })
    }
}

/// The word is no exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an exchange is x25519mlkem768 or x25519mlkem768+ctidh512")]
pub struct ExchangeError;

impl FromStr for Exchange {
    type Err = ExchangeError;
    fn from_str(text: &str) -> Result<Self, ExchangeError> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.to_string() == text).ok_or(ExchangeError)
    }
}

/// What protects a connection: how the root signed, how keys are agreed, how the party signs.
///
/// Whether one may be used is the [policy](crate::Policy)'s to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suite {
    /// The root's signatures.
    pub root: SignatureAlgorithm,
    /// The key exchange.
    pub exchange: Exchange,
    /// The party's signatures.
    pub signature: SignatureAlgorithm,
}

/// Signatures that parties make in TLS.
pub const PARTY_SIGNATURES: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::MlDsa65,
    SignatureAlgorithm::FnDsa512,
    SignatureAlgorithm::Mayo1,
];

impl Suite {
    /// What is used when nothing is said.
    pub const DEFAULT: Self = Self {
        root: SignatureAlgorithm::Hss,
        exchange: Exchange::X25519MlKem768,
        signature: SignatureAlgorithm::MlDsa65,
    };

    /// Fewest bytes: for links where a round trip takes half a second.
    pub const SATELLITE: Self = Self {
        signature: SignatureAlgorithm::FnDsa512,
        ..Self::DEFAULT
    };

    /// The twelve: two roots, two exchanges, three signatures.
    pub const TWELVE: [Self; 12] = {
        let roots = [SignatureAlgorithm::Hss, SignatureAlgorithm::Xmss];
        let mut suites = [Self::DEFAULT; 12];
        let mut at = 0;
        while at < 12 {
            suites[at] = Self {
                root: roots[at / 6],
                exchange: Exchange::ALL[at / 3 % 2],
                signature: PARTY_SIGNATURES[at % 3],
            };
            at += 1;
        }
        suites
    };

    /// Roots that need no state, for peers whose libraries know no others, and for trying out.
    pub const STATELESS_ROOTS: [Self; 3] = [
        Self {
            root: SignatureAlgorithm::SlhDsa128s,
            ..Self::DEFAULT
        },
        Self {
            root: SignatureAlgorithm::SlhDsa128f,
            ..Self::DEFAULT
        },
        Self {
            root: SignatureAlgorithm::MlDsa65,
            ..Self::DEFAULT
        },
    ];

    /// Every suite that there is; any other combination is refused whatever a policy says.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TWELVE.into_iter().chain(Self::STATELESS_ROOTS)
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.root, self.exchange, self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twelve_are_all_combinations_and_no_two_are_alike() {
        let mut seen: Vec<Suite> = Suite::all().collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 15);
        for signature in PARTY_SIGNATURES {
            for exchange in Exchange::ALL {
                let of = |root| {
                    let suite = Suite {
                        root,
                        exchange,
                        signature,
                    };
                    Suite::TWELVE.contains(&suite)
                };
                assert!(of(SignatureAlgorithm::Hss) && of(SignatureAlgorithm::Xmss));
            }
        }
    }

    #[test]
    fn exchanges_are_read_back_from_names_and_code_points() {
        for exchange in Exchange::ALL {
            assert_eq!(exchange.to_string().parse(), Ok(exchange));
            let code_point = exchange.code_point();
            assert_eq!(Exchange::from_code_point(code_point), Some(exchange));
        }
        assert_eq!(Exchange::from_code_point(29), None);
    }
}
