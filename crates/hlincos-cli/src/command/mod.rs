//! The commands, one file each.

pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod ca;
pub(crate) mod check;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod query;
pub(crate) mod rebuild;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod ssmix;
pub(crate) mod status;
pub(crate) mod terminal;
pub(crate) mod view;

use std::path::PathBuf;

/// Where a client's configuration is.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct AgentConfig {
    /// The hospital agent's configuration.
    #[arg(long, default_value = "agent.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Where an operator's configuration is.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct OperatorConfig {
    /// The operator's configuration.
    #[arg(long, default_value = "operator.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Where a terminal's configuration is.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct TerminalConfig {
    /// The terminal's configuration.
    #[arg(long, default_value = "terminal.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Milliseconds since 1970 (UTC).
pub(crate) fn unix_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
