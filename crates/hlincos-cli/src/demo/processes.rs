//! Servers as child processes that never outlive the demo.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server. Dropping it kills it; should this process die without dropping anything,
/// the server's standard input ends and it stops by itself.
pub(crate) struct Process {
    address: String,
    child: Child,
    _input: Option<ChildStdin>,
}

impl Process {
    /// Starts `hlincos serve ROLE` and waits until it listens; its log goes to `log.txt`.
    pub(crate) async fn start(role: &str, config: &Path, folder: &Path) -> anyhow::Result<Self> {
        let log = folder.join("log.txt");
        let program = std::env::current_exe().context("this program's own path is unknown")?;
        let mut child = Command::new(program)
            .args(["serve", "--json", "--exit-with-parent", role, "--config"])
            .arg(config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(&log)?,
            )
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("the {role} cannot be started"))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("the child's output is piped")?;
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(START_TIMEOUT, lines.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("the {role} did not start: {}", text.trim());
        };
        let line: serde_json::Value = serde_json::from_str(&line)?;
        let address = line["listening"]
            .as_str()
            .context("the server tells its address")?;
        Ok(Self {
            address: address.to_owned(),
            child,
            _input: input,
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, and wait: whoever deletes its data next must not race with it.
        if self.child.start_kill().is_ok() {
            while matches!(self.child.try_wait(), Ok(None)) {
                std::thread::yield_now();
            }
        }
    }
}
