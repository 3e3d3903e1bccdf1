//! Which files are current: flag 1, the newest of its order.

use std::collections::BTreeMap;

use super::{Bilingual, Source, Warning, date};
use crate::path::{Flag, Placed, StandardName, place};

/// A current message of the standard storage.
pub(crate) struct Record<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) name: StandardName<'a>,
    pub(crate) content: &'a [u8],
}

impl Record<'_> {
    pub(crate) fn source(&self) -> Source {
        Source {
            path: String::from_utf8_lossy(self.path).into_owned(),
            sent: date(self.name.timestamp),
        }
    }
}

/// Picks the current records; doubts go to the warnings.
///
/// Files of one date, kind and order are versions of one record. Of several with flag 1 the
/// newest counts. A deletion that is newer than it is told. None with flag 1, but a newest one with flag 2 and no deletion after it, means
/// that the hospital's writer was between two steps.
pub(crate) fn select<'a, P: AsRef<[u8]>, B: AsRef<[u8]>>(
    files: &'a [(P, B)],
    warnings: &mut Vec<Warning>,
) -> Vec<Record<'a>> {
    let mut orders: BTreeMap<(&str, &str, &str), Vec<Record<'a>>> = BTreeMap::new();
    for (path, content) in files {
        let (path, content) = (path.as_ref(), content.as_ref());
        if let (Placed::Standard(name), _) = place(path) {
            let key = (name.kind, name.care_date.unwrap_or_default(), name.order);
            orders.entry(key).or_default().push(Record {
                path,
                name,
                content,
            });
        }
    }
    let mut current = Vec::new();
    for mut versions in orders.into_values() {
        versions.sort_by(|a, b| {
            (a.name.timestamp, a.name.flag, a.path).cmp(&(b.name.timestamp, b.name.flag, b.path))
        });
        let with_flag_1 = versions
            .iter()
            .filter(|v| v.name.flag == Flag::Current)
            .count();
        let last = versions.last().expect("an order has a version");
        if with_flag_1 == 0 {
            if last.name.flag == Flag::Superseded {
                warnings.push(Warning {
                    text: Bilingual::new(
                        "更新の途中と思われる記録があります（現行版がありません）。",
                        "A record seems to be in the middle of an update: no current version.",
                    ),
                    source: last.source(),
                });
            }
            continue;
        }
        if with_flag_1 > 1 {
            warnings.push(Warning {
                text: Bilingual::new(
                    "現行版が複数あります。最も新しいものを表示します。",
                    "There are several current versions; the newest is shown.",
                ),
                source: last.source(),
            });
        }
        if last.name.flag == Flag::Deleted {
            warnings.push(Warning {
                text: Bilingual::new(
                    "現行版より新しい削除の記録があります。現行版を表示しますが、取り消されているかもしれません。",
                    "A deletion is newer than the current version, which is shown: it may have been taken back.",
                ),
                source: last.source(),
            });
        }
        let newest = versions
            .into_iter()
            .rev()
            .find(|v| v.name.flag == Flag::Current);
        current.extend(newest);
    }
    current
}
