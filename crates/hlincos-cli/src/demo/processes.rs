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
    announced: serde_json::Value,
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
        let announced: serde_json::Value = serde_json::from_str(&line)?;
        Ok(Self {
            announced,
            child,
            _input: input,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.announced["listening"].as_str().unwrap_or_default()
    }

    /// Where a pair of key managers listens.
    pub(crate) fn addresses(&self) -> Vec<String> {
        strings(&self.announced["listening"])
    }

    /// Where it takes frames of links.
    pub(crate) fn frames(&self) -> Vec<String> {
        strings(&self.announced["frames"])
    }
}

fn strings(list: &serde_json::Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|it| it.as_str().map(ToOwned::to_owned))
        .collect()
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
