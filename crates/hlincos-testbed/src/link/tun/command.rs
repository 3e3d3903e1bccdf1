//! The program `ip` (iproute2): several lines at once, errors as it words them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::IpError;

/// Runs `ip` with arguments; returns what it prints.
pub(super) fn ip(arguments: &[&str]) -> Result<String, IpError> {
    let output = Command::new("ip").args(arguments).output();
    outcome(format!("ip {}", arguments.join(" ")), output)
}

/// Runs the lines in a namespace, as one process.
pub(super) fn ip_batch(namespace: &str, lines: &[String]) -> Result<(), IpError> {
    let mut command = Command::new("ip");
    command.args(["-n", namespace, "-batch", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let started = command.stderr(Stdio::piped()).spawn();
    let output = started.and_then(|mut child| {
        let mut stdin = child.stdin.take().expect("asked for a pipe");
        // `ip` stops reading at the first line it refuses; its own message says more than EPIPE.
        let _ = stdin.write_all((lines.join("\n") + "\n").as_bytes());
        drop(stdin);
        child.wait_with_output()
    });
    outcome(format!("ip -n {namespace}: {}", lines.join("; ")), output).map(drop)
}

fn outcome(command: String, output: std::io::Result<Output>) -> Result<String, IpError> {
    let message = match output {
        Ok(output) if output.status.success() => {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(IpError { command, message })
}
