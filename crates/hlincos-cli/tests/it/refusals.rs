//! Bad input and wrong certificates: every refusal names its cause and the next step.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::cluster::{Cluster, hlincos};
use crate::samples::composed;

#[test]
fn a_store_that_is_not_there_is_named() {
    let cluster = Cluster::start();
    cluster
        .run(&["backup", "/nowhere/at all"])
        .refused(&["/nowhere/at all", "check the path"]);
}

#[test]
fn a_missing_configuration_says_which_command_writes_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.toml");
    let ran = hlincos(&["backup", "/tmp", "--config", config.to_str().unwrap()]);
    ran.refused(&["agent.toml", "hlincos init"]);
}

#[test]
fn a_misspelt_key_in_a_configuration_is_refused_with_its_line() {
    let cluster = Cluster::start();
    let config = cluster.path("operator/operator.toml");
    let text = fs::read_to_string(&config)
        .unwrap()
        .replace("gateway_name", "gatewayname");
    fs::write(&config, text).unwrap();
    cluster
        .run(&["status"])
        .refused(&["operator.toml", "gatewayname"]);
}

#[test]
fn a_threshold_larger_than_the_sites_is_refused_by_init_and_by_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let ran = hlincos(&[
        "init",
        "gateway",
        "--dir",
        dir,
        "--k",
        "4",
        "--site",
        "a=127.0.0.1:1",
    ]);
    ran.refused(&["k = 4", "1 site"]);

    let mut cluster = Cluster::start();
    cluster.gateway = None;
    let config = cluster.path("gateway/gateway.toml");
    let text = fs::read_to_string(&config)
        .unwrap()
        .replace("k = 2", "k = 4");
    fs::write(&config, text).unwrap();
    let ran = hlincos(&["serve", "gateway", "--config", config.to_str().unwrap()]);
    ran.refused(&["k = 4", "n = 3"]);
}

#[test]
fn a_certificate_of_another_authority_is_refused_on_both_ends() {
    let cluster = Cluster::start();
    let other = cluster.text("other-ca");
    assert_eq!(hlincos(&["ca", "init", "--dir", &other]).code, 0);
    let out = cluster.text("operator");
    for file in ["operator.crt.pem", "operator.key.pem", "root.crt.pem"] {
        fs::remove_file(cluster.path("operator").join(file)).unwrap();
    }
    let issue = [
        "ca", "issue", "--dir", &other, "--role", "operator", "--name", "operator", "--out", &out,
    ];
    assert_eq!(hlincos(&issue).code, 0);
    cluster
        .run(&["status"])
        .refused(&["gateway", "certificate"]);

    // With the right root but the foreign certificate it is the gateway that refuses.
    fs::copy(
        cluster.path("ca/root.crt.pem"),
        cluster.path("operator/root.crt.pem"),
    )
    .unwrap();
    cluster.run(&["status"]).refused(&["certificate"]);
}

#[test]
fn each_role_may_do_its_own_and_is_told_whose_the_other_is() {
    let cluster = Cluster::start();
    cluster
        .run(&["backup", composed().to_str().unwrap(), "--name", "kochi"])
        .json(0);
    let as_role = |role: &str, args: &[&str]| {
        let config = cluster.text(&format!("{role}/{role}.toml"));
        let mut args = args.to_vec();
        args.extend(["--config", &config]);
        hlincos(&args)
    };
    let store = composed();
    let store = store.to_str().unwrap();
    let into = cluster.text("into");
    as_role("terminal", &["backup", store]).refused(&["role agent", "clinician"]);
    as_role("operator", &["restore", &into, "--name", "kochi"]).refused(&["role agent"]);
    as_role("operator", &["query", "0000781125"]).refused(&["role clinician", "operator"]);
    as_role("agent", &["rebuild"]).refused(&["role operator"]);
    // A site answers gateways only: an agent that calls it like a gateway is turned away.
    let config = cluster.path("agent/agent.toml");
    let text = fs::read_to_string(&config).unwrap();
    let gateway = fs::read_to_string(cluster.path("gateway/gateway.toml")).unwrap();
    let site = gateway
        .lines()
        .find_map(|line| line.strip_prefix("address = "))
        .unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("gateway = "))
        .unwrap();
    fs::write(&config, text.replace(line, &format!("gateway = {site}"))).unwrap();
    cluster.run(&["backup", store]).refused(&["certificate"]);
}

#[test]
fn a_key_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let cluster = Cluster::start();
    let key = cluster.path("operator/operator.key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    cluster
        .run(&["status"])
        .refused(&["operator.key.pem", "chmod"]);
    let key = cluster.path("gateway/directory.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let config = cluster.text("gateway/gateway.toml");
    hlincos(&["serve", "gateway", "--config", &config]).refused(&["directory.key", "chmod 600"]);
}

#[test]
fn no_caller_without_a_certificate_learns_anything_from_any_port() {
    use std::io::{Read, Write};

    let cluster = Cluster::start();
    let gateway = fs::read_to_string(cluster.path("gateway/gateway.toml")).unwrap();
    let quoted = |line: &str| line.split('"').nth(1).map(ToOwned::to_owned);
    let addresses: Vec<String> = gateway
        .lines()
        .filter(|line| line.starts_with("address") || line.starts_with("listen"))
        .filter_map(quoted)
        .collect();
    assert_eq!(addresses.len(), 4);
    for address in addresses {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream
            .write_all(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        // An alert, or a closed connection; never HTTP.
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.windows(4).any(|word| word == b"HTTP"), "{address}");
    }
}

#[test]
fn an_unknown_store_and_an_unknown_patient_are_named() {
    let cluster = Cluster::start();
    cluster
        .run(&["backup", composed().to_str().unwrap(), "--name", "kochi"])
        .json(0);
    let dir = cluster.text("x");
    cluster
        .run(&["restore", &dir, "--name", "tokyo"])
        .refused(&["tokyo", "kochi"]);
    cluster.run(&["query", "42"]).refused(&["no record"]);
    cluster
        .run(&["backup", "/tmp", "--name", "a/b"])
        .refused(&["label", "--name"]);
}

#[test]
fn a_truncated_bundle_is_refused_by_the_gateway_and_nothing_of_it_is_kept() {
    use hlincos_net::{Call, CallError, Client};
    use hlincos_proto::gateway::{BUNDLES, write_bundles};
    use hlincos_record::bundle::{BundleBuilder, Class, Entry};
    use hlincos_record::identifier::{BundleId, Generation, Sequence, Subject};
    use hlincos_tls::Credential;

    let cluster = Cluster::start();
    let file = |name: &str| cluster.path("agent").join(name);
    let credential = Credential::from_files(
        &file("hospital.crt.pem"),
        &file("hospital.key.pem"),
        &file("root.crt.pem"),
    )
    .unwrap();
    let gateway = fs::read_to_string(cluster.path("gateway/gateway.toml")).unwrap();
    let listen = gateway
        .lines()
        .find(|line| line.starts_with("listen"))
        .unwrap();
    let address = listen.split('"').nth(1).unwrap().to_owned();
    let name = "gateway.gateway.hlincos.internal".try_into().unwrap();
    let client = Client::new(
        address,
        name,
        hlincos_tls::client_config(&credential).unwrap(),
    );

    let subject = Subject::patient("1318814790", "0000781125").unwrap();
    let mut builder = BundleBuilder::new(Class::Messages, subject, "kochi").unwrap();
    builder
        .push(
            &Entry::Removed {
                path: b"x".to_vec(),
            },
            b"",
        )
        .unwrap();
    let bundle = builder
        .finish(BundleId([1; 16]), Generation(1), Sequence::new(1, 1), 0)
        .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let send = |body: Vec<u8>| {
        runtime.block_on(client.call(Call {
            path: BUNDLES,
            body: Some(body.into()),
            content_type: "application/octet-stream",
            timeout: std::time::Duration::from_secs(60),
            answer_bytes_max: 1 << 20,
            over: None,
        }))
    };
    let whole = write_bundles([bundle.as_slice()]);
    for (body, word) in [
        (write_bundles([&bundle[..40]]), "truncated"),
        (whole[..whole.len() - 1].to_vec(), "malformed"),
        (write_bundles([&b"not a bundle at all"[..]]), "no bundle"),
    ] {
        match send(body) {
            Err(CallError::Status { status, reason }) => {
                assert_eq!(status.as_u16(), 400);
                assert!(reason.contains(word), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    let objects = cluster.run(&["status"]).json(0)["sites"][0]["objects"].clone();
    assert_eq!(objects, 0);
    send(whole).unwrap();
}
