//! Walking a store: every file and empty folder, patient by patient, nothing skipped in silence.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hlincos_record::bundle::Modified;
use hlincos_record::identifier::Subject;
use hlincos_ssmix::path::patient_of;

/// What tells that a file may have changed although size and time did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct ChangeMark {
    pub(crate) ctime_s: i64,
    pub(crate) ctime_ns: i64,
    pub(crate) inode: u64,
}

/// A file or empty folder as the walk found it.
#[derive(Clone)]
pub(crate) struct Leaf {
    /// Relative to the store, `/` between components, raw bytes.
    pub(crate) path: Vec<u8>,
    /// `None` for an empty folder.
    pub(crate) file: Option<FileStat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStat {
    pub(crate) size: u64,
    pub(crate) modified: Modified,
    pub(crate) mark: ChangeMark,
}

impl FileStat {
    pub(crate) fn of(meta: &fs::Metadata) -> Self {
        Self {
            size: meta.len(),
            modified: Modified {
                seconds: meta.mtime(),
                nanos: u32::try_from(meta.mtime_nsec()).unwrap_or(0),
            },
            mark: ChangeMark {
                ctime_s: meta.ctime(),
                ctime_ns: meta.ctime_nsec(),
                inode: meta.ino(),
            },
        }
    }
}

/// Something of the store that could not be read, and why.
#[derive(Clone)]
pub(crate) struct Unreadable {
    pub(crate) path: Vec<u8>,
    pub(crate) why: String,
}

/// The files of one patient's folder, or those of no patient.
pub(crate) struct Group {
    /// The patient's folder relative to the store; empty for the unassigned files.
    pub(crate) root: Vec<u8>,
    pub(crate) subject: Subject,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) unreadable: Vec<Unreadable>,
}

impl Group {
    pub(crate) fn new(root: Vec<u8>) -> Self {
        let subject = subject_of(&root);
        Self {
            root,
            subject,
            leaves: Vec::new(),
            unreadable: Vec::new(),
        }
    }
}

/// The patient's folder that a path lies in: its shortest prefix that is one; empty for none.
pub(crate) fn group_root(path: &[u8]) -> &[u8] {
    let ends = path
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'/')
        .map(|(at, _)| at);
    ends.chain([path.len()])
        .map(|end| &path[..end])
        .find(|prefix| is_patient(prefix))
        .unwrap_or_default()
}

/// Whether a path is a patient's folder, or lies in one.
pub(crate) fn is_patient(path: &[u8]) -> bool {
    !path.is_empty() && subject_of(path) != Subject::unassigned()
}

/// The subject of a patient's folder; unassigned when the path names no patient that a bundle can.
pub(crate) fn subject_of(path: &[u8]) -> Subject {
    patient_of(path)
        .and_then(|found| {
            Subject::patient(
                found.facility.as_deref().unwrap_or_default(),
                &found.patient,
            )
            .ok()
        })
        .unwrap_or_else(Subject::unassigned)
}

/// A relative path in a folder of the file system.
pub(crate) fn below(folder: &Path, relative: &[u8]) -> PathBuf {
    if relative.is_empty() {
        folder.to_owned()
    } else {
        folder.join(OsStr::from_bytes(relative))
    }
}

/// Walks the store and gives each group to `emit`, the unassigned files last.
///
/// `emit` says whether to go on.
pub(crate) fn walk(store: &Path, emit: &mut dyn FnMut(Group) -> bool) {
    let mut unassigned = Group::new(Vec::new());
    let mut folders = vec![Vec::new()];
    while let Some(folder) = folders.pop() {
        if is_patient(&folder) {
            let mut group = Group::new(folder.clone());
            let mut inside = vec![folder];
            while let Some(folder) = inside.pop() {
                list(store, folder, &mut group, &mut inside);
            }
            if !emit(group) {
                return;
            }
        } else {
            list(store, folder, &mut unassigned, &mut folders);
        }
    }
    emit(unassigned);
}

/// Whether there is a file, or a folder that cannot be looked into; stops at the first.
pub(crate) fn has_files(store: &Path) -> bool {
    let mut found = false;
    walk(store, &mut |group| {
        let is_file = |leaf: &Leaf| leaf.file.is_some();
        let is_folder = |unreadable: &Unreadable| below(store, &unreadable.path).is_dir();
        found |= group.leaves.iter().any(is_file) || group.unreadable.iter().any(is_folder);
        !found
    });
    found
}

/// Lists single patients' folders and gives each to `emit`; one that is gone comes empty.
pub(crate) fn look_at<'r>(
    store: &Path,
    roots: impl Iterator<Item = &'r Vec<u8>>,
    emit: &mut dyn FnMut(Group) -> bool,
) {
    for root in roots {
        let mut group = Group::new(root.clone());
        let mut inside = match fs::symlink_metadata(below(store, root)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            _ => vec![root.clone()],
        };
        while let Some(folder) = inside.pop() {
            list(store, folder, &mut group, &mut inside);
        }
        if !emit(group) {
            return;
        }
    }
}

/// Facility and identifier of the first patient of a store who has files.
#[must_use]
pub fn first_patient(store: &Path) -> Option<(String, String)> {
    let mut first = None;
    walk(store, &mut |group| {
        if let Subject::Patient { facility, patient } = group.subject
            && !patient.is_empty()
            && group.leaves.iter().any(|leaf| leaf.file.is_some())
        {
            first = Some((facility, patient));
        }
        first.is_none()
    });
    first
}

/// Puts a folder's files into the group and its subfolders onto the stack.
fn list(store: &Path, folder: Vec<u8>, group: &mut Group, stack: &mut Vec<Vec<u8>>) {
    let mut fail = |path: Vec<u8>, why: String| group.unreadable.push(Unreadable { path, why });
    let entries = match fs::read_dir(below(store, &folder)) {
        Ok(entries) => entries,
        Err(error) => return fail(folder, error.to_string()),
    };
    let mut count = 0_usize;
    let mut subfolders = Vec::new();
    let mut leaves = Vec::new();
    for entry in entries {
        count += 1;
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                fail(folder.clone(), error.to_string());
                continue;
            }
        };
        let mut path = folder.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(&entry.file_name().into_vec());
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => subfolders.push(path),
            Ok(meta) if meta.is_file() => {
                leaves.push(Leaf {
                    path,
                    file: Some(FileStat::of(&meta)),
                });
            }
            Ok(meta) => {
                let kind = if meta.is_symlink() {
                    "symbolic link"
                } else {
                    "special file"
                };
                fail(path, format!("a {kind} is not backed up"));
            }
            Err(error) => fail(path, error.to_string()),
        }
    }
    if count == 0 && !folder.is_empty() {
        leaves.push(Leaf {
            path: folder,
            file: None,
        });
    }
    group.leaves.append(&mut leaves);
    subfolders.sort_unstable_by(|a, b| b.cmp(a));
    stack.append(&mut subfolders);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_the_patients_folder_above_it() {
        let path = b"1318814790/000/078/0000781125/-/ADT-00/x";
        assert_eq!(group_root(path), b"1318814790/000/078/0000781125");
        assert_eq!(group_root(b"1318814790/readme.txt"), b"");
        assert_eq!(group_root(b""), b"");
    }

    #[test]
    fn the_walk_finds_every_file_and_every_empty_folder_once() {
        let store = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            let path = store.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        };
        make("1318814790/000/078/0000781125/-/ADT-00/a");
        make("1318814790/000/078/0000781125/20190901/OMP-01/b");
        make("stray");
        fs::create_dir_all(store.path().join("1318814790/000/078/0000781125/20190902")).unwrap();
        fs::create_dir_all(store.path().join("empty/deep")).unwrap();
        std::os::unix::fs::symlink("stray", store.path().join("link")).unwrap();
        let mut groups = Vec::new();
        walk(store.path(), &mut |group| {
            groups.push(group);
            true
        });
        assert_eq!(groups.len(), 2);
        let mut paths: Vec<_> = groups[0]
            .leaves
            .iter()
            .map(|leaf| {
                (
                    String::from_utf8(leaf.path.clone()).unwrap(),
                    leaf.file.is_some(),
                )
            })
            .collect();
        paths.sort();
        assert_eq!(
            paths,
            [
                ("1318814790/000/078/0000781125/-/ADT-00/a".into(), true),
                (
                    "1318814790/000/078/0000781125/20190901/OMP-01/b".into(),
                    true
                ),
                ("1318814790/000/078/0000781125/20190902".into(), false),
            ]
        );
        let mut stray: Vec<_> = groups[1]
            .leaves
            .iter()
            .map(|leaf| leaf.path.clone())
            .collect();
        stray.sort();
        assert_eq!(stray, [b"empty/deep".to_vec(), b"stray".to_vec()]);
        assert_eq!(
            groups[1].unreadable.len(),
            1,
            "the link is told, not skipped in silence"
        );
    }
}
