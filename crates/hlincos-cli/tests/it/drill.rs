//! Drills as people run them; figures are theirs to judge, not a test's.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use hlincos_testbed::Testbed;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cluster::{Ran, hlincos, program};

const QUICK: [&str; 7] = ["drill", "link", "--rtt-ms", "2", "--runs", "1", "--json"];

/// The report of a link drill, complete whether or not the machine was too busy for it.
fn report(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.out)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.out, ran.err));
    let in_time = report["in_time"].as_bool().unwrap();
    assert_eq!(ran.code, if in_time { 0 } else { 3 });
    for row in report["rows"].as_array().unwrap() {
        assert_eq!(row["failed"], 0, "{row}");
        assert_eq!(row["runs"], 1, "{row}");
        assert!(row["bound_ms"].as_f64().unwrap() > 2.0, "{row}");
    }
    report
}

fn probes(report: &Value) -> Vec<(&str, u64)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row["probe"].as_str().unwrap(),
            row["bytes"].as_u64().unwrap(),
        )
    })
    .collect()
}

/// Whether TUN must and can run here; says so where it cannot.
fn tun_runs() -> bool {
    let Some(lack) = Testbed::without_tun() else {
        return true;
    };
    assert!(std::env::var_os("CI_REQUIRE_TUN").is_none(), "{lack}");
    eprintln!("not run with TUN: {lack}");
    false
}

#[test]
fn a_link_is_measured_inside_the_process_and_marked_so() {
    let ran = hlincos(&[&QUICK[..], &["--in-process", "--loss", "0.01"]].concat());
    let report = report(&ran);
    assert_eq!(report["emulator"], "in-process");
    assert_eq!(report["without_tun"], "--in-process was given");
    assert_eq!(report["up"]["loss"], 0.01);
    assert!(!probes(&report).contains(&("TCP connect", 0)));
    assert!(report["down"]["delivered_bytes"].as_u64().unwrap() > 2 * 121_000);
}

#[test]
fn a_link_is_measured_with_the_kernels_own_tcp_where_it_may() {
    let is_tun = tun_runs();
    let report = report(&hlincos(&QUICK));
    assert_eq!(
        report["emulator"],
        if is_tun { "tun" } else { "in-process" }
    );
    assert_eq!(report["without_tun"].is_null(), is_tun);
    assert_eq!(report["rtt_ms"], 2.0);
    assert_eq!(probes(&report).contains(&("TCP connect", 0)), is_tun);
    for bytes in [1_000, 20_000, 100_000] {
        assert!(probes(&report).contains(&("TCP cold", bytes)));
        assert!(probes(&report).contains(&("TCP warm", bytes)));
    }
}

#[test]
fn what_no_link_can_be_is_refused() {
    hlincos(&["drill", "link", "--loss", "2"]).refused(&["--loss", "0 to 1"]);
    hlincos(&["drill", "link", "--up", "1"]).refused(&["--up", "1e3"]);
    hlincos(&["drill", "link", "--rtt-ms=-1"]).refused(&["--rtt-ms"]);
    hlincos(&["drill", "link", "--link", "moon"]).refused(&["moon", "satellite"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    fs::write(
        &path,
        "nodes = ['a', 'b']\n[[link]]\nname = 'x'\nbetween = ['a', 'z']",
    )
    .unwrap();
    let file = path.to_str().unwrap();
    hlincos(&["drill", "link", "--topology", file]).refused(&["bad.toml", "between"]);
    hlincos(&["drill", "link", "--topology", "absent.toml"]).refused(&["absent.toml"]);
}

#[test]
fn a_topology_stays_up_until_it_is_told_to_end() {
    if !tun_runs() {
        return hlincos(&["drill", "topology"]).refused(&["TUN emulator cannot run here"]);
    }
    let mut command = program();
    command.args(["drill", "topology"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut drill = command.spawn().unwrap();
    // All of it: a pipe closed too early would break what it still prints.
    let shown = BufReader::new(drill.stdout.take().unwrap()).lines();
    let lines = shown.map_while(Result::ok);
    let lines: Vec<String> = { lines }
        .take_while(|line| !line.contains("Ctrl-C"))
        .collect();
    let of_kochi = lines.iter().find(|line| line.starts_with("kochi")).unwrap();
    let words: Vec<&str> = of_kochi.split_whitespace().collect();
    let (address, namespace) = (words[1], words[5]);

    let inside = |arguments: &[&str]| {
        let mut command = Command::new("ip");
        let output = command
            .args(["netns", "exec", namespace, "ip"])
            .args(arguments)
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(inside(&["addr"]).contains(address));
    let mut input = drill.stdin.take().unwrap();
    let mut errors = BufReader::new(drill.stderr.take().unwrap()).lines();
    for (asked, answer) in [
        ("cut kochi-osaka", "is cut"),
        ("reroute", "quickest ways"),
        ("cut moon", "which link"),
    ] {
        writeln!(input, "{asked}").unwrap();
        assert!(errors.next().unwrap().unwrap().contains(answer), "{asked}");
    }
    let routes = inside(&["route"]);
    assert!(routes.lines().count() == 5 && routes.lines().all(|line| line.contains("satellite")));

    let pid = Pid::from_child(&drill);
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(drill.wait().unwrap().code(), Some(0));
    assert!(!fs::exists(format!("/run/netns/{namespace}")).unwrap());
}
