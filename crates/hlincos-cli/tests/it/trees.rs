//! Trees of files: copying, and one comparable value for all that a restore must bring back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// Path to bytes and time of a file, or to `None` for an empty folder.
pub(crate) type Tree = BTreeMap<Vec<u8>, Option<(Vec<u8>, SystemTime)>>;

pub(crate) fn read(root: &Path) -> Tree {
    use std::os::unix::ffi::OsStrExt;

    let mut tree = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut empty = true;
        for entry in fs::read_dir(&folder).unwrap() {
            empty = false;
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .as_os_str()
                    .as_bytes()
                    .to_vec();
                let time = fs::metadata(&path).unwrap().modified().unwrap();
                tree.insert(name, Some((fs::read(&path).unwrap(), time)));
            }
        }
        if empty && folder != root {
            let name = folder
                .strip_prefix(root)
                .unwrap()
                .as_os_str()
                .as_bytes()
                .to_vec();
            tree.insert(name, None);
        }
    }
    tree
}

/// Asserts equality without printing the bytes of two trees.
pub(crate) fn assert_same(a: &Tree, b: &Tree) {
    for (path, what) in a {
        let name = String::from_utf8_lossy(path);
        assert!(b.contains_key(path), "{name} is missing");
        assert!(b[path] == *what, "{name} differs");
    }
    for path in b.keys() {
        assert!(
            a.contains_key(path),
            "{} is too much",
            String::from_utf8_lossy(path)
        );
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What is restored in a folder, without the work folder of an unfinished restore.
pub(crate) fn without_work(dir: &Path) -> Tree {
    let mut tree = if dir.exists() { read(dir) } else { Tree::new() };
    tree.retain(|path, _| !path.starts_with(b".hlincos-restore-"));
    tree
}

/// Bytes that do not compress.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[3]
    };
    (0..len).map(|_| next()).collect()
}
