//! Files that break the rules on purpose, as real stores have them.

use super::draw::Draw;

/// A message file on its way: folder below the patient, name, text and, if not the text's own
/// encoding, its bytes.
pub(crate) struct Draft {
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Ways to break the rules.
#[derive(Clone, Copy)]
enum Defect {
    /// The name has no condition flag.
    WrongName,
    /// The body is UTF-8 although MSH-18 says ISO IR87.
    ForeignBytes,
    /// PID-3 names another patient.
    OtherPatient,
    /// The end is missing.
    Truncated,
    /// The file lies one level too high.
    WrongPlace,
}

const ALL: [Defect; 5] = [
    Defect::WrongName,
    Defect::ForeignBytes,
    Defect::OtherPatient,
    Defect::Truncated,
    Defect::WrongPlace,
];

/// Spoils a draft in one way.
pub(crate) fn spoil(
    draft: &mut Draft,
    text: &str,
    patient: &str,
    encode: fn(&str) -> Vec<u8>,
    draw: &mut Draw,
) {
    match *draw.pick(&ALL) {
        Defect::WrongName => draft.name.truncate(draft.name.len() - "_1".len()),
        Defect::ForeignBytes => draft.bytes = text.as_bytes().to_vec(),
        Defect::OtherPatient => {
            // IDs start with 000 to 009, so this one is nobody's.
            let other = format!("|9{}^^^^PI|", &patient[1..]);
            draft.bytes = encode(&text.replacen(&format!("|{patient}^^^^PI|"), &other, 1));
        }
        Defect::Truncated => {
            let third = draft.bytes.len() / 3;
            let more = u32::try_from(third).expect("messages are short");
            draft.bytes.truncate(third + draw.below(more) as usize);
        }
        Defect::WrongPlace => {
            if let Some((above, _)) = draft.folder.rsplit_once('/') {
                draft.folder = above.to_owned();
            }
        }
    }
}
