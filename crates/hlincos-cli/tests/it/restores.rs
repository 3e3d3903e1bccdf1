//! Restores that are stopped: what is in the folder, and which command goes on in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::cluster::{Cluster, Ran};
use crate::trees::{self, noise, without_work};

/// Whether a restore into the folder is under way or was stopped.
fn is_unfinished(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| {
        entries.any(|entry| {
            let name = entry.unwrap().file_name();
            name.to_string_lossy().starts_with(".hlincos-restore-")
        })
    })
}

/// Whether a file of a patient is there under its final name.
fn holds_a_file(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| path.is_file() || holds_a_file(&path))
}

/// Starts a restore into a folder and waits until a file of a patient is there, or it ended.
fn start_restore(cluster: &Cluster, dir: &Path, more: &[&str]) -> Child {
    let mut args = vec!["restore", dir.to_str().unwrap(), "--name", "kochi"];
    args.extend(more);
    let mut child = cluster
        .command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !holds_a_file(&dir.join("1318814790")) && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child
}

/// Kills restores until one leaves its folder unfinished with some of the files in it.
fn killed_restore(cluster: &Cluster, more: &[&str]) -> PathBuf {
    for attempt in 0..20 {
        let dir = cluster.path(&format!("killed-{attempt}"));
        let mut child = start_restore(cluster, &dir, more);
        child.kill().unwrap();
        child.wait().unwrap();
        if is_unfinished(&dir) && holds_a_file(&dir.join("1318814790")) {
            return dir;
        }
    }
    panic!("every restore was faster than its murderer");
}

fn restore(cluster: &Cluster, dir: &Path, more: &[&str]) -> Ran {
    cluster
        .restore(dir.file_name().unwrap().to_str().unwrap(), more)
        .0
}

#[test]
fn a_killed_restore_goes_on_in_its_folder() {
    let cluster = Cluster::start();
    let store = cluster.store(60);
    cluster.backup(&store).json(0);
    let dir = killed_restore(&cluster, &[]);
    let whole = trees::read(&store);
    for (path, what) in without_work(&dir) {
        if what.is_some() {
            assert!(whole[&path] == what, "no partial file under its final name");
        }
    }
    assert_eq!(restore(&cluster, &dir, &[]).json(0)["complete"], true);
    trees::assert_same(&whole, &trees::read(&dir));
    restore(&cluster, &dir, &[]).refused(&["not empty"]);
}

#[test]
fn a_stopped_restore_is_gone_on_with_by_the_same_request_alone() {
    let cluster = Cluster::start();
    let store = cluster.store(60);
    cluster.backup(&store).json(0);
    fs::write(store.join("only in generation 2"), "x").unwrap();
    cluster.backup(&store).json(0);
    let dir = killed_restore(&cluster, &["--as-of", "1"]);
    for other in [&["--as-of", "2"][..], &[], &["--patient", "0000001013"]] {
        restore(&cluster, &dir, other).refused(&["generation 1", "the command that began it"]);
    }
    restore(&cluster, &dir, &["--as-of", "1"]).json(0);
    fs::remove_file(store.join("only in generation 2")).unwrap();
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

#[test]
fn a_restore_that_goes_on_keeps_nothing_that_the_store_lost_meanwhile() {
    let cluster = Cluster::start();
    let store = cluster.store(60);
    cluster.backup(&store).json(0);
    let dir = killed_restore(&cluster, &[]);
    let there = without_work(&dir);
    let path = there.iter().find(|(_, what)| what.is_some()).unwrap().0;
    let path = std::str::from_utf8(path).unwrap();
    // A file becomes a folder, and a patient goes.
    fs::remove_file(store.join(path)).unwrap();
    fs::create_dir(store.join(path)).unwrap();
    fs::write(store.join(path).join("inside"), "x").unwrap();
    cluster.backup(&store).json(0);
    let report = restore(&cluster, &dir, &[]).json(0);
    assert_eq!(report["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

#[test]
fn sites_lost_during_a_restore_are_no_loss_and_it_goes_on_when_they_are_back() {
    let mut cluster = Cluster::start();
    let store = cluster.store(60);
    // Large enough that the gateway is still reading when the first patient is there.
    fs::create_dir_all(store.join("1318814790/999/999/9999999999/-")).unwrap();
    fs::write(
        store.join("1318814790/999/999/9999999999/-/large"),
        noise(64 << 20),
    )
    .unwrap();
    cluster.backup(&store).json(0);
    let mut struck = false;
    for attempt in 0..5 {
        let dir = cluster.path(&format!("struck-{attempt}"));
        let child = start_restore(&cluster, &dir, &[]);
        cluster.kill_site(0);
        cluster.kill_site(2);
        let ran = Ran::from(child.wait_with_output().unwrap());
        if ran.code != 0 {
            ran.refused(&["osaka", "otemachi"]);
            assert!(is_unfinished(&dir));
            restore(&cluster, &dir, &[]).refused(&["only 1 of the 2 sites"]);
            struck = true;
        }
        cluster.start_site(0);
        cluster.start_site(2);
        if struck {
            assert_eq!(restore(&cluster, &dir, &[]).json(0)["complete"], true);
            trees::assert_same(&trees::read(&store), &trees::read(&dir));
            return;
        }
    }
    panic!("every restore was done before its sites were gone");
}

#[test]
fn a_store_with_the_work_folder_of_a_restore_in_it_restores_whole() {
    let cluster = Cluster::start();
    let store = cluster.store(2);
    cluster.backup(&store).json(0);
    let names = [
        ".hlincos-restore/1".to_owned(),
        ".hlincos-restore/request.json".to_owned(),
        ".hlincos-restore-0123/request.json".to_owned(),
        "request.json".to_owned(),
    ];
    for name in &names {
        let path = store.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "part of the store").unwrap();
    }
    cluster.backup(&store).json(0);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
    let (ran, _) = cluster.restore("restored", &[]);
    ran.refused(&["not empty"]);
}
