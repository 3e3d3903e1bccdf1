//! Other people's clients of ETSI GS QKD 014 against `hlincos serve kme`.
//!
//! PyPI's etsi-qkd-014-client runs in an environment of its own in `target/qkd-client`, crates.io's
//! etsi014-client is built from `interop/etsi014-client` into `target/interop`; `.ci/run` makes
//! both. Where they are absent, the tests say so and pass, which CI does not allow.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::{Ran, Server, announced, free_port, hlincos, program};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A pair of key managers as an operator starts it.
struct Pair {
    folder: TempDir,
    ports: [u16; 2],
    control: u16,
    _server: Server,
}

impl Pair {
    fn start() -> Self {
        Self::with(|text| text)
    }

    fn with(edit: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, control] = [free_port(), free_port(), free_port()];
        let address = |port: u16| format!("127.0.0.1:{port}");
        let dir = folder.path().to_str().unwrap();
        let written = hlincos(&[
            "init",
            "kme",
            "--dir",
            dir,
            "--listen-a",
            &address(first),
            "--listen-b",
            &address(second),
            "--control",
            &address(control),
            "--sae-b",
            "sae-b",
            "--sae-b",
            "sae-c",
        ]);
        assert_eq!(written.code, 0, "{}", written.err);
        let path = folder.path().join("kme.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, edit(text)).unwrap();
        let mut command = program();
        command.args(["--json", "serve", "kme", "--config", path.to_str().unwrap()]);
        let (server, told) = announced(command);
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["listening"][0], address(first));
        assert!(
            told["hlincos_simulation"]
                .as_str()
                .unwrap()
                .starts_with("SIMULATION")
        );
        Self {
            folder,
            ports: [first, second],
            control,
            _server: server,
        }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }
}

/// Tells that a client is absent, which CI does not allow.
fn absent(variable: &str, what: &str) {
    assert!(std::env::var_os(variable).is_none(), "{what}");
    eprintln!("{what}");
}

/// The environment of PyPI's client.
fn python_client() -> Option<PathBuf> {
    let bin = root().join("target/qkd-client/bin");
    let ran = Command::new(bin.join("python3"))
        .args(["-c", "import etsi_qkd_014_client"])
        .output();
    if ran.is_ok_and(|ran| ran.status.success()) {
        return Some(bin);
    }
    absent(
        "CI_REQUIRE_QKD_CLIENT",
        "no etsi-qkd-014-client: `python3 -m venv target/qkd-client && target/qkd-client/bin/pip install etsi-qkd-014-client==0.9.0` installs it",
    );
    None
}

/// The program around crates.io's client.
fn rust_client() -> Option<PathBuf> {
    let program = root().join("target/interop/debug/hlincos-interop-etsi014-client");
    if program.exists() {
        return Some(program);
    }
    absent(
        "CI_REQUIRE_QKD_CLIENT",
        "no etsi014-client: with Debian's libsodium-dev and libssl-dev, `cargo build --manifest-path interop/etsi014-client/Cargo.toml --target-dir target/interop` builds it",
    );
    None
}

/// The command-line tool of PyPI's client.
fn tool(bin: &Path, pair: &Pair, kme: usize, sae: &str, args: &[&str]) -> Ran {
    let mut command = Command::new(bin.join("qkd014-client"));
    command
        .args(["-H", &format!("127.0.0.1:{}", pair.ports[kme])])
        .args(["-c", &pair.file(&format!("{sae}.pem"))])
        .args(["-k", &pair.file(&format!("{sae}.key"))])
        .args(["-r", &pair.file("ca.pem")])
        .args(args);
    Ran::from(command.output().unwrap())
}

/// What the tool prints behind a label.
fn printed<'a>(ran: &'a Ran, label: &str) -> &'a str {
    let line = ran.out.lines().find_map(|line| line.strip_prefix(label));
    line.unwrap_or_else(|| panic!("no {label:?} in {}\n{}", ran.out, ran.err))
}

#[test]
fn the_tool_of_pypis_client_gets_identical_keys_at_both_ends() {
    let Some(bin) = python_client() else { return };
    let pair = Pair::start();
    let status = tool(&bin, &pair, 0, "sae-a", &["get_status", "sae-b"]);
    assert_eq!(printed(&status, "Response code : "), "200");
    assert_eq!(printed(&status, "target_KME_ID : "), "kme-b");
    let key = tool(&bin, &pair, 0, "sae-a", &["get_key", "sae-b"]);
    assert_eq!(printed(&key, "Response code : "), "200");
    assert!(printed(&key, "Key container extension : ").contains("SIMULATION"));
    let id = printed(&key, "Key id : ");
    let collect = || tool(&bin, &pair, 1, "sae-b", &["get_key_with_id", id, "sae-a"]);
    let other = collect();
    assert_eq!(printed(&other, "Key : "), printed(&key, "Key : "));
    assert_eq!(printed(&other, "Key : ").len(), 44, "256 bits in base64");
    let again = collect();
    assert_eq!(printed(&again, "Response code : "), "400");
    let message = "one or more keys specified are not found on KME";
    assert_eq!(printed(&again, "Message : "), message);
    let stranger = tool(&bin, &pair, 0, "sae-b", &["get_key", "sae-a"]);
    assert_eq!(printed(&stranger, "Response code : "), "401");
}

#[test]
fn the_api_of_pypis_client_gets_identical_keys_and_the_standards_errors() {
    let Some(bin) = python_client() else { return };
    // A small stock: it is used up on the way.
    let pair = Pair::with(|text| text.replace("max_key_count = 1000000", "max_key_count = 10000"));
    let ran = Command::new(bin.join("python3"))
        .arg(root().join("interop/etsi-qkd-014-client.py"))
        .arg(pair.folder.path())
        .args(pair.ports.map(|port| port.to_string()))
        .arg(pair.control.to_string())
        .output()
        .unwrap();
    let ran = Ran::from(ran);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.contains("all as the standard says"), "{}", ran.out);
}

#[test]
fn the_client_of_crates_io_gets_identical_keys_and_the_standards_errors() {
    let Some(client) = rust_client() else { return };
    let call = |pair: &Pair| {
        let mut command = Command::new(&client);
        command
            .arg(pair.folder.path())
            .args(pair.ports.map(|port| port.to_string()));
        Ran::from(command.output().unwrap())
    };
    let ran = call(&Pair::start());
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.contains("refusals: 400 and 401"), "{}", ran.out);
    // The comparison can fail: here the other end gets other keys.
    let wrong = Pair::with(|text| {
        text.replace(
            "# danger_fault_injection = [\"double-delivery\"]",
            "danger_fault_injection = [\"other-keys\"]",
        )
    });
    let ran = call(&wrong);
    assert_eq!(ran.code, 1, "{}\n{}", ran.out, ran.err);
    assert!(
        ran.err.contains("both ends get the same keys"),
        "{}",
        ran.err
    );
}

#[test]
fn help_teaches_how_to_try_it() {
    let help = hlincos(&["serve", "kme", "--help"]);
    assert_eq!(help.code, 0);
    for words in [
        "hlincos init kme",
        "curl --cacert",
        "PSEUDORANDOM",
        "ETSI GS QKD 014",
    ] {
        assert!(
            help.out.contains(words),
            "{words:?} is not in: {}",
            help.out
        );
    }
}

#[test]
fn a_folder_is_never_written_over_and_a_wrong_configuration_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    assert_eq!(hlincos(&["init", "kme", "--dir", dir]).code, 0);
    hlincos(&["init", "kme", "--dir", dir]).refused(&["kme.toml", "new folder"]);
    let bad = ["init", "kme", "--dir", dir, "--sae-a", "../x"];
    hlincos(&bad).refused(&["../x", "edit kme.toml"]);
    let config = folder.path().join("kme.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\nrate_bits_s", "\n# rate_bits_s")).unwrap();
    let serve = ["serve", "kme", "--config", config.to_str().unwrap()];
    hlincos(&serve).refused(&["rate_bits_s, distance_km, rate_file"]);
}
