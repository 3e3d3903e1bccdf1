//! What the names of one folder say together: which version of a record is current.

use std::collections::BTreeMap;

use super::{Flag, PathDefect, StandardName};

/// Tells which rules of flags the files of one folder break, by their places among `names`.
///
/// Of one record one version is current, superseded ones have flag 2, and a deletion leaves a
/// tombstone beside what it deleted: a single flag 0 before a current version is a superseded one
/// of an older writer.
///
/// Shape: names of one folder, in any order.
#[must_use]
pub fn versions(names: &[StandardName<'_>]) -> Vec<(usize, PathDefect)> {
    let mut records: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        let record = (name.patient, name.care_date, name.kind, name.order);
        records.entry(record).or_default().push(at);
    }
    let mut broken = Vec::new();
    for versions in records.into_values() {
        let of = |flag: Flag| {
            let found = versions.iter().filter(move |at| names[**at].flag == flag);
            found.copied()
        };
        let Some(newest) = of(Flag::Current).max_by_key(|at| names[*at].timestamp) else {
            continue;
        };
        let others = of(Flag::Current).filter(|at| *at != newest);
        broken.extend(others.map(|at| (at, PathDefect::CurrentTwice)));
        let mut deleted = of(Flag::Deleted);
        if let (Some(at), None) = (deleted.next(), deleted.next())
            && names[at].timestamp < names[newest].timestamp
        {
            broken.push((at, PathDefect::VersionFlag));
        }
    }
    broken.sort_unstable();
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::{Placed, place};

    fn told(files: &[(&str, &str, u8)]) -> Vec<(usize, PathDefect)> {
        let folder = "000/078/0000781125/20190901/OMP-01";
        let paths: Vec<String> = files
            .iter()
            .map(|(order, time, flag)| {
                format!("{folder}/0000781125_20190901_OMP-01_{order:0>15}_{time:0<17}_01_{flag}")
            })
            .collect();
        let names: Vec<_> = paths
            .iter()
            .map(|path| match place(path.as_bytes()) {
                (Placed::Standard(name), defects) if defects.is_empty() => name,
                _ => panic!("{path}"),
            })
            .collect();
        versions(&names)
    }

    #[test]
    fn one_version_is_current_and_the_others_say_why_they_are_not() {
        assert_eq!(told(&[("1", "3", 1), ("1", "1", 2), ("1", "2", 2)]), []);
        assert_eq!(told(&[("1", "1", 0), ("1", "2", 0), ("1", "3", 1)]), []);
        assert_eq!(told(&[("1", "1", 0)]), []);
        assert_eq!(told(&[("1", "1", 1), ("2", "1", 0)]), []);
        assert_eq!(
            told(&[("1", "1", 0), ("1", "2", 1)]),
            [(0, PathDefect::VersionFlag)]
        );
        assert_eq!(
            told(&[("1", "9", 1), ("1", "2", 1)]),
            [(1, PathDefect::CurrentTwice)]
        );
    }
}
