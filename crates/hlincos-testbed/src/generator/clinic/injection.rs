//! Injections and infusions: what is mixed, how much, how fast.

use super::allergy::{Allergies, Family};
use crate::generator::draw::Draw;

/// One thing in the bag.
pub(crate) struct Part {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) system: &'static str,
    pub(crate) amount: u32,
    /// MR9P: code and text.
    pub(crate) unit: (&'static str, &'static str),
}

/// What is given at once: a base, then additives.
pub(crate) struct Injection {
    /// RXE-2: the kind, JHSI0002.
    pub(crate) kind: &'static str,
    pub(crate) words: &'static str,
    /// HL7 table 0162.
    pub(crate) route: &'static str,
    pub(crate) millilitres: i32,
    pub(crate) minutes: i32,
    family: Family,
    pub(crate) parts: &'static [Part],
}

impl Injection {
    /// Millilitres an hour.
    pub(crate) fn rate(&self) -> i32 {
        self.millilitres * 60 / self.minutes
    }
}

/// Draws what goes against pneumonia and thirst; no antibiotic against an allergy.
pub(crate) fn draw_injection(allergies: &Allergies, draw: &mut Draw) -> &'static Injection {
    let injection = draw.pick(INJECTIONS);
    if allergies.forbid(injection.family) {
        &INJECTIONS[0]
    } else {
        injection
    }
}

const GENERAL: &str = "00^一般^JHSI0002";
const VEIN: &str = "IV^静脈内^HL70162";
const BOTTLE: (&str, &str) = ("HON", "本");
const AMPOULE: (&str, &str) = ("AMP", "アンプル");
const VIAL: (&str, &str) = ("VIL", "バイアル");

const fn part(
    code: &'static str,
    name: &'static str,
    system: &'static str,
    amount: u32,
    unit: (&'static str, &'static str),
) -> Part {
    Part {
        code,
        name,
        system,
        amount,
        unit,
    }
}

#[rustfmt::skip]
const INJECTIONS: &[Injection] = &[
    Injection { kind: GENERAL, words: "５時間一定速度で", route: VEIN, millilitres: 500, minutes: 300, family: Family::Other,
        parts: &[part("620007329", "ソリタ－Ｔ３号輸液５００ｍＬ", "HOT9", 1, BOTTLE)] },
    Injection { kind: GENERAL, words: "５時間一定速度で", route: VEIN, millilitres: 510, minutes: 300, family: Family::Other,
        parts: &[part("620007329", "ソリタ－Ｔ３号輸液５００ｍＬ", "HOT9", 1, BOTTLE),
                 part("620002559", "アドナ注（静脈用）５０ｍｇ", "HOT9", 1, AMPOULE)] },
    Injection { kind: GENERAL, words: "１時間かけて", route: VEIN, millilitres: 100, minutes: 60, family: Family::Cephem,
        parts: &[part("L3319", "生理食塩液１００ｍＬ", "99XYZ", 1, BOTTLE),
                 part("L6132", "セフトリアキソンナトリウム静注用１ｇ", "99XYZ", 1, VIAL)] },
    Injection { kind: "05^高カロリー輸液^JHSI0002", words: "２４時間持続", route: VEIN, millilitres: 1_003, minutes: 1_440, family: Family::Other,
        parts: &[part("L3259", "エルネオパＮＦ１号輸液１０００ｍＬ", "99XYZ", 1, BOTTLE),
                 part("L3319A", "塩化ナトリウム注１０％「フソー」", "99XYZ", 2, AMPOULE),
                 part("L3131", "ビタミン注", "99XYZ", 1, AMPOULE)] },
];
