//! The characters that separate; MSH-1 and MSH-2 say which.

/// The separators of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    /// Between fields: `|`.
    pub field: u8,
    /// Between components: `^`.
    pub component: u8,
    /// Between repetitions: `~`.
    pub repetition: u8,
    /// Around escapes: `\`.
    pub escape: u8,
    /// Between subcomponents: `&`.
    pub subcomponent: u8,
}

impl Separators {
    /// Those that SS-MIX2 prescribes.
    pub const USUAL: Self = Self {
        field: b'|',
        component: b'^',
        repetition: b'~',
        escape: b'\\',
        subcomponent: b'&',
    };

    /// Reads what follows `MSH`; tells whether it is well-formed.
    ///
    /// A separator is ASCII, graphic, and no letter or digit. What is missing or none is taken
    /// to be the usual one.
    pub(super) fn read(after_msh: &[u8]) -> (Self, bool) {
        let legal = |byte: &u8| byte.is_ascii_punctuation();
        let Some(field) = after_msh.first().copied().filter(|byte| legal(byte)) else {
            // A bare `MSH` occurs; only other characters are a defect.
            let bare = after_msh.first().is_none_or(|b| matches!(b, b'\r' | b'\n'));
            return (Self::USUAL, bare);
        };
        let told = after_msh[1..].iter().take_while(|byte| **byte != field);
        let told: Vec<u8> = told.take(5).copied().collect();
        let at = |n: usize, usual: u8| told.get(n).copied().filter(|b| legal(b)).unwrap_or(usual);
        let read = Self {
            field,
            component: at(0, b'^'),
            repetition: at(1, b'~'),
            escape: at(2, b'\\'),
            subcomponent: at(3, b'&'),
        };
        let all = read.all();
        let distinct = (1..all.len()).all(|n| !all[..n].contains(&all[n]));
        (read, told.len() == 4 && told.iter().all(legal) && distinct)
    }

    const fn all(self) -> [u8; 5] {
        [
            self.field,
            self.component,
            self.repetition,
            self.escape,
            self.subcomponent,
        ]
    }
}
