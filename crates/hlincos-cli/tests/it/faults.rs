//! Faults against real processes: kills, losses, liars, rot, a full disk.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::cluster::{Cluster, Ran, append, hlincos};
use crate::trees::{self, noise, without_work};

#[test]
fn a_lying_site_is_corrected_and_named() {
    let mut cluster = Cluster::with(|cluster| {
        append(
            &cluster.site_dir(1).join("shareholder.toml"),
            "danger_lie = true",
        );
    });
    let store = cluster.store(3);
    cluster.backup(&store).json(0);
    let (ran, dir) = cluster.restore("restored", &[]);
    let report = ran.json(0);
    assert_eq!(report["summary"]["culprits"][0]["site"], "nagoya");
    trees::assert_same(&trees::read(&store), &trees::read(&dir));

    let check = cluster.run(&["check"]).json(3);
    assert_eq!(check["whole"], 0);
    assert_eq!(check["lost"], 0);
    assert_eq!(check["sites"][0]["site"], "nagoya");
    assert_eq!(check["sites"][0]["wrong"], check["degraded"]);

    // With another site gone, the liar is one of exactly k: detected, and nothing wrong is shown.
    cluster.kill_site(0);
    let (ran, dir) = cluster.restore("two-left", &[]);
    ran.refused(&["only 2 of the 3 sites", "osaka"]);
    assert_eq!(without_work(&dir), trees::Tree::new());
}

#[test]
fn with_fewer_than_k_sites_a_restore_says_so_and_writes_nothing() {
    let mut cluster = Cluster::start();
    let store = cluster.store(2);
    cluster.backup(&store).json(0);
    cluster.kill_site(0);
    cluster.kill_site(2);
    let (ran, dir) = cluster.restore("restored", &[]);
    ran.refused(&[
        "only 1 of the 2 sites",
        "osaka",
        "otemachi",
        "run the command again",
    ]);
    assert!(!dir.exists());
    cluster.run(&["check"]).refused(&["only 1 of the 2 sites"]);
    cluster.start_site(0);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

#[test]
fn with_a_site_down_a_backup_is_refused_by_default_and_degraded_where_allowed() {
    let mut cluster = Cluster::with(|cluster| {
        append(&cluster.path("gateway/gateway.toml"), "");
        let config = cluster.path("gateway/gateway.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, text.replace("patience_s = 60", "patience_s = 0")).unwrap();
    });
    let store = cluster.store(2);
    cluster.kill_site(1);
    cluster
        .backup(&store)
        .refused(&["only 2 of the 3 sites", "nagoya"]);

    cluster.gateway = None;
    append(&cluster.path("gateway/gateway.toml"), "stored_at_least = 2");
    cluster.start_gateway();
    let report = cluster.backup(&store).json(3);
    assert_eq!(report["degraded_sites"][0], "nagoya");
    let status = cluster.run(&["status"]).json(3);
    assert_eq!(status["debts"][0]["site"], "nagoya");
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));

    // The site comes back without what it missed: all restores, the check tells what is owed.
    cluster.start_site(1);
    let check = cluster.run(&["check"]).json(3);
    assert_eq!((&check["whole"], &check["lost"]), (&0.into(), &0.into()));
    assert!(check["degraded"].as_u64().unwrap() > 0);
}

#[test]
fn a_rotten_share_is_noticed_named_and_restored_around() {
    let mut cluster = Cluster::start();
    let store = cluster.store(2);
    cluster.backup(&store).json(0);
    spoil_segments(&mut cluster, 2);
    let check = cluster.run(&["check"]).json(3);
    assert_eq!(check["lost"], 0);
    assert!(check["degraded"].as_u64().unwrap() >= 1, "{check}");
    assert_eq!(check["sites"][0]["site"], "otemachi");
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

pub(crate) fn find_segments(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_segments(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "seg") {
            found.push(path);
        }
    }
}

/// Bytes of all segments of a site: they grow while a backup runs.
fn segment_bytes(cluster: &Cluster, site: usize) -> u64 {
    let mut segments = Vec::new();
    find_segments(&cluster.site_dir(site).join("data"), &mut segments);
    segments
        .iter()
        .filter_map(|path| fs::metadata(path).ok())
        .map(|meta| meta.len())
        .sum()
}

/// Runs a backup until a site's segments have grown by `bytes` (or the backup ends), then
/// `strike`s; gives how the backup ended.
pub(crate) fn strike_during_backup(
    cluster: &mut Cluster,
    store: &Path,
    bytes: u64,
    strike: impl FnOnce(&mut Cluster, &mut std::process::Child),
) -> Ran {
    let before = segment_bytes(cluster, 0);
    let mut child = cluster
        .command(&["backup", store.to_str().unwrap(), "--name", "kochi"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while segment_bytes(cluster, 0) < before + bytes && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    strike(cluster, &mut child);
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn a_backup_whose_agent_is_killed_at_any_moment_goes_on_and_finishes() {
    for bytes in [0, 1, 300_000, 900_000, 2_000_000] {
        let mut cluster = Cluster::start();
        let store = cluster.store(60);
        let ran = strike_during_backup(&mut cluster, &store, bytes, |_, agent| {
            agent.kill().unwrap();
        });
        let was_killed = ran.code == -1;
        let report = cluster.backup(&store).json(0);
        if was_killed {
            assert_eq!(
                report["generation"], 1,
                "the killed run's generation is gone on with"
            );
        }
        assert_eq!(cluster.backup(&store).json(0)["files_sent"], 0);
        let (ran, dir) = cluster.restore("restored", &[]);
        assert_eq!(ran.json(0)["complete"], true);
        trees::assert_same(&trees::read(&store), &trees::read(&dir));
        let check = cluster.run(&["check"]).json(0);
        assert_eq!((&check["degraded"], &check["lost"]), (&0.into(), &0.into()));
    }
}

#[test]
fn a_backup_whose_gateway_is_killed_says_so_and_finishes_at_the_next_try() {
    for bytes in [1, 900_000] {
        let mut cluster = Cluster::start();
        let store = cluster.store(60);
        let ran = strike_during_backup(&mut cluster, &store, bytes, |cluster, _| {
            cluster.gateway = None;
        });
        cluster.start_gateway();
        if ran.code != 0 {
            assert!(ran.err.contains("gateway"), "{}", ran.err);
        }
        cluster.backup(&store).json(0);
        let (ran, dir) = cluster.restore("restored", &[]);
        assert_eq!(ran.json(0)["complete"], true);
        trees::assert_same(&trees::read(&store), &trees::read(&dir));
    }
}

#[test]
fn a_backup_waits_for_a_killed_site_and_finishes_when_it_is_back() {
    let mut cluster = Cluster::start();
    let store = cluster.store(60);
    let ran = strike_during_backup(&mut cluster, &store, 300_000, |cluster, _| {
        cluster.kill_site(2);
        cluster.start_site(2);
    });
    let report = ran.json(0);
    assert_eq!(report["degraded_sites"].as_array().unwrap().len(), 0);
    let check = cluster.run(&["check"]).json(0);
    assert_eq!((&check["degraded"], &check["lost"]), (&0.into(), &0.into()));
    // Whatever was acknowledged is there from any two sites.
    cluster.kill_site(0);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

#[test]
fn a_full_disk_at_one_site_is_told_with_the_next_step_and_the_backup_goes_on_after() {
    let small = tempfile::tempdir().unwrap();
    let mount = |options: &str| {
        std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(small.path())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !mount("size=6m") {
        eprintln!(
            "a small disk cannot be mounted here (it takes root); the full disk was not tried"
        );
        return;
    }
    struct Mounted<'a>(&'a Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount")
                .arg("-l")
                .arg(self.0)
                .status();
        }
    }
    let _mounted = Mounted(small.path());
    let data = small.path().join("data");
    let cluster = Cluster::with(|cluster| {
        let config = cluster.site_dir(1).join("shareholder.toml");
        let text = fs::read_to_string(&config).unwrap();
        let line = format!("data = \"{}\"", data.display());
        let text = text.replace("data = \"data\"", &line);
        let text = text.replace("reserve_mib = 64", "reserve_mib = 1");
        fs::write(&config, text).unwrap();
    });
    let store = cluster.store(2);
    fs::write(store.join("big"), noise(12 << 20)).unwrap();
    cluster
        .backup(&store)
        .refused(&["nagoya", "disk is full", "free space"]);
    let grown = std::process::Command::new("mount")
        .args(["-o", "remount,size=100m"])
        .arg(small.path())
        .status()
        .unwrap();
    assert!(grown.success());
    cluster.backup(&store).json(0);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

/// Spoils the byte in the middle of each of a site's segments.
fn spoil_segments(cluster: &mut Cluster, site: usize) {
    cluster.kill_site(site);
    let mut segments = Vec::new();
    find_segments(&cluster.site_dir(site).join("data"), &mut segments);
    for segment in segments {
        let mut bytes = fs::read(&segment).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xFF;
        fs::write(&segment, bytes).unwrap();
    }
    cluster.start_site(site);
}

#[test]
fn what_sites_lost_for_good_is_told_with_its_remedy_and_sent_again() {
    let mut cluster = Cluster::start();
    let store = cluster.store(3);
    cluster.backup(&store).json(0);
    // All sites keep the same objects in the same order: the same bundle goes at both.
    spoil_segments(&mut cluster, 0);
    spoil_segments(&mut cluster, 1);
    let check = cluster.run(&["check"]).json(4);
    assert_eq!(check["lost"], 1);
    let operator = cluster.text("operator/operator.toml");
    let told = hlincos(&["check", "--config", &operator]);
    assert!(told.out.contains("--resend") && told.out.contains("nobody can tell"));
    let (ran, dir) = cluster.restore("lossy", &[]);
    let report = ran.json(4);
    assert_eq!(report["complete"], false);
    assert!(dir.join(report["unfinished"].as_str().unwrap()).is_dir());

    let args = [
        "backup",
        store.to_str().unwrap(),
        "--name",
        "kochi",
        "--resend",
    ];
    let resent = cluster.run(&args).json(0);
    assert_eq!(resent["given_up"], 1);
    assert!(resent["files_sent"].as_u64().unwrap() > 0);
    assert!(
        resent["files_sent"].as_u64() < resent["files"].as_u64(),
        "the rest is there still"
    );

    let check = cluster.run(&["check"]).json(0);
    assert_eq!((&check["lost"], &check["given_up"]), (&0.into(), &1.into()));
    let again = cluster.run(&args).json(0);
    assert_eq!(
        (&again["files_sent"], &again["given_up"]),
        (&0.into(), &0.into())
    );
    // The same command goes on in the folder of the restore that was not complete.
    let (ran, dir) = cluster.restore("lossy", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
    for patient in fs::read_dir(store.join("1318814790/000/000")).unwrap() {
        let patient = patient.unwrap().file_name().into_string().unwrap();
        assert_eq!(cluster.run(&["query", &patient]).json(0)["missing"], 0);
    }
    let (ran, _) = cluster.restore("before", &["--as-of", "1"]);
    assert_eq!(ran.json(4)["complete"], false, "the past stays incomplete");
}
