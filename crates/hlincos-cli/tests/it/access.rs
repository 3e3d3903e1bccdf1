//! Who may read: roles over the wire, revocation on a running gateway, the log of readings.

use std::fs;

use serde_json::Value;

use crate::cluster::{COMPOSED_PATIENT, Cluster, Ran, hlincos};
use crate::samples::composed;

/// The doctor's certificate again, with other roles.
fn certify(cluster: &Cluster, roles: &[&str]) {
    for file in ["doctor.crt.pem", "doctor.key.pem"] {
        fs::remove_file(cluster.path("terminal").join(file)).unwrap();
    }
    let (ca, out) = (cluster.text("ca"), cluster.text("terminal"));
    let mut args = vec![
        "ca",
        "issue",
        "--dir",
        &ca,
        "--role",
        "clinician",
        "--name",
        "doctor",
        "--out",
        &out,
    ];
    for role in roles {
        args.extend(["--hcrole", role]);
    }
    let ran = hlincos(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

fn query(cluster: &Cluster) -> Ran {
    cluster.run(&["query", COMPOSED_PATIENT, "--purpose", "treatment"])
}

fn log(cluster: &Cluster) -> String {
    fs::read_to_string(cluster.path("gateway/data/readings.jsonl")).unwrap()
}

#[test]
fn a_reading_is_written_down_before_it_leaves_with_no_patient_in_it() {
    let cluster = Cluster::start();
    cluster.backup(&composed()).json(0);
    query(&cluster).json(0);
    let text = log(&cluster);
    assert!(!text.contains(COMPOSED_PATIENT), "{text}");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    let line = &lines[0];
    assert_eq!(line["who"], "doctor.clinician.hlincos.internal");
    assert_eq!(line["role"], "Medical Doctor");
    assert_eq!(line["class"], "messages");
    assert_eq!(line["purpose"], "treatment");
    assert!(line["grade"].as_str().unwrap().contains("TLS 1.3"));
    let handle = line["handle"].as_str().unwrap().to_owned();
    assert_eq!(handle.len(), 64);
    // The same patient has the same handle, and no site's folder is called so.
    query(&cluster).json(0);
    let again: Value = serde_json::from_str(log(&cluster).lines().nth(1).unwrap()).unwrap();
    assert_eq!(again["handle"], handle.as_str());
    let purpose = "x".repeat(201);
    cluster
        .run(&["query", COMPOSED_PATIENT, "--purpose", &purpose])
        .refused(&["purpose"]);
    assert_eq!(log(&cluster).lines().count(), 2);
}

#[test]
fn a_certificate_without_a_role_that_the_policy_names_reads_nothing() {
    let cluster = Cluster::start();
    cluster.backup(&composed()).json(0);
    for (roles, allowed) in [
        (&[][..], false),
        (&["Certified Social Worker"], false),
        (&["介護福祉士", "看護師"], true),
    ] {
        certify(&cluster, roles);
        let ran = query(&cluster);
        if allowed {
            ran.json(0);
        } else {
            ran.refused(&["healthcare role", "Medical Doctor"]);
        }
    }
    assert_eq!(log(&cluster).lines().count(), 1);
}

#[test]
fn the_policy_is_the_configurations_and_a_role_that_is_none_stops_the_gateway() {
    let only = |role: &str| {
        let role = role.to_owned();
        move |cluster: &Cluster| {
            let config = cluster.path("gateway/gateway.toml");
            let text = fs::read_to_string(&config).unwrap();
            let access = format!("[access]\nmessages = [\"{role}\"]\n\n[randomness]");
            fs::write(&config, text.replace("[randomness]", &access)).unwrap();
        }
    };
    let mut cluster = Cluster::with(only("歯科医師"));
    cluster.backup(&composed()).json(0);
    query(&cluster).refused(&["Dentist"]);
    certify(&cluster, &["Dentist"]);
    query(&cluster).json(0);

    cluster.gateway = None;
    let config = cluster.path("gateway/gateway.toml");
    let text = fs::read_to_string(&config)
        .unwrap()
        .replace("歯科医師", "Wizard");
    fs::write(&config, text).unwrap();
    let ran = hlincos(&["serve", "gateway", "--config", config.to_str().unwrap()]);
    ran.refused(&["Wizard", "hlincos ca roles"]);
}

#[test]
fn a_revocation_reaches_a_running_gateway_and_a_missing_list_lets_nobody_in() {
    let crls = |cluster: &Cluster| {
        let ca = cluster.text("ca");
        assert_eq!(hlincos(&["ca", "crl", "--dir", &ca]).code, 0);
        fs::copy(cluster.path("ca/crl.pem"), cluster.path("gateway/crl.new")).unwrap();
        let (new, old) = (
            cluster.path("gateway/crl.new"),
            cluster.path("gateway/crl.pem"),
        );
        fs::rename(new, old).unwrap();
    };
    let cluster = Cluster::with(|cluster| {
        let config = cluster.path("gateway/gateway.toml");
        let text = fs::read_to_string(&config).unwrap();
        let access = "[access]\ncrls = \"crl.pem\"\n\n[randomness]";
        fs::write(&config, text.replace("[randomness]", access)).unwrap();
        crls(cluster);
    });
    cluster.backup(&composed()).json(0);
    query(&cluster).json(0);
    let ca = cluster.text("ca");
    assert_eq!(hlincos(&["ca", "revoke", "--dir", &ca, "doctor"]).code, 0);
    query(&cluster).json(0);
    crls(&cluster);
    query(&cluster).refused(&["revoked"]);
    fs::remove_file(cluster.path("gateway/crl.pem")).unwrap();
    query(&cluster).refused(&["revocation list", "hlincos ca crl"]);
    assert_eq!(log(&cluster).lines().count(), 2);
}

#[test]
fn a_servers_certificate_does_not_call() {
    let cluster = Cluster::start();
    for kind in ["crt", "key"] {
        fs::copy(
            cluster.path(&format!("site-osaka/osaka.{kind}.pem")),
            cluster.path(&format!("operator/operator.{kind}.pem")),
        )
        .unwrap();
    }
    cluster.run(&["status"]).refused(&["certificate"]);
}

#[test]
fn a_gateway_that_cannot_write_its_log_reads_nothing() {
    let mut cluster = Cluster::start();
    cluster.backup(&composed()).json(0);
    cluster.gateway = None;
    let path = cluster.path("gateway/data/readings.jsonl");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    cluster.start_gateway();
    query(&cluster).refused(&["log of readings"]);
}
