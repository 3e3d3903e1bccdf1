//! Reads a generated store back, with nothing of the generator's own.

use std::fs;
use std::path::Path;

use encoding_rs::ISO_2022_JP;
use hlincos_testbed::{Distribution, Generated, Note, Observer, Profile, generate};
use tempfile::TempDir;

/// One file: its path below the store and its bytes.
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// A store read into memory, sorted by path.
pub(crate) struct Store {
    pub(crate) made: Generated,
    pub(crate) distribution: Distribution,
    /// What was told besides.
    pub(crate) notes: Vec<Note>,
    pub(crate) files: Vec<Entry>,
    pub(crate) folders: Vec<String>,
}

/// The parts of a standard-storage file name.
pub(crate) struct Name<'a> {
    pub(crate) patient: &'a str,
    pub(crate) date: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) order: &'a str,
    pub(crate) time: &'a str,
    pub(crate) department: &'a str,
    pub(crate) flag: &'a str,
}

#[derive(Default)]
struct Listener(Vec<Note>);

impl Observer for Listener {
    fn note(&mut self, note: &Note) -> std::io::Result<()> {
        self.0.push(note.clone());
        Ok(())
    }
}

impl Store {
    /// Generates a store and reads it.
    pub(crate) fn of(profile: &Profile) -> Self {
        let folder = TempDir::new().unwrap();
        let mut listener = Listener::default();
        let report = generate(profile, folder.path(), &mut listener).unwrap();
        Self {
            made: report.totals,
            distribution: report.distribution,
            notes: listener.0,
            ..Self::read_from(folder.path())
        }
    }

    /// Reads whatever lies in a folder.
    pub(crate) fn read_from(folder: &Path) -> Self {
        let mut store = Self {
            made: Generated::default(),
            distribution: Distribution::default(),
            notes: Vec::new(),
            files: Vec::new(),
            folders: Vec::new(),
        };
        store.read(folder, "");
        store.files.sort_by(|a, b| a.path.cmp(&b.path));
        store.folders.sort();
        store
    }

    fn read(&mut self, folder: &Path, prefix: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                self.read(&entry.path(), &format!("{path}/"));
                self.folders.push(path);
            } else {
                self.files.push(Entry {
                    path,
                    bytes: fs::read(entry.path()).unwrap(),
                });
            }
        }
    }

    /// Lists the files of standard storage: facility, two levels, patient, date, kind, file.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Entry> {
        self.files
            .iter()
            .filter(|entry| entry.path.split('/').count() == 7)
    }

    /// Lists the files of extended storage, one level deeper.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Entry> {
        self.files
            .iter()
            .filter(|entry| entry.path.split('/').count() == 8)
    }

    /// Lists patients' folders.
    pub(crate) fn patients(&self) -> impl Iterator<Item = &str> {
        let deep = self
            .folders
            .iter()
            .filter(|path| path.split('/').count() == 4);
        deep.map(String::as_str)
    }
}

impl Entry {
    /// Decodes a message.
    pub(crate) fn text(&self) -> String {
        let (text, _, broken) = ISO_2022_JP.decode(&self.bytes);
        assert!(!broken, "{} is not ISO-2022-JP", self.path);
        text.into_owned()
    }

    /// Takes the file name apart.
    pub(crate) fn name(&self) -> Name<'_> {
        let file = self.path.rsplit('/').next().unwrap();
        let parts: Vec<&str> = file.split('_').collect();
        let [patient, date, kind, order, time, department, flag] = parts[..] else {
            panic!("{} has not seven parts", self.path);
        };
        Name {
            patient,
            date,
            kind,
            order,
            time,
            department,
            flag,
        }
    }

    /// Lists the fields `index` of the segments of one name.
    pub(crate) fn fields(&self, segment: &str, index: usize) -> Vec<String> {
        let text = self.text();
        let lines = text
            .split('\r')
            .filter(|line| line.split('|').next() == Some(segment));
        lines
            .map(|line| line.split('|').nth(index).unwrap_or("").to_owned())
            .collect()
    }
}
