//! Which suite may be used, by whom, from when until when.
//!
//! [`Policy`] is what the file says; [`signed`] checks who says so; [`LivePolicy`] watches the file.
//! `spec/suites.md`, section 5.

mod document;
mod live;
mod signed;

use core::fmt;
use std::time::Duration;

use hlincos_pki::{Role, SignatureAlgorithm};

pub use document::DocumentError;
pub use live::{LivePolicy, PolicyFileError};
pub use signed::{PolicyError, sign, verify};

use crate::{Exchange, Suite};

/// Which suites may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    serial: u64,
    rules: Vec<Rule>,
    off: Vec<Algorithm>,
}

/// A suite that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The suite.
    pub suite: Suite,
    /// By whom; anybody when absent.
    pub roles: Option<Vec<Role>>,
    /// From then on, since 1970.
    pub since: Option<Duration>,
    /// Until before then, since 1970.
    pub until: Option<Duration>,
}

/// What a kill switch switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// A signature, of parties, authorities and revocation lists.
    Signature(SignatureAlgorithm),
    /// A key exchange.
    Exchange(Exchange),
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(signature) => signature.fmt(f),
            Self::Exchange(exchange) => exchange.fmt(f),
        }
    }
}

/// A party's certificate in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The algorithm of the root that its chain ends in.
    pub root: SignatureAlgorithm,
    /// The algorithm of its key.
    pub signature: SignatureAlgorithm,
    /// Its role.
    pub role: Role,
}

/// Whether a suite may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Now.
    Allowed,
    /// From later on.
    Later,
    /// No more.
    Ended,
    /// One of its algorithms is switched off.
    Off(Algorithm),
    /// No rule names it.
    NotListed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("allowed"),
            Self::Later => f.write_str("not yet"),
            Self::Ended => f.write_str("ended"),
            Self::Off(algorithm) => write!(f, "{algorithm} is switched off"),
            Self::NotListed => f.write_str("not listed"),
        }
    }
}

/// The policy forbids a connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the suite policy (serial {serial}) does not let a {role} use {root}, {exchange}, {signature}: \
     {state}; see `hlincos suites`"
)]
pub struct SuiteRefused {
    serial: u64,
    role: Role,
    root: SignatureAlgorithm,
    exchange: String,
    signature: SignatureAlgorithm,
    state: State,
}

impl Policy {
    /// Anybody may use these suites, always.
    #[must_use]
    pub fn of(suites: impl IntoIterator<Item = Suite>) -> Self {
        let rule = |suite| Rule {
            suite,
            roles: None,
            since: None,
            until: None,
        };
        Self {
            serial: 0,
            rules: suites.into_iter().map(rule).collect(),
            off: Vec::new(),
        }
    }

    /// What holds without a policy file: every suite without isogenies.
    ///
    /// A walk of isogenies costs a server a tenth of a second for a caller that it does not know
    /// yet; an authority that wants them says so.
    #[must_use]
    pub fn built_in() -> Self {
        Self::of(Suite::all().filter(|suite| suite.exchange == Exchange::X25519MlKem768))
    }

    /// The number that grows from policy to policy; 0 for the built-in one.
    #[must_use]
    pub const fn serial(&self) -> u64 {
        self.serial
    }

    /// Its rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What is switched off.
    #[must_use]
    pub fn off(&self) -> &[Algorithm] {
        &self.off
    }

    /// The signatures that are believed, in chains too.
    #[must_use]
    pub fn believed(&self) -> Vec<SignatureAlgorithm> {
        let on = |one: &SignatureAlgorithm| !self.off.contains(&Algorithm::Signature(*one));
        SignatureAlgorithm::ALL.into_iter().filter(on).collect()
    }

    /// Whether a suite may be used, by a role or by anybody at all.
    #[must_use]
    pub fn state(&self, suite: Suite, role: Option<Role>, now: Duration) -> State {
        let parts = [
            Algorithm::Signature(suite.root),
            Algorithm::Exchange(suite.exchange),
            Algorithm::Signature(suite.signature),
        ];
        if let Some(off) = parts.into_iter().find(|part| self.off.contains(part)) {
            return State::Off(off);
        }
        let of = |rule: &&Rule| {
            let named = |role| rule.roles.as_ref().is_none_or(|some| some.contains(&role));
            rule.suite == suite && role.is_none_or(named)
        };
        let states = self.rules.iter().filter(of).map(|rule| rule.state(now));
        states
            .min_by_key(|state| state.rank())
            .unwrap_or(State::NotListed)
    }

    /// Whether a certificate may be used with an exchange; with any at all where it is not known.
    ///
    /// # Errors
    /// [`SuiteRefused`].
    pub fn permits(
        &self,
        certificate: Use,
        exchange: Option<Exchange>,
        now: Duration,
    ) -> Result<(), SuiteRefused> {
        let Use {
            root,
            signature,
            role,
        } = certificate;
        let exchanges = exchange.map_or(Exchange::ALL.to_vec(), |one| vec![one]);
        let states = exchanges.into_iter().map(|exchange| {
            let suite = Suite {
                root,
                exchange,
                signature,
            };
            self.state(suite, Some(role), now)
        });
        let state = states.min_by_key(|state| state.rank());
        match state.expect("there are exchanges") {
            State::Allowed => Ok(()),
            state => Err(SuiteRefused {
                serial: self.serial,
                role,
                root,
                exchange: exchange.map_or("any exchange".into(), |one| one.to_string()),
                signature,
                state,
            }),
        }
    }
}

impl Rule {
    fn state(&self, now: Duration) -> State {
        if self.since.is_some_and(|since| now < since) {
            return State::Later;
        }
        if self.until.is_some_and(|until| now >= until) {
            return State::Ended;
        }
        State::Allowed
    }
}

impl State {
    /// The less, the nearer to being allowed.
    const fn rank(&self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Later => 1,
            Self::Ended => 2,
            Self::Off(_) => 3,
            Self::NotListed => 4,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
