//! Suites as an authority and an operator meet them.

use std::fs;

use crate::cluster::{Cluster, hlincos};

#[test]
fn all_twelve_suites_work_on_this_machine_and_the_report_has_what_it_promises() {
    let report = hlincos(&["suites", "--check", "--runs", "1", "--json"]);
    // 3: a suite took longer than its mark, as it may on a machine that does other things too.
    assert!([0, 3].contains(&report.code), "{}", report.err);
    let report = report.json(report.code);
    let suites = report["suites"].as_array().unwrap();
    assert_eq!(suites.len(), 12);
    for suite in suites {
        assert_eq!(suite["ok"], true, "{suite}");
        for name in ["root", "exchange", "signature", "role"] {
            assert!(suite[name].is_string(), "{name}: {suite}");
        }
        for name in [
            "wall_ms",
            "cpu_ms",
            "bytes_up",
            "bytes_down",
            "chain_bytes",
            "round_trips",
        ] {
            assert!(suite[name].as_f64().unwrap() > 0.0, "{name}: {suite}");
        }
        assert_eq!(suite["hc_roles"][0], "Medical Doctor");
        let small = suite["signature"] != "ml-dsa-65";
        assert_eq!(suite["round_trips"] == 2, small, "{suite}");
        assert!(!small || suite["bytes_down"].as_u64().unwrap() <= 7_200);
    }
}

#[test]
fn an_authority_takes_a_suite_from_a_role_while_the_gateway_runs_and_gives_it_back() {
    let cluster = Cluster::start();
    cluster.issue("authority", "authority", "authority");
    let put = |serial: u32, roles: &str| {
        let text = format!(
            "format = \"hlincos-suite-policy-1\"\nserial = {serial}\n[[suite]]\n\
             root = \"ml-dsa-65\"\nexchange = \"x25519mlkem768\"\nsignature = \"ml-dsa-65\"\n\
             {roles}"
        );
        let policy = cluster.path("authority/suites.toml");
        fs::write(&policy, text).unwrap();
        let policy = policy.to_str().unwrap();
        let certificate = cluster.text("authority/authority.crt.pem");
        let key = cluster.text("authority/authority.key.pem");
        let sign = ["suites", "sign", policy, "--certificate", &certificate];
        let signed = hlincos(&[&sign[..], &["--key", &key]].concat());
        assert_eq!(signed.code, 0, "{}", signed.err);
        for file in ["suites.toml", "suites.toml.sig"] {
            let from = cluster.path("authority").join(file);
            fs::copy(from, cluster.path("gateway").join(file)).unwrap();
        }
    };
    assert_eq!(cluster.run(&["status"]).code, 0);
    put(2, "roles = [\"gateway\", \"shareholder\", \"agent\"]\n");
    cluster.run(&["status"]).refused(&["suite policy"]);
    put(1, "");
    cluster.run(&["status"]).refused(&["suite policy"]);
    put(3, "");
    assert_eq!(cluster.run(&["status"]).code, 0);

    let root = cluster.text("authority/root.crt.pem");
    let policy = cluster.text("gateway/suites.toml");
    let list = ["suites", "--policy", &policy, "--root", &root, "--json"];
    assert_eq!(hlincos(&list).json(0)["serial"], 3);
    fs::write(cluster.path("gateway/suites.toml.sig"), "").unwrap();
    hlincos(&list).refused(&["not signed"]);
}
