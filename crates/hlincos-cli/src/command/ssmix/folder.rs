//! The files of one folder together: what their names say of each other.

use std::path::{Path, PathBuf};

use hlincos_ssmix::path::{PathDefect, Placed, place, versions};

use super::walk::whole;

/// A file to be checked, and what the names beside it say of it.
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) broken: Vec<PathDefect>,
}

impl Job {
    const fn of(path: PathBuf) -> Self {
        Self {
            path,
            broken: Vec::new(),
        }
    }
}

/// Gathers the files of one folder while a walk gives them one after the other.
#[derive(Default)]
pub(super) struct Folder(Vec<PathBuf>);

impl Folder {
    /// Takes a file; gives the files of the folder before when this one begins another.
    pub(super) fn add(&mut self, path: PathBuf) -> Vec<Job> {
        let same = self
            .0
            .first()
            .is_none_or(|first| first.parent() == path.parent());
        let before = if same { Vec::new() } else { self.end() };
        self.0.push(path);
        before
    }

    /// Gives the files of the last folder.
    pub(super) fn end(&mut self) -> Vec<Job> {
        let files = std::mem::take(&mut self.0);
        let told = told(&files);
        let mut jobs: Vec<Job> = files.into_iter().map(Job::of).collect();
        for (at, defect) in told {
            jobs[at].broken.push(defect);
        }
        jobs
    }
}

fn told(files: &[PathBuf]) -> Vec<(usize, PathDefect)> {
    let [first, _, ..] = files else {
        return Vec::new();
    };
    let folder = whole(first.parent().unwrap_or(Path::new(".")));
    let paths: Vec<Vec<u8>> = files
        .iter()
        .map(|file| {
            let name = file.file_name().unwrap_or_default().as_encoded_bytes();
            [&folder, &b"/"[..], name].concat()
        })
        .collect();
    let placed = paths.iter().map(|path| place(path).0).enumerate();
    let (at, names): (Vec<_>, Vec<_>) = placed
        .filter_map(|(at, placed)| match placed {
            Placed::Standard(name) => Some((at, name)),
            _ => None,
        })
        .unzip();
    let broken = versions(&names).into_iter();
    broken.map(|(name, defect)| (at[name], defect)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_within_their_folder_and_with_none_beyond() {
        let path = |day: &str, time: u32, flag: u8| {
            PathBuf::from(format!(
                "/000/078/0000781125/{day}/OMD/0000781125_{day}_OMD_000000000000001_{time:017}_01_{flag}"
            ))
        };
        let mut folder = Folder::default();
        let given = [
            path("20190901", 1, 1),
            path("20190901", 2, 1),
            PathBuf::from("/000/078/0000781125/20190901/OMD/stray"),
            path("20190902", 1, 1),
        ];
        let mut jobs: Vec<Job> = Vec::new();
        for path in given {
            jobs.extend(folder.add(path));
        }
        assert_eq!(jobs.len(), 3, "the last folder may go on");
        jobs.extend(folder.end());
        let broken: Vec<_> = jobs.into_iter().map(|job| job.broken).collect();
        let twice = vec![PathDefect::CurrentTwice];
        assert_eq!(broken, [twice, vec![], vec![], vec![]]);
    }
}
