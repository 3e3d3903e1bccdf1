//! `hlincos ssmix`: files and stores looked at without gateway or sites.

use std::fs;

use crate::cluster::hlincos;
use crate::samples::composed;

fn run(args: &[&str], code: i32) -> serde_json::Value {
    let args = [&["ssmix", "--json"], args].concat();
    let ran = hlincos(&args);
    assert_eq!(ran.code, code, "{}\n{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn a_generated_store_is_clean_and_one_with_defects_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for (name, defects, code) in [("clean", "0", 0), ("defective", "0.3", 3)] {
        let store = folder.path().join(name);
        let store = store.to_str().unwrap();
        let made = hlincos(&["generate", store, "--patients", "5", "--defects", defects]);
        assert_eq!(made.code, 0, "{}", made.err);
        let report = run(&["lint", store, "--list", "2"], code);
        assert_eq!(report["files_with_errors"] == 0, code == 0);
        assert_eq!(
            report["findings"].as_array().unwrap().len(),
            if code == 0 { 0 } else { 2 }
        );
        let counted: u64 = report["kinds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| kind["files"].as_u64().unwrap())
            .sum();
        assert_eq!(report["files"], counted);
    }
}

#[test]
fn lint_tells_kind_rule_field_and_byte_and_show_tells_the_dosage() {
    let store = composed().join("1318814790");
    let report = run(&["lint", store.to_str().unwrap()], 3);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["field"], &finding["offset"]),
        (&"hl7-required-field".into(), &"OBX-11".into(), &1244.into())
    );
    let folder = store.join("000/078/0000781125/20190901/OMP-01");
    let file = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert_eq!(
        run(&["lint", file.to_str().unwrap()], 0)["files"],
        1,
        "one file is placed by its whole path"
    );
    let shown = run(&["show", file.to_str().unwrap()], 0);
    let rxe = shown["segments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|segment| segment["segment"] == "RXE")
        .unwrap();
    assert_eq!(
        rxe["dosage"]["text"]["en"],
        "3 tablets, by mouth once a day, after breakfast, every other day, 14 days' supply, from 2019-09-01"
    );
    let text = hlincos(&["ssmix", "show", file.to_str().unwrap()]);
    assert!(text.out.contains("患者氏名: 土佐 · 花子"), "{}", text.out);
}

#[test]
fn show_warns_of_a_dosage_in_doubt_as_the_viewer_does() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join(RECORDS);
    fs::create_dir_all(&records).unwrap();
    let file = records.join(NAME);
    let shown = |usage: &str, route: &str| {
        let text = format!(
            "MSH|^~\\&|\rORC|NW|1||1\rRXE||1^x^HOT9|3||TAB^^MR9P\rTQ1|1||{usage}\rRXR|{route}\r"
        );
        fs::write(&file, text).unwrap();
        hlincos(&["ssmix", "show", file.to_str().unwrap()]).out
    };
    let differs = "Code, text or amounts of this dosage differ";
    let sure = shown("1011000400000000&&JAMISDP01", "PO");
    assert!(
        sure.contains("once a day") && !sure.contains("   ! "),
        "{sure}"
    );
    let doubtful = shown("1011000400000000&&JAMISDP01", "SC");
    assert!(
        doubtful.contains(differs) && doubtful.contains("食い違い"),
        "{doubtful}"
    );
    let unknown = shown("9999999999999999&&JAMISDP01", "PO");
    assert!(
        unknown.contains("What stands in quotes is as sent."),
        "{unknown}"
    );
}

#[test]
fn lint_compares_the_versions_of_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join(RECORDS);
    fs::create_dir_all(&records).unwrap();
    let original = composed().join(RECORDS).join(NAME);
    fs::copy(&original, records.join(NAME)).unwrap();
    let later = NAME.replace("_20190901103045120_", "_20190901113045120_");
    fs::copy(&original, records.join(later)).unwrap();
    let report = run(&["lint", folder.path().to_str().unwrap()], 3);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["code"], "path-current-twice");
    assert!(findings[0]["path"].as_str().unwrap().ends_with(NAME));
}

/// A store's folder of one patient's prescriptions.
const RECORDS: &str = "1318814790/000/078/0000781125/20190901/OMP-01";
const NAME: &str = "0000781125_20190901_OMP-01_000000019000185_20190901103045120_01_1";

#[test]
fn nothing_in_a_file_or_its_name_acts_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join(RECORDS);
    fs::create_dir_all(&records).unwrap();
    fs::write(records.join("a\u{1B}]0;title\u{7}\n\u{202E}b"), "x").unwrap();
    let file = records.join(NAME);
    fs::write(&file, "MSH|^~\\&|\rPID|1||42||\u{202E}花子\u{9B}2J\r").unwrap();
    let acts = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202E}');
    for (what, path) in [("lint", folder.path()), ("show", &file)] {
        let ran = hlincos(&["ssmix", what, path.to_str().unwrap()]);
        assert!(ran.out.contains("花子") || ran.out.contains("title"));
        assert!(!ran.out.contains(acts), "{:?}", ran.out);
    }
    let missing = hlincos(&["ssmix", "show", "no\u{1B}[2Jfile"]);
    assert!(
        missing.code == 1 && !missing.err.contains(acts),
        "{:?}",
        missing.err
    );
}

#[test]
fn show_refuses_a_pipe_and_reads_a_huge_message_only_as_far_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let refused = hlincos(&["ssmix", "show", pipe.to_str().unwrap()]);
    assert!(
        refused.code == 1 && refused.err.contains("no file"),
        "{}",
        refused.err
    );

    let records = folder.path().join(RECORDS);
    fs::create_dir_all(&records).unwrap();
    let file = records.join(NAME);
    let text = format!("MSH|^~\\&|\rZZ1|{}\r", "1~".repeat(4 << 20));
    fs::write(&file, text).unwrap();
    let shown = hlincos(&["ssmix", "show", file.to_str().unwrap()]);
    assert_eq!(shown.code, 0);
    assert!(shown.out.len() < 20_000, "{} bytes", shown.out.len());
    assert!(shown.out.contains("characters more)"));
    assert!(shown.out.contains("longer than what is shown"));
    let segments = "NTE|1\r".repeat(300_000);
    for text in [format!("MSH|^~\\&|\r{segments}"), "\0".repeat(4 << 20)] {
        fs::write(&file, text).unwrap();
        let shown = hlincos(&["ssmix", "show", file.to_str().unwrap()]);
        assert!(shown.out.len() < 200_000, "{} bytes", shown.out.len());
        assert!(shown.out.contains(" more)"));
    }
}

#[test]
fn a_long_log_is_replayed_byte_for_byte_whatever_its_name_ends_in() {
    let folder = tempfile::tempdir().unwrap();
    let (log, into) = (folder.path().join("tr"), folder.path().join("store"));
    fs::create_dir(&log).unwrap();
    // Longer than two pieces; ends of pieces fall into headers and messages somewhere.
    let message = |n: usize| format!("MSH|^~\\&|{n}{}\r", "x".repeat(70_000 + n % 13));
    let text: String = (0..300)
        .map(|n| {
            let (order, body) = (n % 30, message(n));
            format!("#SSMIX,2.00,9999999999,0000000123,20220101,OMP-01,{order},INS,01,202201011000{n:05}\r\n{body}\r\n")
        })
        .collect();
    assert!(text.len() > 20 << 20);
    fs::write(log.join("TR_20220101000000000_00001.txt"), text).unwrap();
    let (log, store) = (log.to_str().unwrap(), into.to_str().unwrap());
    assert_eq!(run(&["replay", log, store], 0)["inserted"], 300);
    let tree = crate::trees::read(&into);
    assert_eq!(tree.len(), 300);
    for n in [0, 111, 299] {
        let (order, flag) = (n % 30, if n < 270 { 2 } else { 1 });
        let path = format!(
            "9999999999/000/000/0000000123/20220101/OMP-01/0000000123_20220101_OMP-01_{order}_202201011000{n:05}_01_{flag}"
        );
        assert_eq!(fs::read_to_string(into.join(path)).unwrap(), message(n));
    }
}

#[test]
fn a_replayed_transaction_storage_is_the_store_that_it_tells_of() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("tr/2022");
    fs::create_dir_all(&log).unwrap();
    let record = |processing: &str, time: &str, body: &str| {
        format!(
            "#SSMIX,2.00,9999999999,0000000123,20220101,OMP-01,000000000012345,{processing},01,{time}\r\nMSH|^~\\&|{body}\r"
        )
    };
    let (first, second) = ("20220101100000000", "20220101110000000");
    fs::write(
        log.join("TR_20220101000000000_00001.DAT"),
        record("INS", first, "one") + &record("INS", second, "two"),
    )
    .unwrap();
    let (log_dir, into) = (folder.path().join("tr"), folder.path().join("store"));
    let report = run(
        &["replay", log_dir.to_str().unwrap(), into.to_str().unwrap()],
        0,
    );
    assert_eq!(
        (&report["inserted"], &report["deleted"]),
        (&2.into(), &0.into())
    );
    let records = into.join("9999999999/000/000/0000000123/20220101/OMP-01");
    let name = |time: &str, flag: u8| {
        format!("0000000123_20220101_OMP-01_000000000012345_{time}_01_{flag}")
    };
    let past = fs::read_to_string(records.join(name(first, 2))).unwrap();
    let current = fs::read_to_string(records.join(name(second, 1))).unwrap();
    assert_eq!(
        (past.as_str(), current.as_str()),
        ("MSH|^~\\&|one\r", "MSH|^~\\&|two\r")
    );

    let third = "20220102120000000";
    fs::write(
        log.join("TR_20220102000000000_00001.DAT"),
        record("DEL", third, "gone") + "#SSMIX,2.00,broken\r\n",
    )
    .unwrap();
    let again = folder.path().join("again");
    let report = run(
        &["replay", log_dir.to_str().unwrap(), again.to_str().unwrap()],
        3,
    );
    assert_eq!(
        (
            &report["deleted"],
            report["unreadable"].as_array().unwrap().len()
        ),
        (&1.into(), 1)
    );
    let records = again.join("9999999999/000/000/0000000123/20220101/OMP-01");
    let mut names: Vec<_> = fs::read_dir(&records)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [name(first, 0), name(second, 0), name(third, 0)],
        "as the guideline deletes"
    );
    let refused = hlincos(&[
        "ssmix",
        "replay",
        log_dir.to_str().unwrap(),
        again.to_str().unwrap(),
    ]);
    assert!(
        refused.code == 1 && refused.err.contains("not empty"),
        "{}",
        refused.err
    );
}

#[test]
fn an_export_of_the_index_database_is_compared_with_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let volume = composed().join("1318814790");
    let report = |lines: &[String], code| {
        let export = folder.path().join("export.csv");
        let header = "VolumeLabel,FacilityID,PatientID,OrderDate,DataKind,OrderNo,ProcessingType,EnterOrgCD,TransactionDatetime,OutRelDirectory,FileName,UpdateDatetime";
        fs::write(&export, format!("{header}\n{}\n", lines.join("\n"))).unwrap();
        run(
            &["index", export.to_str().unwrap(), volume.to_str().unwrap()],
            code,
        )
    };
    let mut lines = Vec::new();
    for (path, _) in crate::trees::read(&volume) {
        let path = String::from_utf8(path).unwrap();
        let Some((folder, name)) = path.rsplit_once('/') else {
            continue;
        };
        let [patient, date, kind, order, time, department, _] =
            name.split('_').collect::<Vec<_>>()[..]
        else {
            continue;
        };
        lines.push(format!("STD01,1318814790,{patient},{date},{kind},{order},INS,{department},{time},{},{name},2019-09-01", folder.replace('/', "\\")));
    }
    assert_eq!(report(&lines, 0)["rows"], 5);
    let missing = report(&lines[1..], 3);
    assert_eq!(
        missing["disagreements"][1]["count"], 1,
        "a file that no row names"
    );
}
