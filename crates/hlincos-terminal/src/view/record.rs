//! The full record: every message that came, by date and kind, and one of them in detail.

use hlincos_ssmix::characters::decode;
use hlincos_ssmix::defect;
use hlincos_ssmix::outline::{SegmentOutline, outline};
use hlincos_ssmix::path::{Flag, Placed, place};
use hlincos_ssmix::summary::Bilingual;
use serde::Serialize;

use crate::word::said;

/// Characters shown of a file that is no message.
const RAW_CHARACTERS_MAX: usize = 4_000;

/// Whether a message counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Flag 1.
    Current,
    /// Flag 2.
    Superseded,
    /// Flag 0.
    Deleted,
    /// No file of the standard storage.
    Other,
}

/// One message in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordEntry {
    /// Its place among the messages that the screen was made of.
    pub at: usize,
    /// Care date, `yyyy-mm-dd`; empty for kinds without one.
    pub date: String,
    /// Its kind, such as `OMP-01`.
    pub kind: String,
    /// The kind in words.
    pub kind_words: Bilingual,
    /// The order's number; empty when there is none.
    pub order: String,
    /// The department's code.
    pub department: String,
    /// When it was sent, `yyyy-mm-dd hh:mm`.
    pub sent: String,
    /// Whether it counts.
    pub standing: Standing,
    /// Places at which its characters are malformed.
    pub broken: usize,
    /// Its path.
    pub path: String,
}

/// One message, read out.
#[derive(Clone, Debug, Serialize)]
pub struct RecordDetail {
    /// Its line in the list.
    pub entry: RecordEntry,
    /// Its segments; empty when it is no message.
    pub segments: Vec<SegmentOutline>,
    /// Its text when it is no message.
    pub raw: Option<String>,
    /// What is wrong with it: code, words, field.
    pub defects: Vec<(&'static str, &'static str, String)>,
}

/// An order number that means none.
const NO_ORDER: &str = "999999999999999";

pub(super) fn entries<P: AsRef<[u8]>, B: AsRef<[u8]>>(messages: &[(P, B)]) -> Vec<RecordEntry> {
    let mut entries: Vec<RecordEntry> = messages
        .iter()
        .enumerate()
        .map(|(at, (path, bytes))| entry(at, path.as_ref(), bytes.as_ref()))
        .collect();
    entries.sort_by(|a, b| {
        let rank = |entry: &RecordEntry| entry.date.clone();
        rank(b)
            .cmp(&rank(a))
            .then_with(|| a.kind.cmp(&b.kind))
            .then_with(|| b.sent.cmp(&a.sent))
            .then_with(|| a.path.cmp(&b.path))
    });
    entries
}

fn entry(at: usize, path: &[u8], bytes: &[u8]) -> RecordEntry {
    let shown = String::from_utf8_lossy(path).into_owned();
    let broken = decode(bytes).defects.len();
    let (Placed::Standard(name), _) = place(path) else {
        return RecordEntry {
            at,
            date: String::new(),
            kind: String::new(),
            kind_words: said("その他", "other"),
            order: String::new(),
            department: String::new(),
            sent: String::new(),
            standing: Standing::Other,
            broken,
            path: shown,
        };
    };
    let kind = hlincos_ssmix::kinds::Kind::of(name.kind);
    RecordEntry {
        at,
        date: dashed(name.care_date.unwrap_or_default()),
        kind: name.kind.to_owned(),
        kind_words: kind.map_or_else(|| said(name.kind, name.kind), |kind| said(kind.ja, kind.en)),
        order: if name.order == NO_ORDER {
            String::new()
        } else {
            name.order.trim_start_matches('0').to_owned()
        },
        department: name.department.unwrap_or_default().to_owned(),
        sent: sent(name.timestamp),
        standing: match name.flag {
            Flag::Current => Standing::Current,
            Flag::Superseded => Standing::Superseded,
            Flag::Deleted => Standing::Deleted,
        },
        broken,
        path: shown,
    }
}

/// `yyyymmdd` with dashes; anything else as it is.
fn dashed(text: &str) -> String {
    match (text.get(..4), text.get(4..6), text.get(6..)) {
        (Some(year), Some(month), Some(day)) if text.len() == 8 => {
            format!("{year}-{month}-{day}")
        }
        _ => text.to_owned(),
    }
}

fn sent(timestamp: &str) -> String {
    let day = timestamp.get(..8).map(dashed);
    let time = timestamp.get(8..10).zip(timestamp.get(10..12));
    match (day, time) {
        (Some(day), Some((hour, minute))) => format!("{day} {hour}:{minute}"),
        _ => timestamp.to_owned(),
    }
}

/// Reads one message out; `None` when there is none of this number.
#[must_use]
pub fn detail<P: AsRef<[u8]>, B: AsRef<[u8]>>(
    messages: &[(P, B)],
    at: usize,
) -> Option<RecordDetail> {
    let (path, bytes) = messages.get(at)?;
    let (path, bytes) = (path.as_ref(), bytes.as_ref());
    let reading = defect::lint(path, bytes);
    let segments = outline(&reading.message);
    let is_message = segments.first().is_some_and(|first| first.segment == "MSH");
    Some(RecordDetail {
        entry: entry(at, path, bytes),
        raw: (!is_message).then(|| {
            decode(bytes)
                .text
                .chars()
                .take(RAW_CHARACTERS_MAX)
                .collect()
        }),
        segments: if is_message { segments } else { Vec::new() },
        defects: reading
            .defects
            .iter()
            .map(|defect| {
                let field = defect.field.map(|field| field.to_string());
                (
                    defect.rule.code(),
                    defect.rule.says(),
                    field.unwrap_or_default(),
                )
            })
            .collect(),
    })
}
