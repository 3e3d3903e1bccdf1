//! The feed against folders: what a run must look at.

use std::fs::File;

use super::log::read_headers;
use super::*;

fn record(patient: &str) -> String {
    format!(
        "#SSMIX,2.00,1318814790,{patient},-,ADT-00,999999999999999,INS,-,20190901101530000\r\nMSH|^~\\&|\r{}\r\n",
        "x".repeat(600)
    )
}

fn patients(look: &Look) -> Vec<String> {
    let Look::At(roots) = look else {
        panic!("{look:?}")
    };
    let last = |root: &Vec<u8>| String::from_utf8(root.clone()).unwrap();
    roots.iter().map(last).collect()
}

struct Hospital {
    dir: tempfile::TempDir,
}

impl Hospital {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for id in IDS {
            fs::create_dir_all(
                dir.path()
                    .join(format!("store/1318814790_STD01/000/078/{id}")),
            )
            .unwrap();
        }
        fs::create_dir_all(dir.path().join("tr/2019")).unwrap();
        Self { dir }
    }

    fn append(&self, text: &str) {
        use std::io::Write;
        let path = self.path(LOG);
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn feed(&self) -> Feed {
        self.feed_of(&["tr"])
    }

    fn feed_of(&self, storages: &[&str]) -> Feed {
        let storages: Vec<_> = storages.iter().map(|path| self.path(path)).collect();
        Feed::read(&storages, self.dir.path(), "kochi").unwrap()
    }

    /// A run that could read everything.
    fn run(&self) {
        self.feed().finish(1, [].into_iter()).unwrap();
    }

    /// The journal knows the patients that the store began with.
    fn look(&self, feed: &Feed) -> Look {
        let known: Vec<_> = { IDS.iter() }
            .map(|id| format!("{FOLDER}{id}").into_bytes())
            .collect();
        feed.look(&self.path("store"), &known, 1)
    }

    fn looked_at(&self) -> Vec<String> {
        patients(&self.look(&self.feed()))
    }

    fn doubt(&self) -> Option<Doubt> {
        match self.look(&self.feed()) {
            Look::Everywhere(why) => Some(why),
            Look::At(_) => None,
        }
    }
}

const IDS: [&str; 3] = ["0000781125", "0000781126", "0000781127"];
const LOG: &str = "tr/2019/TR_20190901000000000_00001.DAT";
const FOLDER: &str = "1318814790_STD01/000/078/";

#[test]
fn a_run_looks_at_the_patients_of_the_last_two_runs() {
    let hospital = Hospital::new();
    hospital.append(&record("0000781125"));
    let first = hospital.feed();
    assert!(matches!(hospital.look(&first), Look::Everywhere(_)));
    first.finish(1, [].into_iter()).unwrap();
    hospital.append(&record("0000781126"));
    let second = hospital.feed();
    assert_eq!(
        patients(&hospital.look(&second)),
        [format!("{FOLDER}0000781126")]
    );
    second.finish(1, [].into_iter()).unwrap();
    hospital.append(&record("0000781127"));
    let third = hospital.feed();
    let both = [format!("{FOLDER}0000781126"), format!("{FOLDER}0000781127")];
    assert_eq!(patients(&hospital.look(&third)), both);
    // A run that was killed did not finish: the next one looks at the same.
    assert_eq!(patients(&hospital.look(&hospital.feed())), both);
}

#[test]
fn whatever_is_doubtful_makes_the_run_look_everywhere() {
    let doubt = |disturb: &dyn Fn(&Hospital)| {
        let hospital = Hospital::new();
        hospital.append(&record("0000781125"));
        hospital.run();
        disturb(&hospital);
        hospital.doubt().is_some()
    };
    assert!(!doubt(&|_| {}));
    assert!(doubt(&|hospital| hospital.append("#SSMIX,2.00,broken\r\n")));
    assert!(
        doubt(&|hospital| hospital.append(&record("0000999999"))),
        "no such folder"
    );
    assert!(doubt(&|hospital| fs::write(hospital.path(LOG), "").unwrap()));
    assert!(doubt(&|hospital| {
        std::os::unix::fs::symlink("2019", hospital.path("tr/2020")).unwrap();
    }));
    let hospital = Hospital::new();
    hospital.append(&record("0000781125"));
    hospital.run();
    let finished = |generation| {
        let look = { hospital.feed() }.look(&hospital.path("store"), &[], generation);
        matches!(look, Look::At(_))
    };
    assert!(!finished(0), "the journal is new");
    assert!(finished(1));
    let feed = hospital.feed();
    feed.finish(5, [].into_iter()).unwrap();
    assert!(!finished(4), "the journal went back");
}

#[test]
fn what_could_not_be_read_is_looked_at_until_it_can() {
    let hospital = Hospital::new();
    hospital.append(&record("0000781125"));
    let own = format!("{FOLDER}0000781125");
    let inside = format!("{own}/-/ADT-00/x");
    let run = |unreadable: &[&str]| {
        let unreadable = { unreadable.iter() }.map(|path| path.as_bytes());
        hospital.feed().finish(1, unreadable).unwrap();
    };
    for _ in 0..3 {
        run(&[&inside]);
        assert_eq!(hospital.looked_at(), [own.as_str()]);
    }
    run(&[]);
    assert_eq!(hospital.looked_at(), Vec::<String>::new());
    // A folder above patients hides them all.
    run(&["1318814790_STD01/000"]);
    assert!(hospital.doubt().is_some());
}

#[test]
fn a_storage_is_found_below_the_folder_given() {
    let hospital = Hospital::new();
    fs::create_dir_all(hospital.path("all/std")).unwrap();
    fs::rename(hospital.path("tr"), hospital.path("all/std/tr")).unwrap();
    std::os::unix::fs::symlink("all/std/tr", hospital.path("tr")).unwrap();
    hospital.append(&record("0000781125"));
    { hospital.feed_of(&["all"]) }
        .finish(1, [].into_iter())
        .unwrap();
    hospital.append(&record("0000781126"));
    let feed = hospital.feed_of(&["all"]);
    assert_eq!(
        patients(&hospital.look(&feed)),
        [format!("{FOLDER}0000781126")]
    );
}

#[test]
fn a_folder_without_transactions_makes_the_run_look_everywhere() {
    let hospital = Hospital::new();
    for _ in 0..2 {
        hospital.run();
        assert!(hospital.doubt().is_some_and(|why| why.contains("TR_")));
    }
    hospital.append(&record("0000781125"));
    hospital.run();
    fs::create_dir(hospital.path("empty")).unwrap();
    { hospital.feed_of(&["tr", "empty"]) }
        .finish(1, [].into_iter())
        .unwrap();
    let feed = hospital.feed_of(&["tr", "empty"]);
    assert!(matches!(hospital.look(&feed), Look::Everywhere(_)));
}

#[test]
fn several_storages_are_heeded_and_a_new_one_is_doubted_once() {
    let hospital = Hospital::new();
    hospital.append(&record("0000781125"));
    hospital.run();
    fs::create_dir(hospital.path("ext")).unwrap();
    let extended = |patient| fs::write(hospital.path("ext/TR_2.DAT"), patient).unwrap();
    extended(record("0000781126"));
    let both = || hospital.feed_of(&["tr", "ext"]);
    assert!(matches!(hospital.look(&both()), Look::Everywhere(_)));
    for _ in 0..2 {
        both().finish(1, [].into_iter()).unwrap();
    }
    extended(record("0000781126") + &record("0000781127"));
    assert_eq!(
        patients(&hospital.look(&both())),
        [format!("{FOLDER}0000781127")]
    );
}

#[test]
fn patients_of_a_new_volume_are_looked_at_however_deep_it_lies() {
    let hospital = Hospital::new();
    hospital.append(&record("0000781125"));
    hospital.run();
    // The patient is in the old volume too; a new patient waits for no transaction.
    let new = [
        "STD02/1318814790/000/078/0000781125",
        "STD02/deeper/1318814790/111/222/1112223334",
    ];
    for folder in new {
        fs::create_dir_all(hospital.path("store").join(folder).join("-")).unwrap();
    }
    hospital.append(&record("0000781125"));
    let mut expected = vec![format!("{FOLDER}0000781125")];
    expected.extend(new.map(ToOwned::to_owned));
    assert_eq!(hospital.looked_at(), expected);
}

#[test]
fn a_log_replaced_by_a_longer_one_of_its_name_is_no_continuation() {
    let old: Vec<u8> = { 0..400 }
        .flat_map(|_| record("0000781125").into_bytes())
        .collect();
    let last = old.len() - 1;
    for changed_at in [Some(0), Some(last), None] {
        let hospital = Hospital::new();
        fs::write(hospital.path(LOG), &old).unwrap();
        hospital.run();
        hospital.run();
        let mut new = old.clone();
        if let Some(at) = changed_at {
            new[at] ^= 1;
        }
        new.extend(record("0000781126").bytes());
        fs::write(hospital.path(LOG), new).unwrap();
        assert_eq!(hospital.doubt().is_some(), changed_at.is_some());
    }
}

#[test]
fn a_log_that_shrinks_while_it_is_read_is_doubted() {
    let hospital = Hospital::new();
    hospital.append("short");
    let mut found = Default::default();
    for end in [6, 600, 10 << 20] {
        let read = read_headers(&hospital.path(LOG), 0, end, &mut found).unwrap();
        assert!(read.is_err(), "{end}");
    }
    assert!(
        read_headers(&hospital.path(LOG), 0, 5, &mut found)
            .unwrap()
            .is_ok()
    );
}

#[test]
fn half_a_header_at_the_end_of_one_run_is_whole_in_the_next() {
    let hospital = Hospital::new();
    hospital.append(&record("0000781125"));
    let second = record("0000781126");
    let (half, rest) = second.split_at(30);
    hospital.append(half);
    hospital.feed().finish(1, [].into_iter()).unwrap();
    hospital.append(rest);
    let feed = hospital.feed();
    assert_eq!(
        patients(&hospital.look(&feed)),
        [format!("{FOLDER}0000781126")]
    );
}

#[test]
fn headers_are_found_across_windows() {
    let hospital = Hospital::new();
    hospital.append("\r\n");
    hospital.run();
    // More than two windows; headers fall on their edges somewhere.
    let many: String = (0..30_000).map(|n| record(&format!("{n:010}"))).collect();
    hospital.append(&many);
    let feed = hospital.feed();
    assert_eq!(feed.patients.as_ref().unwrap().len(), 30_000);
}
