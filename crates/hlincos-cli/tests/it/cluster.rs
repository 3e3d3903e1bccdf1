//! A whole system of real processes in a folder of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const SITES: [&str; 3] = ["osaka", "nagoya", "otemachi"];
pub(crate) const COMPOSED_PATIENT: &str = "0000781125";

/// A server process, killed with SIGKILL when dropped.
pub(crate) struct Server(Child);

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) struct Cluster {
    folder: TempDir,
    pub(crate) sites: Vec<Option<Server>>,
    pub(crate) gateway: Option<Server>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Asserts that the command failed and its message holds every word.
    #[track_caller]
    pub(crate) fn refused(&self, words: &[&str]) {
        assert_eq!(self.code, 1, "{}\n{}", self.out, self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in: {}", self.err);
        }
    }
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hlincos"));
    command.stdin(Stdio::null()).env_remove("HLINCOS_LOG");
    command
}

pub(crate) fn hlincos(args: &[&str]) -> Ran {
    Ran::from(program().args(args).output().unwrap())
}

/// A port for a server, which keeps it over restarts.
///
/// Each number is given once a run, and all lie below those that the system gives to connections
/// (on Linux 32,768 and up): a port that is merely free now may be a connection's a moment later.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let block = u16::try_from(std::process::id() % 16).unwrap() * 1_000;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..1_000)
        .map(|_| 15_000 + block + GIVEN.fetch_add(1, Ordering::Relaxed) % 1_000)
        .find(free)
        .unwrap()
}

impl Cluster {
    /// Makes and starts an authority, three sites, a gateway and their clients.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// The same, with a chance to edit the configurations first.
    pub(crate) fn with(edit: impl FnOnce(&Cluster)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut cluster = Self {
            folder,
            sites: Vec::new(),
            gateway: None,
        };
        let ca = cluster.path("ca");
        let ca = ca.to_str().unwrap();
        assert_eq!(hlincos(&["ca", "init", "--dir", ca]).code, 0);
        for site in SITES {
            cluster.issue("shareholder", site, &format!("site-{site}"));
        }
        cluster.issue("gateway", "gateway", "gateway");
        cluster.issue("agent", "hospital", "agent");
        cluster.issue("clinician", "doctor", "terminal");
        cluster.issue("operator", "operator", "operator");

        let mut args: Vec<String> = ["init", "gateway", "--dir"].map(Into::into).to_vec();
        args.push(cluster.text("gateway"));
        let port = free_port();
        args.extend(["--listen".into(), format!("127.0.0.1:{port}")]);
        for site in SITES {
            let address = format!("127.0.0.1:{}", free_port());
            let dir = cluster.text(&format!("site-{site}"));
            let init = [
                "init",
                "shareholder",
                "--name",
                site,
                "--dir",
                &dir,
                "--listen",
                &address,
            ];
            assert_eq!(hlincos(&init).code, 0);
            args.extend(["--site".into(), format!("{site}={address}")]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(hlincos(&args).code, 0);
        let gateway = format!("127.0.0.1:{port}");
        for (role, name) in [
            ("agent", "hospital"),
            ("terminal", "doctor"),
            ("operator", "operator"),
        ] {
            let dir = cluster.text(role);
            let init = [
                "init",
                role,
                "--name",
                name,
                "--dir",
                &dir,
                "--gateway",
                &gateway,
            ];
            assert_eq!(hlincos(&init).code, 0);
        }
        edit(&cluster);
        for site in 0..SITES.len() {
            let server = cluster.serve_site(site);
            cluster.sites.push(Some(server));
        }
        cluster.start_gateway();
        cluster
    }

    pub(crate) fn issue(&self, role: &str, name: &str, out: &str) {
        let (ca, out) = (self.text("ca"), self.text(out));
        let args = [
            "ca", "issue", "--dir", &ca, "--role", role, "--name", name, "--out", &out,
        ];
        let doctor: &[&str] = if role == "clinician" {
            &["--hcrole", "Medical Doctor"]
        } else {
            &[]
        };
        let ran = hlincos(&[&args, doctor].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn text(&self, relative: &str) -> String {
        self.path(relative).to_str().unwrap().to_owned()
    }

    pub(crate) fn site_dir(&self, site: usize) -> PathBuf {
        self.path(&format!("site-{}", SITES[site]))
    }

    fn serve_site(&self, site: usize) -> Server {
        serve("shareholder", &self.site_dir(site).join("shareholder.toml"))
    }

    pub(crate) fn start_site(&mut self, site: usize) {
        self.sites[site] = Some(self.serve_site(site));
    }

    /// SIGKILL.
    pub(crate) fn kill_site(&mut self, site: usize) {
        self.sites[site] = None;
    }

    pub(crate) fn start_gateway(&mut self) {
        self.gateway = Some(serve("gateway", &self.path("gateway/gateway.toml")));
    }

    /// A command with the configuration of its role.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let role = match args[0] {
            "backup" | "restore" => "agent",
            "query" | "view" => "terminal",
            _ => "operator",
        };
        let mut command = program();
        command
            .args(args)
            .arg("--json")
            .arg("--config")
            .arg(self.path(&format!("{role}/{role}.toml")));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    pub(crate) fn backup(&self, store: &Path) -> Ran {
        self.run(&["backup", store.to_str().unwrap(), "--name", "kochi"])
    }

    /// Restores into a new folder and gives the report and the folder.
    pub(crate) fn restore(&self, into: &str, more: &[&str]) -> (Ran, PathBuf) {
        let dir = self.path(into);
        let mut args = vec!["restore", dir.to_str().unwrap(), "--name", "kochi"];
        args.extend(more);
        (self.run(&args), dir.clone())
    }

    /// A small synthetic store.
    pub(crate) fn store(&self, patients: u32) -> PathBuf {
        let dir = self.path("store");
        let patients = patients.to_string();
        let ran = hlincos(&["generate", dir.to_str().unwrap(), "--patients", &patients]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        dir
    }
}

/// Starts a server and waits for the line that says that it listens.
fn serve(role: &str, config: &Path) -> Server {
    let mut command = program();
    command.args(["serve", role, "--config"]).arg(config);
    let (server, line) = announced(command);
    assert!(
        line.starts_with("listening on"),
        "the {role} did not start: {line:?}"
    );
    server
}

/// Starts a server; gives it with the first line that it prints.
pub(crate) fn announced(mut command: Command) -> (Server, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (Server(child), line)
}

/// Appends lines to a configuration.
pub(crate) fn append(config: &Path, lines: &str) {
    let text = fs::read_to_string(config).unwrap();
    // Tables come last in TOML, so top-level keys go first.
    fs::write(config, format!("{lines}\n{text}")).unwrap();
}
