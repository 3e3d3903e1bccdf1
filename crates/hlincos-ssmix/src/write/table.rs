//! What characters outside of JIS X 0208 are folded to.
//!
//! Source: NHO's table of vendor characters (① to (1), Ⅳ to IV, ㎎ to mg, ㈱ to (株)), and the pairs
//! in which Unicode has two characters for one of JIS X 0208; `spec/ssmix-writing.md`, section 2.

/// Looks up what stands for a character that SS-MIX2 cannot write.
pub(super) fn substitute(letter: char) -> Option<Substitute> {
    if let Some(one) = twin(letter) {
        return Some(Substitute::One(one));
    }
    let code = u32::from(letter);
    if let Some(number) = circled(code) {
        return Some(Substitute::Bracketed(number));
    }
    let index = WORDS
        .binary_search_by_key(&letter, |(from, _)| *from)
        .ok()?;
    Some(Substitute::Words(WORDS[index].1))
}

/// What a character is folded to.
pub(super) enum Substitute {
    One(char),
    /// A circled number: (1).
    Bracketed(u32),
    Words(&'static str),
}

/// The other Unicode character that stands for the same one of JIS X 0208, or is its plain form.
fn twin(letter: char) -> Option<char> {
    Some(match letter {
        '\u{301C}' => '\u{FF5E}', // wave dash
        '\u{2212}' => '\u{FF0D}', // minus
        '\u{2016}' => '\u{2225}', // double vertical line
        '\u{2014}' => '\u{2015}', // em dash
        '\u{2011}' | '\u{2012}' | '\u{2013}' => '\u{2010}',
        '\u{00A2}' => '\u{FFE0}', // cent
        '\u{00A3}' => '\u{FFE1}', // pound
        '\u{00AC}' => '\u{FFE2}', // not
        // A decoder of JIS Roman reads a backslash for the yen sign: HL7's escape.
        '\u{00A5}' => '\u{FFE5}',
        '\u{203E}' => '\u{FFE3}', // overline
        '\u{00B5}' => '\u{03BC}', // micro
        '\u{2126}' => '\u{03A9}', // ohm
        '\u{2211}' => '\u{03A3}', // sum, of NEC's row 13
        '\u{00C5}' => '\u{212B}', // ångström
        '\u{00B7}' | '\u{2022}' | '\u{22C5}' => '\u{30FB}',
        '\u{301D}' => '\u{201C}',
        '\u{301E}' | '\u{301F}' => '\u{201D}',
        '\u{FF07}' => '\'',
        '\u{FF02}' => '"',
        '\u{FFE4}' | '\u{00A6}' => '|',
        '\u{00A0}' | '\u{2002}' | '\u{2003}' | '\u{2009}' | '\t' => ' ',
        _ => return None,
    })
}

/// The number in a circle, up to 50.
fn circled(code: u32) -> Option<u32> {
    Some(match code {
        0x2460..=0x2473 => code - 0x2460 + 1,
        0x3251..=0x325F => code - 0x3251 + 21,
        0x32B1..=0x32BF => code - 0x32B1 + 36,
        0x24EA => 0,
        _ => return None,
    })
}

/// Sorted by character.
#[rustfmt::skip]
const WORDS: &[(char, &str)] = &[
    ('ℓ', "l"), ('№', "No."), ('℡', "TEL"), ('™', "TM"),
    ('Ⅰ', "I"), ('Ⅱ', "II"), ('Ⅲ', "III"), ('Ⅳ', "IV"), ('Ⅴ', "V"), ('Ⅵ', "VI"),
    ('Ⅶ', "VII"), ('Ⅷ', "VIII"), ('Ⅸ', "IX"), ('Ⅹ', "X"), ('Ⅺ', "XI"), ('Ⅻ', "XII"),
    ('ⅰ', "i"), ('ⅱ', "ii"), ('ⅲ', "iii"), ('ⅳ', "iv"), ('ⅴ', "v"), ('ⅵ', "vi"),
    ('ⅶ', "vii"), ('ⅷ', "viii"), ('ⅸ', "ix"), ('ⅹ', "x"), ('ⅺ', "xi"), ('ⅻ', "xii"),
    ('㈱', "(株)"), ('㈲', "(有)"), ('㈳', "(社)"), ('㈶', "(財)"), ('㈹', "(代)"),
    ('㊤', "(上)"), ('㊥', "(中)"), ('㊦', "(下)"), ('㊧', "(左)"), ('㊨', "(右)"),
    ('㋿', "令和"),
    ('㌃', "アール"), ('㌍', "カロリー"), ('㌔', "キロ"), ('㌘', "グラム"), ('㌢', "センチ"),
    ('㌣', "セント"), ('㌦', "ドル"), ('㌧', "トン"), ('㌫', "パーセント"), ('㌶', "ヘクタール"),
    ('㌻', "ページ"), ('㍉', "ミリ"), ('㍊', "ミリバール"), ('㍍', "メートル"),
    ('㍑', "リットル"), ('㍗', "ワット"),
    ('㍻', "平成"), ('㍼', "昭和"), ('㍽', "大正"), ('㍾', "明治"),
    ('㎍', "μg"), ('㎎', "mg"), ('㎏', "kg"), ('㎕', "μl"), ('㎖', "ml"), ('㎗', "dl"),
    ('㎘', "kl"), ('㎛', "μm"), ('㎜', "mm"), ('㎝', "cm"), ('㎞', "km"), ('㎟', "mm2"),
    ('㎠', "cm2"), ('㎡', "m2"), ('㎤', "cm3"), ('㎥', "m3"), ('㏄', "cc"), ('㏍', "K.K."),
    ('㏗', "pH"),
];

/// Half-width kana U+FF61 to U+FF9F, in their order, as full-width ones.
pub(super) const KANA: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";

/// Full-width kana before which a voiced mark makes another one: plain, voiced.
pub(super) const VOICED: (&str, &str) = (
    "カキクケコサシスセソタチツテトハヒフヘホウかきくけこさしすせそたちつてとはひふへほヽゝ",
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴがぎぐげござじずぜぞだぢづでどばびぶべぼヾゞ",
);

/// The same with the half-voiced mark.
pub(super) const HALF_VOICED: (&str, &str) = ("ハヒフヘホはひふへほ", "パピプペポぱぴぷぺぽ");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::pair;

    #[test]
    fn the_table_is_sorted_and_leads_into_the_two_sets() {
        assert!(WORDS.windows(2).all(|two| two[0].0 < two[1].0));
        let legal = |letter: char| letter.is_ascii_graphic() || pair(letter).is_some();
        for (from, to) in WORDS {
            assert!(pair(*from).is_none(), "{from} can be written as it is");
            assert!(to.chars().all(legal), "{to}");
        }
        let ranges = (0..=0x1_0000).filter_map(char::from_u32);
        for one in ranges.filter_map(twin) {
            assert!(legal(one) || one == ' ', "{one}");
        }
        assert!(KANA.chars().all(legal) && KANA.chars().count() == 63);
        for (plain, marked) in [VOICED, HALF_VOICED] {
            assert_eq!(plain.chars().count(), marked.chars().count());
            assert!(plain.chars().chain(marked.chars()).all(legal));
        }
    }
}
