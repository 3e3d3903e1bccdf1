//! The folder of a data type: `[local code]^local name^[local system]^code^name^system`.

use encoding_rs::SHIFT_JIS;
use serde::Serialize;

/// What the folder's name says. Parts that it does not tell are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DataType {
    /// The hospital's code, such as `L-JSPEED`.
    pub local_code: String,
    /// Its name.
    pub local_name: String,
    /// Its system.
    pub local_system: String,
    /// The standard's code, such as LOINC `18842-5`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its system, such as `LN`.
    pub system: String,
}

impl DataType {
    /// Reads a folder's name: UTF-8, or else Shift_JIS as Windows writes it.
    #[must_use]
    pub fn read(folder: &[u8]) -> Self {
        let text = core::str::from_utf8(folder).map_or_else(
            |_| SHIFT_JIS.decode_without_bom_handling(folder).0.into_owned(),
            ToOwned::to_owned,
        );
        let mut parts = text.splitn(6, '^').map(ToOwned::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Self {
            local_code: next(),
            local_name: next(),
            local_system: next(),
            code: next(),
            name: next(),
            system: next(),
        }
    }

    /// What to show: the standard's name, the local name, or a code.
    #[must_use]
    pub fn shown(&self) -> &str {
        let candidates = [&self.name, &self.local_name, &self.code, &self.local_code];
        let first = candidates.into_iter().find(|text| !text.is_empty());
        first.map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_every_form_have_a_name() {
        let both = DataType::read(
            "L-JSPEED^災害時JSPEED記録^99ZL01^74465-6^災害時JSPEED記録^LN".as_bytes(),
        );
        assert_eq!(
            (both.shown(), both.code.as_str(), both.system.as_str()),
            ("災害時JSPEED記録", "74465-6", "LN")
        );
        assert_eq!(
            DataType::read(b"L-OBSERVATIONS^OBSERVATIONS^99ZL01").shown(),
            "OBSERVATIONS"
        );
        assert_eq!(DataType::read(b"LJCS-100D").shown(), "LJCS-100D");
        let windows = [
            b"^^^11506-3^".as_slice(),
            b"\x8Co\x89\xDF\x8BL\x98^",
            b"^LN",
        ]
        .concat();
        assert_eq!(DataType::read(&windows).shown(), "経過記録");
    }
}
