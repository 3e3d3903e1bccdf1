//! The change feed: a transaction storage tells which patients a run must look at.
//!
//! The feed decides only where to look, never what is there: files are still found by listing the
//! patients' folders. Whenever it cannot be sure, the whole store is walked. Every record is heeded
//! by two runs in a row: a writer may append its record before it has written the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use hlincos_record::identifier::Subject;
use hlincos_ssmix::transaction::{HEADER_BYTES_MAX, transactions};
use serde::{Deserialize, Serialize};

use crate::scan::{below, subject_of};

/// Bytes of a transaction file read at a time.
const WINDOW_BYTES: usize = 4 << 20;

/// Where a run must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Everywhere, and why.
    Everywhere(&'static str),
    /// Into the folders of these patients, relative to the store.
    At(BTreeSet<Vec<u8>>),
}

/// How far each file of a transaction storage was read, by its path in the storage.
type Lengths = BTreeMap<String, u64>;

/// What the agent remembers of a feed; a file of the state folder, with no patient in it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    /// Where the last run began to read: the next begins there again.
    from: Lengths,
    /// Where the last run ended.
    to: Lengths,
}

/// A transaction storage as one run sees it.
pub(crate) struct Feed {
    state: PathBuf,
    remembered: Option<Remembered>,
    now: Lengths,
    patients: Result<BTreeSet<(String, String)>, &'static str>,
}

impl Feed {
    /// Reads what was appended since the run before the last.
    ///
    /// # Errors
    /// When the storage cannot be listed or read.
    pub(crate) fn read(folder: &Path, state: &Path, label: &str) -> io::Result<Self> {
        let state = state.join(format!("{label}-transactions.json"));
        let remembered: Option<Remembered> = fs::read(&state)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut now = Lengths::new();
        list(folder, folder, &mut now)?;
        let patients = match &remembered {
            None => Err("no run has heeded this transaction storage before"),
            Some(before) => appended(folder, &before.from, &now)?,
        };
        Ok(Self {
            state,
            remembered,
            now,
            patients,
        })
    }

    /// Where to look, with the patients' folders that the journal knows.
    pub(crate) fn look(&self, store: &Path, known: &[Vec<u8>], journal_is_new: bool) -> Look {
        let patients = match &self.patients {
            Err(why) => return Look::Everywhere(why),
            Ok(_) if journal_is_new => return Look::Everywhere("the journal is new"),
            Ok(patients) => patients,
        };
        let volumes = volumes(store, known);
        let mut roots = BTreeSet::new();
        for (facility, patient) in patients {
            let own = own_folders(store, &volumes, facility, patient, known);
            if own.is_empty() {
                return Look::Everywhere(
                    "a patient of the transactions has no folder where expected",
                );
            }
            roots.extend(own);
        }
        Look::At(roots)
    }

    /// Remembers how far was read, after the generation is finished: complete or not at all.
    pub(crate) fn finish(self) -> io::Result<()> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;

        let from = self
            .remembered
            .map_or_else(|| self.now.clone(), |before| before.to);
        let remembered = Remembered { from, to: self.now };
        let bytes = serde_json::to_vec(&remembered)?;
        let draft = self.state.with_extension("draft");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(draft, self.state)
    }
}

fn list(root: &Path, folder: &Path, lengths: &mut Lengths) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, meta) = (entry.path(), entry.metadata()?);
        // <root>/<YYYY>/TR_*.DAT: one level of folders, no more.
        if meta.is_dir() && folder == root {
            list(root, &path, lengths)?;
        } else if meta.is_file() && entry.file_name().as_bytes().starts_with(b"TR_") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            lengths.insert(name.into_owned(), meta.len());
        }
    }
    Ok(())
}

/// Facility and identifier of every patient of the records appended.
fn appended(
    folder: &Path,
    from: &Lengths,
    now: &Lengths,
) -> io::Result<Result<BTreeSet<(String, String)>, &'static str>> {
    let shrunk = |(name, len): (&String, &u64)| now.get(name).is_none_or(|now| now < len);
    if from.iter().any(shrunk) {
        return Ok(Err(
            "a file of the transaction storage is shorter than before, or gone",
        ));
    }
    let mut patients = BTreeSet::new();
    for (name, len) in now {
        let start = from.get(name).copied().unwrap_or(0);
        // The run before may have seen half of a header: go back by one.
        let back = start.saturating_sub(HEADER_BYTES_MAX as u64);
        if start < *len && !read_headers(&folder.join(name), back, *len, &mut patients)? {
            return Ok(Err("a record of the transaction storage cannot be read"));
        }
    }
    Ok(Ok(patients))
}

/// Reads the headers of a file between two places; `false` when one cannot be read.
fn read_headers(
    path: &Path,
    start: u64,
    end: u64,
    patients: &mut BTreeSet<(String, String)>,
) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let (mut at, mut window) = (start, Vec::with_capacity(WINDOW_BYTES));
    while at < end {
        file.seek(SeekFrom::Start(at))?;
        window.clear();
        let len = (end - at).min(WINDOW_BYTES as u64);
        (&mut file).take(len).read_to_end(&mut window)?;
        let last = at + window.len() as u64 >= end || window.is_empty();
        // A header that begins in the last bytes belongs to the next window, which has it whole.
        let own = if last {
            window.len()
        } else {
            window.len() - HEADER_BYTES_MAX
        };
        for record in transactions(&window) {
            match record {
                Ok(record) if record.offset < own => {
                    patients.insert((record.facility.to_owned(), record.patient.to_owned()));
                }
                Err(error) if error.offset < own => return Ok(false),
                _ => {}
            }
        }
        if last {
            break;
        }
        at += own as u64;
    }
    Ok(true)
}

/// Folders that hold first levels of patients' folders: those of known patients, the store, and
/// the folders in it.
fn volumes(store: &Path, known: &[Vec<u8>]) -> BTreeSet<Vec<u8>> {
    let mut volumes = BTreeSet::from([Vec::new()]);
    for root in known {
        let parts: Vec<&[u8]> = root.split(|byte| *byte == b'/').collect();
        if let Some(above) = parts.len().checked_sub(3) {
            volumes.insert(parts[..above].join(&b'/'));
        }
    }
    let inside = fs::read_dir(store).into_iter().flatten().flatten();
    let folders = inside.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    volumes.extend(folders.map(|entry| entry.file_name().as_bytes().to_vec()));
    volumes
}

/// The folders of one patient: there now, or known to the journal.
fn own_folders(
    store: &Path,
    volumes: &BTreeSet<Vec<u8>>,
    facility: &str,
    patient: &str,
    known: &[Vec<u8>],
) -> Vec<Vec<u8>> {
    let (first, rest) = patient.split_at(patient.len().min(3));
    let second = &rest[..rest.len().min(3)];
    let own = format!("{first}/{second}/{patient}");
    let belongs = |root: &[u8]| {
        matches!(subject_of(root), Subject::Patient { facility: told, patient: whose }
            if whose == patient && (told.is_empty() || told == facility))
    };
    let candidates = volumes.iter().map(|volume| {
        let mut root = volume.clone();
        if !root.is_empty() {
            root.push(b'/');
        }
        root.extend_from_slice(own.as_bytes());
        root
    });
    candidates
        .filter(|root| belongs(root) && (below(store, root).is_dir() || known.contains(root)))
        .collect()
}

#[cfg(test)]
mod tests {
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
            for id in ["0000781125", "0000781126", "0000781127"] {
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
            let path = self
                .dir
                .path()
                .join("tr/2019/TR_20190901000000000_00001.DAT");
            let mut file = File::options()
                .create(true)
                .append(true)
                .open(path)
                .unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn feed(&self) -> Feed {
            Feed::read(&self.dir.path().join("tr"), self.dir.path(), "kochi").unwrap()
        }

        fn look(&self, feed: &Feed) -> Look {
            feed.look(&self.dir.path().join("store"), &[], false)
        }
    }

    const FOLDER: &str = "1318814790_STD01/000/078/";

    #[test]
    fn a_run_looks_at_the_patients_of_the_last_two_runs() {
        let hospital = Hospital::new();
        hospital.append(&record("0000781125"));
        let first = hospital.feed();
        assert!(matches!(hospital.look(&first), Look::Everywhere(_)));
        first.finish().unwrap();
        hospital.append(&record("0000781126"));
        let second = hospital.feed();
        assert_eq!(
            patients(&hospital.look(&second)),
            [format!("{FOLDER}0000781126")]
        );
        second.finish().unwrap();
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
            hospital.feed().finish().unwrap();
            disturb(&hospital);
            matches!(hospital.look(&hospital.feed()), Look::Everywhere(_))
        };
        assert!(!doubt(&|_| {}));
        assert!(doubt(&|hospital| hospital.append("#SSMIX,2.00,broken\r\n")));
        assert!(
            doubt(&|hospital| hospital.append(&record("0000999999"))),
            "no such folder"
        );
        assert!(doubt(&|hospital| {
            fs::write(
                hospital
                    .dir
                    .path()
                    .join("tr/2019/TR_20190901000000000_00001.DAT"),
                "",
            )
            .unwrap();
        }));
        let hospital = Hospital::new();
        hospital.feed().finish().unwrap();
        let feed = hospital.feed();
        assert!(matches!(
            feed.look(hospital.dir.path(), &[], true),
            Look::Everywhere(_)
        ));
    }

    #[test]
    fn half_a_header_at_the_end_of_one_run_is_whole_in_the_next() {
        let hospital = Hospital::new();
        hospital.append(&record("0000781125"));
        let second = record("0000781126");
        let (half, rest) = second.split_at(30);
        hospital.append(half);
        hospital.feed().finish().unwrap();
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
        hospital.feed().finish().unwrap();
        // More than two windows; headers fall on their edges somewhere.
        let many: String = (0..30_000).map(|n| record(&format!("{n:010}"))).collect();
        hospital.append(&many);
        let feed = hospital.feed();
        assert_eq!(feed.patients.as_ref().unwrap().len(), 30_000);
    }
}
