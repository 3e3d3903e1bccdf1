//! `hlincos demo` as a machine and as a person runs it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::cluster::{hlincos, program};
use crate::samples::composed;

fn demo(dir: &Path, more: &[&str]) -> serde_json::Value {
    let mut args = vec![
        "demo",
        "--headless",
        "--json",
        "--dir",
        dir.to_str().unwrap(),
    ];
    args.extend(more);
    hlincos(&args).json(0)
}

#[test]
fn the_demo_loses_a_site_restores_everything_and_tells_it_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let report = demo(&dir, &["--patients", "10"]);
    assert_eq!(report["patients"], 10);
    assert_eq!(report["second_backup_files_sent"], 0);
    assert_eq!(report["sites_lost"], 1);
    assert_eq!(report["restore_identical"], true);
    assert_eq!(report["culprits"].as_array().unwrap().len(), 0);
    for number in [
        "files",
        "bytes",
        "backup_files_per_s",
        "backup_mb_per_s",
        "query_ms",
    ] {
        assert!(report[number].as_f64().unwrap() > 0.0, "{number}");
    }
    // A second start replaces the folder of the first.
    let again = demo(&dir, &["--patients", "10"]);
    assert_eq!(
        again["bytes"], report["bytes"],
        "the same seed gives the same store"
    );
}

#[test]
fn the_demo_names_the_site_that_lies() {
    let folder = tempfile::tempdir().unwrap();
    let report = demo(
        &folder.path().join("demo"),
        &["--patients", "5", "--lying-site", "nagoya"],
    );
    assert_eq!(report["culprits"], serde_json::json!(["nagoya"]));
    assert_eq!(report["restore_identical"], true);
}

#[test]
fn the_demo_takes_a_real_store_and_other_thresholds() {
    let folder = tempfile::tempdir().unwrap();
    let store = composed();
    let store = store.to_str().unwrap();
    let report = demo(
        &folder.path().join("demo"),
        &["--store", store, "-k", "3", "-n", "5"],
    );
    assert_eq!(report["restore_identical"], true);
    assert_eq!(report["patients"], 1);
}

/// Processes whose command line names the folder.
fn processes_of(dir: &Path) -> Vec<u32> {
    let needle = dir.to_str().unwrap().as_bytes();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let named = line.windows(needle.len()).any(|window| window == needle);
        let state = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if named && !state.contains(") Z ") {
            found.push(pid);
        }
    }
    found
}

#[test]
fn no_process_outlives_a_demo_that_is_interrupted_or_killed() {
    for signal in ["INT", "KILL", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("demo");
        let mut child = program()
            .args([
                "demo",
                "--headless",
                "--patients",
                "400",
                "--dir",
                dir.to_str().unwrap(),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The servers are up when the step that starts them is done.
        assert!(lines.any(|line| line.unwrap().contains("gateway at")));
        assert!(
            processes_of(&dir).len() >= 5,
            "the demo, three sites, a gateway"
        );
        let pid = child.id().to_string();
        std::process::Command::new("kill")
            .args([&format!("-{signal}"), &pid])
            .status()
            .unwrap();
        child.wait().unwrap();
        // After SIGKILL the servers see their standard input end; give the kernel its turns.
        for _ in 0..1_000_000 {
            if processes_of(&dir).is_empty() {
                break;
            }
            std::thread::yield_now();
        }
        assert_eq!(processes_of(&dir), Vec::<u32>::new(), "after SIG{signal}");
    }
}

#[test]
fn a_demo_without_such_a_site_or_in_a_foreign_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let dir = dir.to_str().unwrap();
    hlincos(&[
        "demo",
        "--headless",
        "--dir",
        dir,
        "--lying-site",
        "tokyo",
        "--patients",
        "1",
    ])
    .refused(&["tokyo", "osaka"]);
    std::fs::write(folder.path().join("thesis"), "x").unwrap();
    let foreign = folder.path().to_str().unwrap();
    hlincos(&["demo", "--headless", "--dir", foreign]).refused(&["not a demo's folder", "--dir"]);
    hlincos(&["demo", "--headless", "--dir", dir, "-k", "4"]).refused(&["k = 4"]);
}
