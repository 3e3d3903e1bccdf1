//! Which rules a file breaks. It is backed up byte for byte all the same.

use crate::characters::{TextDefectKind, decode};
use crate::hl7::Message;
use crate::path::{PathDefect, Placed, place};

/// A rule that a file breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// Of names and folders.
    Path(PathDefect),
    /// Bytes that are no ISO-2022-JP.
    Text(TextDefectKind),
    /// The file of the standard storage does not begin with MSH.
    NotHl7,
    /// PID-3 names another patient than the path, or none.
    PatientDiffers,
    /// MSH-9 is not a message of the folder's kind.
    MessageType,
}

impl Defect {
    /// A stable word for lists.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Path(path) => path.code(),
            Self::Text(TextDefectKind::Escape) => "text-escape",
            Self::Text(TextDefectKind::Bytes) => "text-not-iso-2022-jp",
            Self::Text(TextDefectKind::NotClosed) => "text-escape-missing",
            Self::Text(TextDefectKind::Utf8) => "text-utf-8",
            Self::NotHl7 => "hl7-no-message",
            Self::PatientDiffers => "hl7-patient-differs",
            Self::MessageType => "hl7-message-type",
        }
    }
}

/// Tells which rules a file breaks, each once.
///
/// Files outside the standard storage are looked at by their path alone.
/// Time: linear.
#[must_use]
pub fn inspect(path: &[u8], content: &[u8]) -> Vec<Defect> {
    let (placed, broken) = place(path);
    let mut defects: Vec<Defect> = broken.into_iter().map(Defect::Path).collect();
    if let Placed::Standard(name) = placed {
        let decoded = decode(content);
        defects.extend(
            decoded
                .defects
                .iter()
                .map(|defect| Defect::Text(defect.kind)),
        );
        match Message::parse(&decoded.text) {
            None => defects.push(Defect::NotHl7),
            Some(message) => {
                let told = message.first("PID").field(3).component(1);
                if told.raw() != name.patient {
                    defects.push(Defect::PatientDiffers);
                }
                let kind = message.first("MSH").field(9);
                if !fits(name.kind, kind.component(1).raw(), kind.component(2).raw()) {
                    defects.push(Defect::MessageType);
                }
            }
        }
    }
    defects.sort_unstable();
    defects.dedup();
    defects
}

/// Whether a message type belongs into a kind's folder; unknown kinds are told by their path.
fn fits(kind: &str, code: &str, event: &str) -> bool {
    let events: &[&str] = match kind {
        "ADT-00" => &["A08", "A23"],
        "ADT-01" => &["A54", "A55"],
        "ADT-12" => &["A04"],
        "ADT-21" => &["A14", "A27"],
        "ADT-22" => &["A01", "A11"],
        "ADT-31" => &["A21", "A52"],
        "ADT-32" => &["A22", "A53"],
        "ADT-41" => &["A15", "A26"],
        "ADT-42" => &["A02", "A12"],
        "ADT-51" => &["A16", "A25"],
        "ADT-52" => &["A03", "A13"],
        "ADT-61" => &["A60"],
        "PPR-01" => return (code, event) == ("PPR", "ZD1"),
        "OMD" => return (code, event) == ("OMD", "O03"),
        "OMP-01" | "OMP-02" => return (code, event) == ("RDE", "O11"),
        "OMP-11" | "OMP-12" => return (code, event) == ("RAS", "O17"),
        "OML-01" => return (code, event) == ("OML", "O33"),
        "OML-11" => return (code, event) == ("OUL", "R22"),
        "OMG-01" | "OMG-02" | "OMG-03" => return (code, event) == ("OMG", "O19"),
        "OMG-11" | "OMG-12" => return (code, event) == ("OMI", "Z23"),
        "OMG-13" => return (code, event) == ("ORU", "R01"),
        _ => return true,
    };
    code == "ADT" && events.contains(&event)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &[u8] =
        b"000/078/0000781125/-/ADT-61/0000781125_-_ADT-61_999999999999999_20190901101531000_-_1";

    fn codes(path: &[u8], content: &[u8]) -> Vec<&'static str> {
        inspect(path, content)
            .into_iter()
            .map(Defect::code)
            .collect()
    }

    #[test]
    fn a_good_message_has_no_defect() {
        let text = "MSH|^~\\&|H|S|G|R|2019||ADT^A60^ADT_A60|1|P|2.5\rPID|1||0000781125^^^^PI\r";
        assert!(codes(PATH, text.as_bytes()).is_empty());
    }

    #[test]
    fn every_trap_has_its_word() {
        let message = |msh9: &str, id: &str| {
            format!("MSH|^~\\&|H|S|G|R|2019||{msh9}|1|P|2.5\rPID|1||{id}\r").into_bytes()
        };
        assert_eq!(
            codes(PATH, &message("ADT^A60", "42")),
            ["hl7-patient-differs"]
        );
        assert_eq!(
            codes(PATH, &message("ADT^A08", "0000781125")),
            ["hl7-message-type"]
        );
        assert_eq!(
            codes(PATH, b"\xFB\xFC"),
            ["text-not-iso-2022-jp", "hl7-no-message"]
        );
        assert_eq!(codes(b"stray", b"\xFB\xFC"), ["path-no-patient"]);
    }
}
