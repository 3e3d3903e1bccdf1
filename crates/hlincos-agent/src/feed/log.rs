//! The files of transaction storages: how far each was read, and whom its new records name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hlincos_ssmix::transaction::{HEADER_BYTES_MAX, is_log, transactions};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Doubt;

/// Bytes of a file read at a time.
const WINDOW_BYTES: usize = 4 << 20;

/// Bytes hashed at a file's beginning, and before the place up to which it was read.
const MARK_BYTES: u64 = 64 << 10;

/// Length of every file, by its whole path.
pub(super) type Lengths = BTreeMap<String, u64>;

/// How far each file was read, by its whole path.
pub(super) type Logs = BTreeMap<String, Mark>;

/// Facility and identifier of patients.
pub(super) type Patients = BTreeSet<(String, String)>;

/// How far a file was read, and what lay before: another file of its name has another mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    place: u64,
    /// SHA-256 of the first bytes and of those before the place, [`MARK_BYTES`] each at most.
    before: [u8; 32],
}

/// Finds the files `TR_*` of a storage at any depth; a doubt when there is none, or when
/// something could hide one.
pub(super) fn list(storage: &Path, lengths: &mut Lengths) -> io::Result<Result<(), Doubt>> {
    let (mut found, mut doubt) = (false, None);
    let mut folders = vec![storage.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, meta) = (entry.path(), entry.metadata()?);
            let name = entry.file_name();
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_file() && is_log(name.as_bytes()) {
                found = true;
                match path.to_str() {
                    Some(path) => drop(lengths.insert(path.to_owned(), meta.len())),
                    None => doubt = Some("a path of the transaction storage is not UTF-8"),
                }
            } else if !meta.is_file() {
                doubt = Some("the transaction storage has a symbolic link or special file");
            }
        }
    }
    if !found {
        doubt = Some("a folder given as transaction storage has no file TR_*");
    }
    Ok(doubt.map_or(Ok(()), Err))
}

/// Marks the end of every file.
pub(super) fn mark_all(lengths: &Lengths) -> io::Result<Logs> {
    let mark = |(path, len): (&String, &u64)| Ok((path.clone(), mark(path, *len)?));
    lengths.iter().map(mark).collect()
}

fn mark(path: &str, place: u64) -> io::Result<Mark> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    for start in [0, place.saturating_sub(MARK_BYTES)] {
        let mut window = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        (&mut file)
            .take(MARK_BYTES.min(place - start))
            .read_to_end(&mut window)?;
        hash.update(&window);
    }
    Ok(Mark {
        place,
        before: hash.finalize().into(),
    })
}

/// Facility and identifier of every patient of the records appended.
pub(super) fn appended(
    from: &Logs,
    to: &Logs,
    now: &Lengths,
) -> io::Result<Result<Patients, Doubt>> {
    for (path, before) in from.iter().chain(to) {
        if now.get(path).is_none_or(|len| *len < before.place) {
            return Ok(Err(
                "a file of the transaction storage is shorter than before, or gone",
            ));
        }
        if mark(path, before.place)? != *before {
            return Ok(Err(
                "a file of the transaction storage is another than before",
            ));
        }
    }
    let mut patients = Patients::new();
    for (path, len) in now {
        let start = from.get(path).map_or(0, |mark| mark.place);
        // The run before may have seen half of a header: go back by one.
        let back = start.saturating_sub(HEADER_BYTES_MAX as u64);
        if start < *len
            && let Err(doubt) = read_headers(Path::new(path), back, *len, &mut patients)?
        {
            return Ok(Err(doubt));
        }
    }
    Ok(Ok(patients))
}

/// Reads the headers of a file between two places.
pub(super) fn read_headers(
    path: &Path,
    start: u64,
    end: u64,
    patients: &mut Patients,
) -> io::Result<Result<(), Doubt>> {
    let mut file = File::open(path)?;
    let (mut at, mut window) = (start, Vec::with_capacity(WINDOW_BYTES));
    while at < end {
        file.seek(SeekFrom::Start(at))?;
        window.clear();
        let len = (end - at).min(WINDOW_BYTES as u64);
        (&mut file).take(len).read_to_end(&mut window)?;
        if (window.len() as u64) < len {
            return Ok(Err(
                "a file of the transaction storage became shorter while it was read",
            ));
        }
        let last = at + len >= end;
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
                Err(error) if error.offset < own => {
                    return Ok(Err("a record of the transaction storage cannot be read"));
                }
                _ => {}
            }
        }
        if last {
            break;
        }
        at += own as u64;
    }
    Ok(Ok(()))
}
