//! What is lost is told as lost, what is left over as left over, and the rest goes on.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::cluster::{COMPOSED_PATIENT, Cluster, append};
use crate::faults::{find_segments, strike_during_backup};
use crate::trees;

/// Damages every share object of a class on a site's disk while it runs; tells how many.
///
/// The head begins with `HLSO`, version and class (`spec/share-object.md`, section 2).
fn damage(cluster: &Cluster, site: usize, class: u8) -> usize {
    let mut segments = Vec::new();
    find_segments(&cluster.site_dir(site).join("data"), &mut segments);
    let (pattern, mut damaged) = ([b'H', b'L', b'S', b'O', 1, class], 0);
    for segment in segments {
        let mut bytes = fs::read(&segment).unwrap();
        let heads: Vec<usize> = (0..bytes.len().saturating_sub(200))
            .filter(|at| bytes[*at..].starts_with(&pattern))
            .collect();
        heads.iter().for_each(|at| bytes[at + 100] ^= 0xFF);
        damaged += heads.len();
        fs::write(&segment, bytes).unwrap();
    }
    damaged
}

#[test]
fn what_a_killed_run_left_is_promised_by_the_run_that_builds_on_it() {
    // The agent's state is gone too: the new journal is rebuilt from the sites, and what the killed
    // run had sent is not sent again. It must then be listed, or its loss would pass for a leftover.
    let mut cluster = Cluster::start();
    let store = cluster.store(60);
    strike_during_backup(&mut cluster, &store, 900_000, |_, agent| {
        agent.kill().unwrap();
    });
    fs::remove_dir_all(cluster.path("agent/state")).unwrap();
    cluster.backup(&store).json(0);
    let check = cluster.run(&["check"]).json(0);
    assert_eq!(check["leftovers"], 0, "{check}");
    assert!(check["whole"].as_u64().unwrap() > 0);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));

    for site in [0, 1] {
        assert!(damage(&cluster, site, 1) > 0);
    }
    let check = cluster.run(&["check"]).json(4);
    assert!(check["lost"].as_u64().unwrap() > 0, "{check}");
    let (ran, _) = cluster.restore("after-loss", &[]);
    assert_eq!(ran.json(4)["complete"], false);
}

#[test]
fn a_lost_directory_page_is_told_and_neither_the_rest_nor_the_next_run_is_blocked() {
    let cluster = Cluster::start();
    let small = cluster.path("small");
    trees::copy(&cluster.store(3), &small);
    cluster.backup(&small).json(0);
    for site in [0, 1] {
        assert!(damage(&cluster, site, 3) > 0);
    }
    let check = cluster.run(&["check"]).json(4);
    assert!(check["lost"].as_u64().unwrap() > 0, "{check}");
    let named: Vec<&str> = check["sites"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|site| site["site"].as_str())
        .collect();
    assert_eq!(named, ["osaka", "nagoya"]);
    cluster.run(&["rebuild"]).json(0);
    let (ran, _) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(4)["complete"], false);
    // A further run goes on with the next number, and its own files restore.
    fs::write(small.join("note.txt"), "new").unwrap();
    let report = cluster.backup(&small).json(0);
    assert_eq!(report["generation"], 2);
    let (_, dir) = cluster.restore("later", &[]);
    assert_eq!(fs::read(dir.join("note.txt")).unwrap(), b"new");
}

#[test]
fn a_lost_run_record_leaves_its_number_taken_and_its_bundles_are_not_taken_for_leftovers() {
    let cluster = Cluster::start();
    let store = cluster.store(3);
    cluster.backup(&store).json(0);
    for site in [0, 1] {
        assert!(damage(&cluster, site, 4) > 0);
        assert!(damage(&cluster, site, 1) > 0);
    }
    let check = cluster.run(&["check"]).json(4);
    assert!(check["lost"].as_u64().unwrap() > 1, "{check}");
    assert_eq!(check["leftovers"], 0, "{check}");
    fs::write(store.join("note.txt"), "new").unwrap();
    assert_eq!(cluster.backup(&store).json(0)["generation"], 2);
}

#[test]
fn a_gateway_that_lost_its_folder_finds_every_patient_after_the_next_backup_too() {
    let mut cluster = Cluster::start();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed");
    cluster.backup(&store).json(0);
    cluster.gateway = None;
    fs::remove_dir_all(cluster.path("gateway/data")).unwrap();
    cluster.start_gateway();
    cluster.backup(&store).json(0);
    let found = cluster.run(&["query", COMPOSED_PATIENT]).json(0);
    assert!(found.to_string().contains("ペニシリン"), "{found}");
    let status = cluster.run(&["status"]).json(0);
    assert_eq!(
        status["stores"][0]["generations"].as_array().unwrap().len(),
        2
    );
}

#[test]
fn a_catalogue_that_is_behind_is_read_anew_before_a_patient_is_denied() {
    let mut cluster = Cluster::start();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed");
    let empty = cluster.path("empty");
    fs::create_dir_all(empty.join("folder")).unwrap();
    cluster
        .run(&["backup", empty.to_str().unwrap(), "--name", "other"])
        .json(0);
    let catalogue = cluster.path("gateway/data/catalogue.json");
    let old = fs::read(&catalogue).unwrap();
    cluster.backup(&store).json(0);
    // As a second gateway would have it that did not see the last run.
    cluster.gateway = None;
    fs::write(&catalogue, old).unwrap();
    cluster.start_gateway();
    cluster.run(&["query", COMPOSED_PATIENT]).json(0);
}

#[test]
fn what_a_failed_attempt_left_is_counted_as_left_over_and_not_as_degraded() {
    let mut cluster = Cluster::start();
    let store = cluster.store(60);
    strike_during_backup(&mut cluster, &store, 900_000, |_, agent| {
        agent.kill().unwrap();
    });
    // The store is another one by the time the run goes on: what was packed is packed anew.
    fs::remove_dir_all(cluster.path("agent/state")).unwrap();
    fs::remove_dir_all(&store).unwrap();
    fs::create_dir_all(&store).unwrap();
    fs::write(store.join("note.txt"), "all that is left").unwrap();
    let report = cluster.backup(&store).json(0);
    assert_eq!(report["files"], 1);
    let check = cluster.run(&["check"]).json(0);
    assert_eq!((&check["degraded"], &check["lost"]), (&0.into(), &0.into()));
}

#[test]
fn an_agent_may_use_the_stores_that_the_gateway_s_configuration_names_for_it() {
    let mut cluster = Cluster::start();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed");
    cluster.backup(&store).json(0);
    cluster.gateway = None;
    append(
        &cluster.path("gateway/gateway.toml"),
        "agents = { rival = [\"theirs\"], hospital = [\"annex\"] }",
    );
    cluster.start_gateway();
    cluster
        .backup(&store)
        .refused(&["hospital", "kochi", "[agents]"]);
    let (ran, dir) = cluster.restore("restored", &[]);
    ran.refused(&["hospital", "kochi"]);
    assert!(!dir.exists());
    let annex = ["backup", store.to_str().unwrap(), "--name", "annex"];
    cluster.run(&annex).json(0);
}

#[test]
fn a_site_that_hangs_does_not_keep_a_query_from_its_answer() {
    let cluster = Cluster::start();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed");
    cluster.backup(&store).json(0);
    let hung = cluster.sites[1].as_ref().unwrap().id().to_string();
    let signal = |name: &str| {
        let kill = std::process::Command::new("kill")
            .args([name, &hung])
            .stdout(Stdio::null())
            .status();
        assert!(kill.unwrap().success());
    };
    signal("-STOP");
    let found = cluster.run(&["query", COMPOSED_PATIENT]).json(0);
    signal("-CONT");
    assert!(found.to_string().contains("ペニシリン"), "{found}");
    assert!(
        found.to_string().contains("nagoya"),
        "the silent site is told: {found}"
    );
}
