//! The authority's command as its users meet it: killed, run twice at once, with wrong secrets.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::{Ran, hlincos, program};

struct Root(TempDir);

impl Root {
    fn new(kind: &str) -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        let made = root.run(&["init", "--root", kind, "--no-passphrase"]);
        assert_eq!(made.code, 0, "{}", made.err);
        root
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str]) -> Ran {
        let (command, rest) = args.split_first().unwrap();
        let ca = self.text("ca");
        let mut all = vec!["ca", command, "--dir", &ca];
        all.extend(rest);
        hlincos(&all)
    }

    fn issue(&self, name: &str) -> Ran {
        let out = self.text("out");
        self.run(&["issue", "--role", "agent", "--name", name, "--out", &out])
    }

    /// A signer that goes on by itself.
    fn start_issuing(&self, name: &str) -> Child {
        let (ca, out) = (self.text("ca"), self.text("out"));
        let args = [
            "ca", "issue", "--dir", &ca, "--role", "agent", "--name", name, "--out", &out,
        ];
        program()
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn ledger(&self) -> String {
        fs::read_to_string(self.at("ca/root.ledger")).unwrap()
    }

    /// The one-time keys that certificates in the world were signed with, from their signatures.
    fn used(&self, names: &[String]) -> Vec<u32> {
        let read = |name: &String| {
            let pem = fs::read_to_string(self.at(&format!("out/{name}.crt.pem"))).ok()?;
            let certificate = hlincos_pki::Certificate::from_pem(&pem).unwrap();
            let der = certificate.to_der().unwrap();
            // The HSS signature ends the certificate: u32 0, u32 index, ...
            let signature = &der[der.len() - 1456..];
            assert_eq!(signature[..4], [0; 4]);
            Some(u32::from_be_bytes(signature[4..8].try_into().unwrap()))
        };
        names.iter().filter_map(read).collect()
    }
}

fn fifo(path: &Path) {
    let (here, kind) = (rustix::fs::CWD, rustix::fs::FileType::Fifo);
    rustix::fs::mknodat(here, path, kind, 0o600.into(), 0).unwrap();
}

#[test]
fn a_signer_killed_between_its_ledger_and_its_signature_never_uses_that_key_again() {
    let root = Root::new("hss");
    let mark = root.at("ca/root.mark.new");
    for round in 0..3_u32 {
        // The signer syncs its ledger, then writes the mark into a pipe that nobody reads:
        // opening the other end returns when it is there, after the one and before the signature.
        fifo(&mark);
        let mut signer = root.start_issuing("killed");
        let pipe = File::open(&mark).unwrap();
        signer.kill().unwrap();
        signer.wait().unwrap();
        drop(pipe);
        fs::remove_file(&mark).unwrap();
        assert!(!root.at("out/killed.crt.pem").exists());
        let spent = 1 + 2 * round;
        let line = format!("sign {spent} {} ", spent + 1);
        assert!(root.ledger().contains(&line), "{}", root.ledger());

        // The next one writes the mark that is missing before anything else: two crashes in a row
        // never part ledger and mark.
        let before = root.ledger();
        fifo(&mark);
        let mut signer = root.start_issuing("killed");
        let pipe = File::open(&mark).unwrap();
        signer.kill().unwrap();
        signer.wait().unwrap();
        drop(pipe);
        fs::remove_file(&mark).unwrap();
        assert_eq!(root.ledger(), before);

        let name = format!("next-{round}");
        let issued = root.issue(&name);
        assert_eq!(issued.code, 0, "{}", issued.err);
        assert_eq!(root.used(&[name]), [spent + 1]);
    }
}

#[test]
fn signers_killed_at_any_moment_leave_no_key_used_twice() {
    let root = Root::new("hss");
    let names: Vec<String> = (0..10).map(|at| format!("party-{at}")).collect();
    for (at, name) in names.iter().enumerate() {
        let mut signer = root.start_issuing(name);
        let before = root.ledger().len();
        while root.ledger().len() == before && signer.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // Later and later after the ledger grew.
        for _ in 0..at * 200 {
            std::thread::yield_now();
        }
        signer.kill().unwrap();
        signer.wait().unwrap();
    }
    let last = root.issue("last");
    assert_eq!(last.code, 0, "{}", last.err);
    let mut names = names;
    names.push("last".into());
    let used = root.used(&names);
    let different: BTreeSet<u32> = used.iter().copied().collect();
    assert_eq!(different.len(), used.len(), "{used:?}");
    assert_eq!(
        used.last(),
        Some(&11),
        "one key for each attempt, used or not"
    );
}

#[test]
fn signers_at_the_same_time_take_different_keys() {
    let root = Root::new("hss");
    let names: Vec<String> = (0..4).map(|at| format!("party-{at}")).collect();
    let signers: Vec<Child> = names.iter().map(|name| root.start_issuing(name)).collect();
    for mut signer in signers {
        assert!(signer.wait().unwrap().success());
    }
    let used: BTreeSet<u32> = root.used(&names).into_iter().collect();
    assert_eq!(used, (1..5).collect());
}

#[test]
fn a_root_has_no_copy_but_a_split_and_says_what_is_left() {
    let root = Root::new("hss");
    let copied = root.at("copy");
    fs::create_dir(&copied).unwrap();
    for entry in fs::read_dir(root.at("ca")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copied.join(path.file_name().unwrap())).unwrap();
    }
    let (copied, out) = (root.text("copy"), root.text("out"));
    let issue = |dir: &str, name: &str| {
        hlincos(&[
            "ca", "issue", "--dir", dir, "--role", "agent", "--name", name, "--out", &out,
        ])
    };
    issue(&copied, "a").refused(&["copied or restored", "hlincos ca adopt"]);

    let second = root.text("second");
    let split = root.run(&["split", "--to", &second, "--signatures", "1022"]);
    assert_eq!(split.code, 0, "{}", split.err);
    assert_eq!(issue(&second, "a").code, 0);
    assert_eq!(root.issue("b").code, 0);
    root.issue("c")
        .refused(&["every one-time key", "hlincos ca split"]);
    let left = |dir: &str| {
        let shown = hlincos(&["ca", "show", "--dir", dir, "--json"]).json(0);
        shown["signatures_left"].as_u64().unwrap()
    };
    assert_eq!((left(&root.text("ca")), left(&second)), (0, 1021));
    let used = root.used(&["a".into(), "b".into()]);
    assert_eq!(used, [2, 1]);
}

#[test]
fn passphrases_come_from_files_and_variables_and_wrong_ones_are_told() {
    let root = Root(tempfile::tempdir().unwrap());
    root.run(&["init", "--root", "hss"])
        .refused(&["--passphrase-file", "--no-passphrase"]);
    let (right, wrong) = (root.at("right"), root.at("wrong"));
    fs::write(&right, "correct horse\n").unwrap();
    fs::write(&wrong, "wrong horse\n").unwrap();
    let (right_text, wrong_text) = (root.text("right"), root.text("wrong"));
    let init = ["init", "--root", "xmss", "--passphrase-file", &right_text];
    fs::set_permissions(&right, fs::Permissions::from_mode(0o644)).unwrap();
    root.run(&init).refused(&["others may read", "chmod 600"]);
    for file in [&right, &wrong] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(root.run(&init).code, 0);
    root.issue("a")
        .refused(&["under a passphrase", "--passphrase-file"]);
    let out = root.text("out");
    let issue = ["issue", "--role", "agent", "--name", "a", "--out", &out];
    let with = |more: &[&str]| root.run(&[&issue, more].concat());
    with(&["--passphrase-file", &wrong_text]).refused(&["not the one of this private key"]);
    with(&["--passphrase-env", "HLINCOS_TEST_NOT_SET"]).refused(&["HLINCOS_TEST_NOT_SET"]);
    let ca = root.text("ca");
    let mut command = program();
    command
        .args(["ca", "issue", "--dir", &ca])
        .args(&issue[1..]);
    command.args(["--passphrase-env", "HLINCOS_TEST_PASSPHRASE"]);
    command.env("HLINCOS_TEST_PASSPHRASE", "correct horse");
    let issued = Ran::from(command.output().unwrap());
    assert_eq!(issued.code, 0, "{}", issued.err);
    fs::remove_dir_all(root.at("out")).unwrap();
    let key = root.at("ca/root.key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    with(&["--passphrase-file", &right_text]).refused(&["root.key.pem", "chmod 600"]);
}

#[test]
fn roles_are_listed_and_what_cannot_stand_in_a_certificate_is_refused() {
    let rows = hlincos(&["ca", "roles", "--json"]).json(0);
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 32);
    let nameless = |row: &&Value| row["english"].is_null();
    assert_eq!(rows.iter().filter(nameless).count(), 1);
    let root = Root::new("ml-dsa");
    let out = root.text("out");
    let issue = |role: &str, more: &[&str]| {
        let args = ["issue", "--role", role, "--name", "a", "--out", &out];
        root.run(&[&args, more].concat())
    };
    issue("clinician", &["--hcrole", "Wizard"]).refused(&["Wizard", "hlincos ca roles"]);
    issue("clinician", &["--hcrole", "公認心理師"]).refused(&["no English name"]);
    issue("clinician", &["--hcrole", "病院長"]).refused(&["--institution"]);
    issue("agent", &["--hcrole", "医師"]).refused(&["only clinicians"]);
    issue("king", &[]).refused(&["shareholder", "kme"]);
    let director = ["--hcrole", "病院長", "--institution", "Kochi Hospital"];
    assert_eq!(issue("clinician", &director).code, 0);
}

#[test]
fn a_whole_authority_is_made_renewed_revoked_and_listed() {
    let root = Root::new("hss");
    let issuing = root.run(&["issuing"]);
    assert_eq!(issuing.code, 0, "{}", issuing.err);
    assert_eq!(root.issue("hospital").code, 0);
    let certificate = root.text("out/hospital.crt.pem");
    assert_eq!(root.run(&["renew", "--certificate", &certificate]).code, 0);
    root.run(&["revoke", "hospital"])
        .refused(&["several certificates", "serial"]);
    let list = root.run(&["list", "--json"]).json(0);
    let serial = list[2]["serial"].as_str().unwrap().to_owned();
    let reason = ["--reason", "key-compromise"];
    assert_eq!(
        root.run(&[&["revoke", &serial], &reason[..]].concat()).code,
        0
    );
    root.run(&["revoke", &serial]).refused(&["revoked already"]);
    root.run(&["revoke", &serial, "--reason", "boredom"])
        .refused(&["boredom"]);
    assert_eq!(root.run(&["crl"]).code, 0);
    let lists = fs::read_to_string(root.at("ca/crl.pem")).unwrap();
    let lists = hlincos_pki::Crl::all_from_pem(&lists).unwrap();
    let serials: Vec<usize> = lists.iter().map(|crl| crl.serials().len()).collect();
    assert_eq!(
        serials,
        [1, 0],
        "the issuing authority's list and the root's"
    );
    let shown = root.run(&["show", &serial, "--json"]).json(0);
    assert_eq!(shown["reason"], "key-compromise");
    let shown = root.run(&["show"]);
    assert!(
        shown.out.contains("hss, 1021 signatures left"),
        "{}",
        shown.out
    );
}
