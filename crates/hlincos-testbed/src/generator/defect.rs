//! Files that break the rules on purpose, as real stores have them.
//!
//! Each trap was seen in a published sample, a public generator or a specification; the words are
//! listed in `docs/generator.md`.

use encoding_rs::SHIFT_JIS;

use super::calendar::Day;
use super::characters::encode;
use super::draw::Draw;

/// A message file on its way: folder below the patient, name and bytes.
pub(crate) struct Draft {
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// A content folder of the extended storage, and the rule its name breaks.
pub(crate) struct Folder {
    pub(crate) path: Vec<u8>,
    pub(crate) defect: Option<&'static str>,
}

/// Spoils a draft in one way and tells which: the first one, from a drawn place on, that applies.
pub(crate) fn spoil(draft: &mut Draft, text: &str, patient: &str, draw: &mut Draw) -> &'static str {
    let first = draw.below(u32::try_from(MESSAGE_TRAPS.len()).expect("a short table")) as usize;
    let turn = MESSAGE_TRAPS.iter().cycle().skip(first);
    for (word, trap) in turn.take(MESSAGE_TRAPS.len()) {
        let mut message = Spoilt {
            text,
            patient,
            draft,
            draw,
        };
        if trap(&mut message).is_some() {
            return word;
        }
    }
    unreachable!("a name can always lose its flag")
}

/// Names a content folder so that its name breaks a rule.
pub(crate) fn spoil_folder(kind: &str, name: impl Fn(&str) -> String, draw: &mut Draw) -> Folder {
    match draw.below(3) {
        0 => Folder {
            path: SHIFT_JIS.encode(&name(kind)).0.into_owned(),
            defect: Some("folder-shift-jis"),
        },
        1 => Folder {
            path: name(&format!("L-{}^^99ZL01", "SCANNED-DOCUMENT-".repeat(7))).into_bytes(),
            defect: Some("folder-long-path"),
        },
        _ => Folder {
            path: name(&kind.replacen('^', "_SUB^", 1)).into_bytes(),
            defect: Some("folder-underscore"),
        },
    }
}

/// A message about to be spoilt.
struct Spoilt<'a> {
    text: &'a str,
    patient: &'a str,
    draft: &'a mut Draft,
    draw: &'a mut Draw,
}

/// Spoils a message, or tells that it cannot.
type Trap = fn(&mut Spoilt<'_>) -> Option<()>;

const MESSAGE_TRAPS: [(&str, Trap); 29] = [
    ("name-without-flag", |m| {
        m.name(|name| name[..name.len() - "_1".len()].to_owned())
    }),
    ("name-other-care-date", other_care_date),
    ("name-short-order", short_order),
    ("name-department", department),
    ("name-superseded-as-deleted", |m| {
        let head = m.draft.name.strip_suffix("_2")?.to_owned();
        m.name(|_| head + "_0")
    }),
    ("place-too-high", |m| {
        let (above, _) = m.draft.folder.rsplit_once('/')?;
        m.draft.folder = above.to_owned();
        Some(())
    }),
    ("patient-other", |m| {
        // IDs start with 000 to 009, so this one is nobody's.
        let other = format!("|9{}^^^^PI|", &m.patient[1..]);
        let patient = format!("|{}^^^^PI|", m.patient);
        m.replace(&patient, &other)
    }),
    ("not-hl7", |m| m.bytes(b"\xFB\xFC".to_vec())),
    ("truncated", |m| {
        let third = m.draft.bytes.len() / 3;
        let more = u32::try_from(third).expect("messages are short");
        m.draft.bytes.truncate(third + m.draw.below(more) as usize);
        // What ends with a segment may be a whole message.
        m.draft.bytes.pop_if(|byte| *byte == b'\r');
        Some(())
    }),
    ("end-mllp", |m| {
        m.draft.bytes.push(0x1C);
        Some(())
    }),
    ("end-missing", |m| m.draft.bytes.pop().map(|_| ())),
    ("line-feeds", |m| {
        let feeds = m
            .draft
            .bytes
            .iter()
            .map(|byte| if *byte == b'\r' { b'\n' } else { *byte });
        let bytes = feeds.collect();
        m.bytes(bytes)
    }),
    ("body-utf-8", |m| {
        let bytes = m.text.as_bytes().to_vec();
        m.bytes(bytes)
    }),
    ("msh-18-without-space", |m| {
        m.replace("|~ISO IR87|", "|~ISOIR87|")
    }),
    ("msh-18-component", |m| {
        m.replace("|~ISO IR87|", "|^ISO IR87|")
    }),
    ("msh-20-without-space", |m| {
        m.replace("|ISO 2022-1994|", "|ISO2022-1994|")
    }),
    ("msh-7-17-digits", msh_7),
    ("pid-5-component-missing", |m| {
        m.replace("^^^^^L^I~", "^^^^L^I~")
    }),
    ("pid-7-in-pid-9", pid_9),
    ("pid-7-no-day", |m| {
        let line = m.segment("PID")?;
        let born = line.split('|').nth(7)?;
        m.replace(&format!("|{born}|"), &format!("|{}1345|", &born[..4]))
    }),
    ("pv1-2-zero", |m| {
        m.replace("\rPV1|0001|O|", "\rPV1|0001|0|")
    }),
    ("obx-2-sn", |m| m.replace("|NM|", "|SN|")),
    ("junk-segments", |m| {
        m.draft
            .bytes
            .extend_from_slice(b"OBX|1|||||||||||||||\rAL1\rCTI\rDB1\rMSH\rZPR\r");
        Some(())
    }),
    ("escape-twice", |m| {
        let at = find(&m.draft.bytes, b"\x1B(B")?;
        m.splice(at..at, b"\x1B(B\x1B$B")
    }),
    ("escape-missing", |m| {
        let at = find(&m.draft.bytes, b"\x1B(B\r")?;
        m.splice(at..at + 3, b"")
    }),
    ("escape-roman", |m| {
        let at = find(&m.draft.bytes, b"\x1B(B")?;
        m.splice(at..at + 3, b"\x1B(J")
    }),
    // ① of NEC's row 13; a character of JIS X 0212; ﾔﾏ of JIS X 0201.
    ("character-vendor", |m| {
        m.insert_after_kana(b"\x1B$B\x2D\x21\x1B(B")
    }),
    ("character-supplement", |m| {
        m.insert_after_kana(b"\x1B$(D\x30\x21\x1B(B")
    }),
    ("character-half-width", |m| {
        m.insert_after_kana(b"\x1B(I\x54\x4F\x1B(B")
    }),
];

impl<'a> Spoilt<'a> {
    fn bytes(&mut self, bytes: Vec<u8>) -> Option<()> {
        self.draft.bytes = bytes;
        Some(())
    }

    fn name(&mut self, change: impl FnOnce(&str) -> String) -> Option<()> {
        self.draft.name = change(&self.draft.name);
        Some(())
    }

    /// Replaces words of the text, if they are there.
    fn replace(&mut self, from: &str, to: &str) -> Option<()> {
        let (before, after) = self.text.split_once(from)?;
        let text = [before, to, after].concat();
        self.bytes(encode(&text))
    }

    fn splice(&mut self, place: std::ops::Range<usize>, with: &[u8]) -> Option<()> {
        self.draft.bytes.splice(place, with.iter().copied());
        Some(())
    }

    /// Puts bytes behind the kana of the patient's name.
    fn insert_after_kana(&mut self, bytes: &[u8]) -> Option<()> {
        let at = find(&self.draft.bytes, b"^^^^^L^P")?;
        self.splice(at..at, bytes)
    }

    fn segment(&self, name: &str) -> Option<&'a str> {
        self.text.split('\r').find(|line| line.starts_with(name))
    }
}

/// Names another day than the message does.
fn other_care_date(m: &mut Spoilt<'_>) -> Option<()> {
    let (date, kind) = m.draft.folder.split_once('/')?;
    let day = jiff::civil::Date::strptime("%Y%m%d", date).ok()?;
    let next = Day(super::calendar::days_after(day, 1)).to_string();
    let name = m
        .draft
        .name
        .replacen(&format!("_{date}_"), &format!("_{next}_"), 1);
    m.draft.folder = format!("{next}/{kind}");
    m.name(|_| name)
}

/// An order number of 13 characters.
fn short_order(m: &mut Spoilt<'_>) -> Option<()> {
    let mut parts: Vec<&str> = m.draft.name.split('_').collect();
    let order = *parts.get(3)?;
    parts[3] = &order[2..];
    let name = parts.join("_");
    m.name(|_| name)
}

/// A department where there is none, none where there is one; no rule says which ADT-01 is.
fn department(m: &mut Spoilt<'_>) -> Option<()> {
    let mut parts: Vec<&str> = m.draft.name.split('_').collect();
    if parts.get(2) == Some(&"ADT-01") {
        return None;
    }
    let department = parts.get_mut(5)?;
    *department = if *department == "-" { "01" } else { "-" };
    let name = parts.join("_");
    m.name(|_| name)
}

/// The time of the message in 17 digits without a point.
fn msh_7(m: &mut Spoilt<'_>) -> Option<()> {
    let sent = m.segment("MSH")?.split('|').nth(6)?;
    let digits = sent.replace('.', "");
    m.replace(&format!("|{sent}|"), &format!("|{digits}|"))
}

/// The birth date two fields too late.
fn pid_9(m: &mut Spoilt<'_>) -> Option<()> {
    let line = m.segment("PID")?;
    let mut fields: Vec<&str> = line.split('|').collect();
    fields.swap(7, 9);
    m.replace(line, &fields.join("|"))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
