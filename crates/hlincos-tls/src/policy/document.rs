//! The policy's text.

use std::time::Duration;

use hlincos_pki::{Role, SignatureAlgorithm};
use serde::Deserialize;

use super::{Algorithm, Policy, Rule};
use crate::{Exchange, Suite};

/// The text's first line; whatever else a party signs begins otherwise.
pub(super) const FIRST_LINE: &str = "format = \"hlincos-suite-policy-1\"\n";
/// Longest text.
pub(super) const TEXT_BYTES_MAX: usize = 64 << 10;
const RULES_MAX: usize = 256;

/// The text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not of this version.
    #[error("a suite policy begins with the line {}", FIRST_LINE.trim_end())]
    Format,
    /// Too long.
    #[error("a suite policy has at most {TEXT_BYTES_MAX} bytes and {RULES_MAX} suites")]
    Oversized,
    /// Not TOML, or an unknown key or value; the parser's own words.
    #[error("the suite policy is not right: {0}")]
    Toml(String),
    /// A word is no algorithm, role or time.
    #[error(
        "the suite policy names {0:?}, which is no algorithm, exchange, role or time with a zone"
    )]
    Word(String),
    /// A combination that does not exist.
    #[error("the suite policy names {0}, which is no suite; `hlincos suites` lists them")]
    Unknown(Suite),
    /// The serial number of the built-in policy.
    #[error("a suite policy's serial begins at 1")]
    Serial,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[allow(dead_code, reason = "compared as the first line")]
    format: String,
    serial: u64,
    #[serde(default)]
    off: Vec<String>,
    #[serde(default)]
    suite: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    root: String,
    exchange: String,
    signature: String,
    roles: Option<Vec<String>>,
    since: Option<toml::value::Datetime>,
    until: Option<toml::value::Datetime>,
}

impl Policy {
    /// Reads a policy's text; who signed it is not asked here.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn from_toml(text: &str) -> Result<Self, DocumentError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(DocumentError::Oversized);
        }
        if !text.starts_with(FIRST_LINE) {
            return Err(DocumentError::Format);
        }
        let document: Document =
            toml::from_str(text).map_err(|error| DocumentError::Toml(error.to_string()))?;
        if document.serial == 0 {
            return Err(DocumentError::Serial);
        }
        if document.suite.len() > RULES_MAX || document.off.len() > RULES_MAX {
            return Err(DocumentError::Oversized);
        }
        let rules = document.suite.iter().map(Entry::rule);
        let off = document.off.iter().map(|name| algorithm(name));
        Ok(Self {
            serial: document.serial,
            rules: rules.collect::<Result<_, _>>()?,
            off: off.collect::<Result<_, _>>()?,
        })
    }
}

impl Entry {
    fn rule(&self) -> Result<Rule, DocumentError> {
        let suite = Suite {
            root: signature(&self.root)?,
            exchange: exchange(&self.exchange)?,
            signature: signature(&self.signature)?,
        };
        if !Suite::all().any(|one| one == suite) {
            return Err(DocumentError::Unknown(suite));
        }
        let role = |name: &String| {
            let role = name.parse::<Role>();
            role.map_err(|_| DocumentError::Word(name.clone()))
        };
        let roles = self
            .roles
            .as_ref()
            .map(|names| names.iter().map(role).collect());
        Ok(Rule {
            suite,
            roles: roles.transpose()?,
            since: self.since.as_ref().map(time).transpose()?,
            until: self.until.as_ref().map(time).transpose()?,
        })
    }
}

fn signature(name: &str) -> Result<SignatureAlgorithm, DocumentError> {
    name.parse()
        .map_err(|_| DocumentError::Word(name.to_owned()))
}

fn exchange(name: &str) -> Result<Exchange, DocumentError> {
    name.parse()
        .map_err(|_| DocumentError::Word(name.to_owned()))
}

fn algorithm(name: &str) -> Result<Algorithm, DocumentError> {
    let exchange = exchange(name).map(Algorithm::Exchange);
    exchange.or_else(|_| signature(name).map(Algorithm::Signature))
}

/// An instant since 1970: a date and time with a zone.
fn time(datetime: &toml::value::Datetime) -> Result<Duration, DocumentError> {
    let text = datetime.to_string();
    let word = || DocumentError::Word(text.clone());
    let instant: jiff::Timestamp = text.parse().map_err(|_| word())?;
    let seconds = u64::try_from(instant.as_second()).map_err(|_| word())?;
    Ok(Duration::from_secs(seconds))
}
