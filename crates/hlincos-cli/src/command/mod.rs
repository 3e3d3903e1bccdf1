//! The commands, one file each.

pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod ca;
pub(crate) mod check;
pub(crate) mod drill;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod pad;
pub(crate) mod plan;
pub(crate) mod query;
pub(crate) mod rebuild;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod ssmix;
pub(crate) mod status;
pub(crate) mod suites;
pub(crate) mod terminal;
pub(crate) mod view;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

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

/// A flag that is set when somebody presses Ctrl-C or ends the process by SIGTERM.
///
/// Without a runtime it stays as it is, and signals end the process.
pub(crate) fn stop_on_signal() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        if let (Ok(mut interrupt), Ok(mut terminate)) = (signal(interrupt), signal(terminate)) {
            let set = Arc::clone(&stop);
            runtime.spawn(async move {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                set.store(true, Ordering::Relaxed);
            });
        }
    }
    stop
}
