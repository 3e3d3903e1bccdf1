//! What was sent, and whether it says the same as a code.

use crate::summary::Bilingual;

/// A text as it was sent, in quotes.
pub(super) fn quoted(text: &str) -> Bilingual {
    Bilingual {
        ja: format!("「{text}」"),
        en: format!("“{text}”"),
    }
}

/// Whether a code is of the system whose codes are known here, or of one that was not named.
pub(super) fn believed(system: &str, known: &str) -> bool {
    system.is_empty() || system == known
}

/// A text without what does not matter: width, case, separators; 毎食 is 朝昼夕食.
pub(super) fn plain_words(text: &str) -> String {
    let narrow = text.chars().map(|c| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '〜' => '~',
        _ => c,
    });
    let kept = narrow.filter(|c| !c.is_whitespace() && !"・･、､，,。｡;".contains(*c));
    let text: String = kept.flat_map(char::to_lowercase).collect();
    text.replace("毎食", "朝昼夕食").replace("隔日", "1日おき")
}

/// A list of weekdays, however it is written.
pub(super) fn plain_days(text: &str) -> String {
    plain_words(text)
        .replace("毎週", "")
        .replace("曜日", "")
        .replace('曜', "")
}
