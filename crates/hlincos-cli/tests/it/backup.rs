//! Backups and restores: what is sent, what comes back, as of when.

use std::fs;

use crate::cluster::Cluster;
use crate::samples::composed;
use crate::trees;

#[test]
fn a_second_backup_sends_nothing_and_a_rename_sends_only_names() {
    let cluster = Cluster::start();
    let store = cluster.store(3);
    let first = cluster.backup(&store).json(0);
    assert_eq!(first["generation"], 1);
    assert_eq!(
        first["files"],
        first["files_sent"].as_u64().unwrap() + first["files_referenced"].as_u64().unwrap()
    );

    let second = cluster.backup(&store).json(0);
    assert_eq!(second["generation"], 2);
    assert_eq!(second["files_sent"], 0);
    assert_eq!(second["files"], first["files"]);

    // As SS-MIX2 updates: the current file becomes a past version, a new current one is written.
    let tree = trees::read(&store);
    let current = tree.keys().find(|path| path.ends_with(b"_1")).unwrap();
    let current = store.join(std::str::from_utf8(current).unwrap());
    let mut past = current.to_str().unwrap().to_owned();
    past.replace_range(past.len() - 1.., "2");
    fs::rename(&current, &past).unwrap();
    let third = cluster.backup(&store).json(0);
    assert_eq!(third["files_sent"], 0, "a rename sends no content");
    assert_eq!(
        (&third["files_referenced"], &third["removed"]),
        (&1.into(), &1.into())
    );

    fs::write(&current, "a new message").unwrap();
    let fourth = cluster.backup(&store).json(0);
    assert_eq!(fourth["files_sent"], 1);
    assert_eq!(fourth["bytes_sent"], "a new message".len());
}

/// A record of the transaction storage, appended as a hospital's writer does.
fn append_transaction(folder: &std::path::Path, patient: &str) {
    use std::io::Write;
    fs::create_dir_all(folder.join("2026")).unwrap();
    let log = folder.join("2026/TR_20260101000000000_00001.DAT");
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    let header = format!(
        "#SSMIX,2.00,1318814790,{patient},-,ADT-00,999999999999999,INS,-,20260101000000000\r\n"
    );
    // Longer than a header, as every message is: a run re-reads one header's length.
    write!(file, "{header}MSH|^~\\&|{}\r\n", "x".repeat(600)).unwrap();
}

#[test]
fn a_run_with_transactions_looks_only_at_the_patients_that_they_name() {
    let cluster = Cluster::start();
    let store = cluster.store(4);
    let log = cluster.path("transactions");
    fs::create_dir(&log).unwrap();
    let backup = || {
        let (store, log) = (store.to_str().unwrap(), log.to_str().unwrap());
        let args = ["backup", store, "--name", "kochi", "--transactions", log];
        cluster.run(&args).json(0)
    };
    let first = backup();
    assert!(first["looked_everywhere"].is_string() && first["patients_looked_at"].is_null());

    // Four files change, the transactions tell of two of them; one patient is wholly new.
    let tree = trees::read(&store);
    let mut folders: Vec<String> = tree
        .keys()
        .map(|path| String::from_utf8(path.clone()).unwrap())
        .filter_map(|path| {
            Some(path.split('/').take(4).collect::<Vec<_>>()).map(|parts| parts.join("/"))
        })
        .collect();
    folders.sort();
    folders.dedup();
    let id = |folder: &str| folder.rsplit('/').next().unwrap().to_owned();
    for folder in &folders[..3] {
        fs::write(store.join(folder).join("note"), "new").unwrap();
    }
    fs::create_dir_all(store.join("1318814790/999/999/9999999999/-")).unwrap();
    fs::write(store.join("1318814790/999/999/9999999999/-/note"), "new").unwrap();
    append_transaction(&log, &id(&folders[0]));
    append_transaction(&log, "9999999999");
    let second = backup();
    assert_eq!(second["patients_looked_at"], 2);
    assert_eq!(
        (&second["files_sent"], &second["removed"]),
        (&2.into(), &0.into())
    );
    let files = first["files"].as_u64().unwrap();
    assert_eq!(
        second["files"],
        files + 2,
        "the files of the others are still counted"
    );

    // The next run looks at them once more; a removal is seen too.
    fs::remove_file(store.join(&folders[0]).join("note")).unwrap();
    let third = backup();
    assert_eq!(
        (&third["patients_looked_at"], &third["removed"]),
        (&2.into(), &1.into())
    );
    // What no transaction told is found by a run without them.
    let whole = cluster.backup(&store).json(0);
    assert_eq!(
        (&whole["files_sent"], &whole["files"]),
        (&2.into(), &(files + 3).into())
    );
    let (restored, into) = cluster.restore("back", &[]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    assert_eq!(trees::read(&into), trees::read(&store));
}

#[test]
fn what_a_run_with_transactions_could_not_read_is_backed_up_once_it_can() {
    let cluster = Cluster::start();
    let store = cluster.path("store");
    trees::copy(&composed(), &store);
    let log = cluster.path("transactions");
    fs::create_dir(&log).unwrap();
    append_transaction(&log, "0000781125");
    let backup = |code| {
        let (store, log) = (store.to_str().unwrap(), log.to_str().unwrap());
        let args = ["backup", store, "--name", "kochi", "--transactions", log];
        cluster.run(&args).json(code)
    };
    backup(0);
    // Symbolic links are not backed up: they stand for whatever cannot be read.
    let note = store.join("1318814790/000/078/0000781125/note");
    std::os::unix::fs::symlink("elsewhere", &note).unwrap();
    append_transaction(&log, "0000781125");
    for _ in 0..4 {
        let run = backup(3);
        assert_eq!(
            (&run["unreadable"], &run["patients_looked_at"]),
            (&1.into(), &1.into())
        );
    }
    fs::remove_file(&note).unwrap();
    fs::write(&note, "new").unwrap();
    assert_eq!(backup(0)["files_sent"], 1);
    assert_eq!(backup(0)["patients_looked_at"], 0);
}

#[test]
fn every_generation_restores_as_it_was() {
    let cluster = Cluster::start();
    let store = cluster.path("store");
    trees::copy(&composed(), &store);
    let mut past = Vec::new();
    let folder = store.join("1318814790/000/078/0000781125");
    let steps: [&dyn Fn(); 6] = [
        &|| {},
        &|| fs::write(folder.join("20190901/OMP-01/note"), "one").unwrap(),
        &|| fs::write(folder.join("20190901/OMP-01/note"), "two, longer").unwrap(),
        &|| fs::rename(folder.join("20190901/OMP-01/note"), store.join("stray")).unwrap(),
        &|| {
            fs::create_dir_all(store.join("1318814790/000/079/0000791111/empty")).unwrap();
            fs::create_dir(folder.join("20190902")).unwrap();
        },
        &|| {
            fs::remove_dir_all(&folder).unwrap();
            fs::write(
                store.join("1318814790/000/079/0000791111/empty/no more"),
                "x",
            )
            .unwrap();
        },
    ];
    for step in steps {
        step();
        assert_eq!(cluster.backup(&store).code, 0);
        past.push(trees::read(&store));
    }
    for (at, expected) in past.iter().enumerate() {
        let generation = (at + 1).to_string();
        let (ran, dir) = cluster.restore(&format!("as-of-{generation}"), &["--as-of", &generation]);
        assert_eq!(ran.json(0)["complete"], true);
        trees::assert_same(expected, &trees::read(&dir));
    }
    let (ran, _) = cluster.restore("as-of-9", &["--as-of", "9"]);
    ran.refused(&["generation 9", "the last one is 6"]);
}

#[test]
fn one_patient_restores_alone() {
    let cluster = Cluster::start();
    let store = cluster.store(4);
    cluster.backup(&store).json(0);
    let tree = trees::read(&store);
    let first = tree.keys().next().unwrap();
    let parts: Vec<&[u8]> = first.split(|byte| *byte == b'/').collect();
    let patient = std::str::from_utf8(parts[3]).unwrap();
    let (ran, dir) = cluster.restore("one", &["--patient", patient]);
    assert_eq!(ran.json(0)["complete"], true);
    let prefix = parts[..4].join(&b'/');
    let expected = tree
        .into_iter()
        .filter(|(path, _)| path.starts_with(&prefix))
        .collect();
    trees::assert_same(&expected, &trees::read(&dir));
    let (ran, dir) = cluster.restore("nobody", &["--patient", "0000000000X"]);
    ran.refused(&["no such patient"]);
    assert!(!dir.exists());
}

#[test]
fn files_that_break_the_rules_come_back_byte_for_byte_and_are_listed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let cluster = Cluster::start();
    let store = cluster.path("store");
    trees::copy(&composed(), &store);
    let folder = store.join("1318814790/000/078/0000781125/20190901/OML-11");
    let message = trees::read(&folder)
        .into_values()
        .next()
        .unwrap()
        .unwrap()
        .0;
    fs::write(folder.join("wrong name"), &message).unwrap();
    fs::write(
        folder.join("0000781125_20190901_OML-11_1_20190901131032001_01_1"),
        b"\xFB\xFC",
    )
    .unwrap();
    fs::write(
        folder.join("0000999999_20190901_OML-11_2_20190901131032002_01_1"),
        &message,
    )
    .unwrap();
    let shift_jis = b"1318814790/000/078/0000781125/20190901/^\x8Co\x89\xDF\x8BL\x98^^/main";
    let path = store.join(OsStr::from_bytes(shift_jis));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "x").unwrap();
    fs::write(store.join("big"), vec![7; (9 << 20) + 5]).unwrap();
    fs::write(store.join("empty file"), "").unwrap();
    let report = cluster.backup(&store).json(0);
    assert!(report["defective_files"].as_u64().unwrap() >= 3, "{report}");
    let list = fs::read(report["defects_file"].as_str().unwrap()).unwrap();
    let list = String::from_utf8_lossy(&list);
    assert!(list.contains("wrong name"), "{list}");
    // What was found once is told at every run, with its list, though the files are not read again.
    let again = cluster.backup(&store).json(0);
    for same in ["defective_files", "defects"] {
        assert_eq!(again[same], report[same]);
    }
    let lists = [&report, &again].map(|report| {
        let list = fs::read(report["defects_file"].as_str().unwrap()).unwrap();
        let mut lines: Vec<Vec<u8>> = list.split(|byte| *byte == b'\n').map(Into::into).collect();
        lines.sort();
        lines
    });
    let [first, second] = lists;
    assert_eq!(first, second);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

#[test]
fn what_cannot_be_read_is_told_and_the_exit_code_says_so() {
    let cluster = Cluster::start();
    let store = cluster.path("store");
    trees::copy(&composed(), &store);
    std::os::unix::fs::symlink("/etc/hostname", store.join("link")).unwrap();
    let report = cluster.backup(&store).json(3);
    assert_eq!(report["unreadable"], 1);
    let list = fs::read_to_string(report["unreadable_file"].as_str().unwrap()).unwrap();
    assert!(list.contains("link"), "{list}");
    let (ran, _) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
}

#[test]
fn a_lost_journal_costs_a_reading_but_sends_nothing_again() {
    let cluster = Cluster::start();
    let store = cluster.store(2);
    cluster.backup(&store).json(0);
    fs::remove_dir_all(cluster.path("agent/state")).unwrap();
    let report = cluster.backup(&store).json(0);
    assert_eq!(report["journal_rebuilt"], true);
    assert_eq!(report["files_sent"], 0);
    assert_eq!(report["generation"], 2);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
}

#[test]
fn a_gateway_that_burnt_down_is_rebuilt_from_sites_certificates_and_directory_key() {
    let mut cluster = Cluster::start();
    let store = cluster.store(3);
    cluster.backup(&store).json(0);
    let before = cluster.run(&["status"]).json(0);
    cluster.gateway = None;
    let data = cluster.path("gateway/data");
    assert!(data.exists());
    fs::remove_dir_all(&data).unwrap();
    cluster.kill_site(1);
    cluster.start_gateway();
    assert_eq!(cluster.run(&["status"]).json(3)["catalogue"], false);
    cluster.run(&["rebuild"]).json(0);
    let after = cluster.run(&["status"]).json(3);
    assert_eq!(after["stores"], before["stores"]);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&store), &trees::read(&dir));
    cluster.start_site(1);
    assert_eq!(cluster.backup(&store).json(0)["files_sent"], 0);
}

#[test]
fn an_older_copy_of_the_journal_is_noticed_and_rebuilt() {
    let cluster = Cluster::start();
    let store = cluster.store(2);
    cluster.backup(&store).json(0);
    let (state, copy) = (cluster.path("agent/state"), cluster.path("copy"));
    trees::copy(&state, &copy);
    fs::write(store.join("new"), "after the copy").unwrap();
    assert_eq!(cluster.backup(&store).json(0)["files_sent"], 1);
    fs::remove_dir_all(&state).unwrap();
    trees::copy(&copy, &state);
    let report = cluster.backup(&store).json(0);
    assert_eq!(report["journal_rebuilt"], true);
    assert_eq!(
        (&report["files_sent"], &report["generation"]),
        (&0.into(), &3.into())
    );
}

#[test]
fn two_stores_with_the_same_patient_keep_apart_and_show_together() {
    let cluster = Cluster::start();
    let (a, b) = (cluster.path("a"), cluster.path("b"));
    trees::copy(&composed(), &a);
    trees::copy(&composed(), &b);
    fs::write(b.join("only in b"), "x").unwrap();
    for store in [&a, &b] {
        let ran = cluster.run(&["backup", store.to_str().unwrap()]);
        assert_eq!(
            ran.json(0)["generation"],
            1,
            "each store counts its own runs"
        );
    }
    for (store, name) in [(&a, "a"), (&b, "b")] {
        let into = cluster.text(&format!("restored-{name}"));
        cluster.run(&["restore", &into, "--name", name]).json(0);
        trees::assert_same(&trees::read(store), &trees::read(into.as_ref()));
    }
    let into = cluster.text("which");
    cluster
        .run(&["restore", &into])
        .refused(&["--name", "a, b"]);
    let patient = cluster.run(&["query", "0000781125"]).json(0);
    assert_eq!(
        patient["allergies"]["recorded"].as_array().unwrap().len(),
        3
    );
}

#[test]
fn a_store_that_suddenly_has_no_file_is_refused_until_it_is_said_to_be_right() {
    let cluster = Cluster::start();
    let store = cluster.store(2);
    cluster.backup(&store).json(0);
    let aside = cluster.path("aside");
    // As after the disk was unmounted: the folder is there, nothing is in it.
    fs::rename(&store, &aside).unwrap();
    fs::create_dir(&store).unwrap();
    cluster
        .backup(&store)
        .refused(&["has no file", "mount", "--allow-empty"]);
    fs::create_dir_all(store.join("1318814790/lost+found")).unwrap();
    cluster.backup(&store).refused(&["has no file"]);
    // Neither is it forgotten with the journal.
    fs::remove_dir_all(cluster.path("agent/state")).unwrap();
    cluster.backup(&store).refused(&["has no file"]);
    let (ran, dir) = cluster.restore("restored", &[]);
    ran.json(0);
    trees::assert_same(&trees::read(&aside), &trees::read(&dir));
    let args = [
        "backup",
        store.to_str().unwrap(),
        "--name",
        "kochi",
        "--allow-empty",
    ];
    let report = cluster.run(&args).json(0);
    assert_eq!(report["files"], 0);
    assert!(report["removed"].as_u64().unwrap() > 0);
}

#[test]
fn a_message_too_large_for_the_screen_is_told_as_that_and_restores() {
    let cluster = Cluster::start();
    let store = cluster.path("store");
    trees::copy(&composed(), &store);
    let folder = "1318814790/000/078/0000781125/20190901/OML-11";
    let name = "0000781125_20190901_OML-11_9_20190901131032001_01_1";
    let large = store.join(folder).join(name);
    fs::write(&large, trees::noise((5 << 20) + 1)).unwrap();
    cluster.backup(&store).json(0);
    let shown = cluster.run(&["query", "0000781125"]).json(3);
    assert_eq!(shown["missing"], 0);
    assert_eq!(
        shown["too_large"],
        serde_json::json!([format!("{folder}/{name}")])
    );
    let terminal = cluster.text("terminal/terminal.toml");
    let ran = crate::cluster::hlincos(&["query", "0000781125", "--config", &terminal]);
    assert!(ran.out.contains("too large for a screen"), "{}", ran.out);
    assert!(!ran.out.contains("NOT COMPLETE"), "{}", ran.out);
    let (ran, dir) = cluster.restore("restored", &["--patient", "0000781125"]);
    assert_eq!(ran.json(0)["complete"], true);
    assert_eq!(
        fs::read(dir.join(folder).join(name)).unwrap(),
        fs::read(large).unwrap()
    );
}

#[test]
fn a_check_counts_patients_and_not_the_files_of_none() {
    let cluster = Cluster::start();
    let store = cluster.store(3);
    fs::write(store.join("of no patient"), "x").unwrap();
    let report = cluster.backup(&store).json(0);
    assert_eq!(report["patients"], 3);
    assert_eq!(cluster.run(&["check"]).json(0)["patients"], 3);
}

#[test]
fn documents_may_be_dispersed_at_half_of_the_storage_and_restore_without_a_site() {
    let stored = |documents: &str, into: &str| {
        let mut cluster = Cluster::with(|cluster| {
            let config = cluster.path("gateway/gateway.toml");
            let text = fs::read_to_string(&config).unwrap();
            let documents = format!("documents = \"{documents}\"");
            fs::write(&config, text.replace("documents = \"shamir\"", &documents)).unwrap();
        });
        let store = cluster.path("images");
        let folder = store.join("1318814790/000/000/0000000001/20240501/^scan^^^^/1_1");
        fs::create_dir_all(&folder).unwrap();
        let mut state = 1_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[3]
        };
        let image: Vec<u8> = (0..3_000_000).map(|_| next()).collect();
        fs::write(folder.join("scan.jpg"), &image).unwrap();
        cluster.backup(&store).json(0);
        cluster.run(&["check"]).json(0);
        let status = cluster.run(&["status"]).json(0);
        cluster.kill_site(2);
        let (ran, dir) = cluster.restore(into, &[]);
        let report = ran.json(0);
        assert_eq!(report["summary"]["randomness"], "DRBG");
        trees::assert_same(&trees::read(&store), &trees::read(&dir));
        status["sites"][0]["object_bytes"].as_u64().unwrap()
    };
    let (shared, dispersed) = (stored("shamir", "one"), stored("dispersal", "other"));
    assert!(
        shared > 3_000_000 && dispersed * 9 < shared * 5,
        "{shared}, {dispersed}"
    );
}
