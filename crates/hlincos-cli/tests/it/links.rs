//! Links over frames, in the whole product: real processes, real pads, simulated key managers.

use std::process::Command;

use serde_json::Value;

fn hlincos() -> Command {
    Command::new(env!("CARGO_BIN_EXE_hlincos"))
}

fn demo(links: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let output = hlincos()
        .args([
            "demo",
            "--headless",
            "--json",
            "--patients",
            "3",
            "--links",
            links,
            "--dir",
        ])
        .arg(dir.path().join("demo"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{links}: {told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_main_job_runs_over_pads_and_spends_no_more_than_is_sent() {
    let told = demo("otp");
    assert_eq!(told["restore_identical"], true);
    for link in told["links"].as_array().unwrap() {
        assert_eq!(link["bulk"], "otp", "{told}");
        assert!(link["pad_spent_bytes"].as_u64().unwrap() > 10_000, "{told}");
    }
    // The pad of a demo comes from a generator: nobody may call that information-theoretic.
    let grade = told["link"].as_str().unwrap();
    assert!(grade.contains("computational"), "{grade}");
}

#[test]
fn the_experiment_of_2019_has_a_link_of_each_kind() {
    let told = demo("2019");
    assert_eq!(told["restore_identical"], true);
    let links = told["links"].as_array().unwrap();
    let of = |site: &str| links.iter().find(|link| link["site"] == site);
    assert_eq!(of("osaka").unwrap()["bulk"], "qkd", "{told}");
    assert_eq!(of("osaka").unwrap()["emergency"], "otp", "{told}");
    assert_eq!(of("nagoya").unwrap()["bulk"], "psk", "{told}");
    assert!(of("otemachi").is_none(), "TLS has no link of frames");
}

#[test]
fn a_pad_is_made_imported_watched_and_destroyed_and_every_wrong_way_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (a, b) = (at("a.pass"), at("b.pass"));
    std::fs::write(&a, "correct horse battery\n").unwrap();
    std::fs::write(&b, "staple of another end\n").unwrap();
    let make = |first: &std::path::Path, second: &std::path::Path| {
        let mut make = hlincos();
        make.args([
            "pad", "make", "--from", "system", "--size", "256KiB", "--number", "7",
        ]);
        make.args(["--pair", "gateway", "osaka", "--out"])
            .arg(dir.path());
        make.arg("--passphrase-file")
            .args([first, second])
            .output()
            .unwrap()
    };
    let text = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let same = make(&a, &a);
    assert!(text(&same).contains("same passphrase"), "{}", text(&same));
    let made = make(&a, &b);
    assert!(made.status.success(), "{}", text(&made));
    let again = make(&a, &b);
    assert!(text(&again).contains("already"), "{}", text(&again));
    let half = at("pad-7-gateway.hlpad");
    let import = |file: &std::path::Path, passphrase: &std::path::Path, into: &str| {
        let mut import = hlincos();
        import
            .args(["pad", "import"])
            .arg(file)
            .arg("--into")
            .arg(at(into));
        import
            .arg("--passphrase-file")
            .arg(passphrase)
            .output()
            .unwrap()
    };
    let wrong = import(&half, &b, "x");
    assert!(
        text(&wrong).contains("passphrase is wrong"),
        "{}",
        text(&wrong)
    );
    let right = import(&half, &a, "link");
    assert!(right.status.success(), "{}", text(&right));
    let twice = import(&half, &a, "link");
    assert!(
        text(&twice).contains("one folder holds one pad"),
        "{}",
        text(&twice)
    );
    // A half that was changed on the way is found out.
    let mut changed = std::fs::read(&half).unwrap();
    let last = changed.len() - 40;
    changed[last] ^= 1;
    std::fs::write(at("changed.hlpad"), &changed).unwrap();
    let refused = import(&at("changed.hlpad"), &a, "y");
    assert!(text(&refused).contains("was changed"), "{}", text(&refused));
    let status = |extra: &[&str]| {
        let mut status = hlincos();
        status
            .args(["pad", "status", "--number", "7", "--json"])
            .arg(at("link"));
        status.args(extra).output().unwrap()
    };
    let told: Value = serde_json::from_slice(&status(&[]).stdout).unwrap();
    assert_eq!(told["link"]["sends"]["stock_bytes"], 256 << 10, "{told}");
    assert_eq!(told["physical"], false);
    // The ledger of another link is not lost, and --accept-loss does not replace it.
    let ledger = std::fs::read(at("link/ledger")).unwrap();
    let mut other = hlincos();
    other.args(["pad", "status", "--number", "8", "--accept-loss"]);
    let other = other.arg(at("link")).output().unwrap();
    assert!(text(&other).contains("another link"), "{}", text(&other));
    assert_eq!(std::fs::read(at("link/ledger")).unwrap(), ledger);
    std::fs::remove_file(at("link/ledger")).unwrap();
    let missing = status(&[]);
    assert!(
        text(&missing).contains("--accept-loss"),
        "{}",
        text(&missing)
    );
    assert!(status(&["--accept-loss"]).status.success());
    let destroy = |what: &str, yes: bool| {
        let mut destroy = hlincos();
        destroy.args(["pad", "destroy"]).arg(at(what));
        destroy.args(yes.then_some("--yes")).output().unwrap()
    };
    assert!(!destroy("link", false).status.success());
    assert!(at("link/a-to-b").exists());
    assert!(destroy("link", true).status.success());
    assert!(!at("link/a-to-b").exists() && !at("link/link-block").exists());
    assert!(
        !destroy("a.pass", true).status.success(),
        "no pad file is left alone"
    );
    assert!(destroy("pad-7-osaka.hlpad", true).status.success());
    assert!(!at("pad-7-osaka.hlpad").exists());
}

#[test]
fn plan_keys_tells_what_ninety_gigabytes_cost() {
    let output = hlincos().args(["plan", "keys", "--json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let days = told["jobs"][0]["seconds"][0].as_f64().unwrap() / 86_400.0;
    assert!((27.0..28.0).contains(&days), "{told}");
}
