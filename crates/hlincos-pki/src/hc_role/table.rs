//! The national qualifications and manager roles of Japan's healthcare PKI, and their names.

use core::fmt;
use core::str::FromStr;

/// A qualification or manager role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HcRole(u8);

/// The words name no role of the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no healthcare role {0:?}; `hlincos ca roles` lists them")]
pub struct UnknownRole(pub String);

struct Row {
    japanese: &'static str,
    /// What stands in certificates; absent where the policy's name is not known to us.
    english: Option<&'static str>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Qualification,
    Manager,
}

const fn row(japanese: &'static str, english: &'static str) -> Row {
    Row {
        japanese,
        english: Some(english),
        kind: Kind::Qualification,
    }
}

const fn manager(japanese: &'static str, english: &'static str) -> Row {
    Row {
        japanese,
        english: Some(english),
        kind: Kind::Manager,
    }
}

/// English names read in published certificates or vectors; the others are from memory and must
/// be compared with table 7.1.2 of the ministry's certificate policy before real use.
const CONFIRMED: [&str; 2] = ["Medical Doctor", "Pharmacist"];

static TABLE: [Row; 32] = [
    row("医師", "Medical Doctor"),
    row("歯科医師", "Dentist"),
    row("薬剤師", "Pharmacist"),
    row("臨床検査技師", "Medical Technologist"),
    row("診療放射線技師", "Radiological Technologist"),
    row("看護師", "General Nurse"),
    row("保健師", "Public Health Nurse"),
    row("助産師", "Midwife"),
    row("理学療法士", "Physical Therapist"),
    row("作業療法士", "Occupational Therapist"),
    row("視能訓練士", "Orthoptist"),
    row("言語聴覚士", "Speech Therapist"),
    row("歯科技工士", "Dental Technician"),
    row("管理栄養士", "National Registered Dietitian"),
    row("社会福祉士", "Certified Social Worker"),
    row("介護福祉士", "Certified Care Worker"),
    row("救急救命士", "Emergency Medical Technician"),
    row("精神保健福祉士", "Psychiatric Social Worker"),
    row("臨床工学技士", "Clinical Engineer"),
    row(
        "あん摩マッサージ指圧師",
        "Massage and Finger Pressure Practitioner",
    ),
    row("はり師", "Acupuncturist"),
    row("きゅう師", "Moxibustion Practitioner"),
    row("歯科衛生士", "Dental Hygienist"),
    row("義肢装具士", "Prosthetics & Orthotic"),
    row("柔道整復師", "Judo Therapist"),
    row("衛生検査技師", "Clinical Laboratory Technician"),
    Row {
        japanese: "公認心理師",
        english: None,
        kind: Kind::Qualification,
    },
    manager("病院長", "Director of Hospital"),
    manager("診療所院長", "Director of Clinic"),
    manager("管理薬剤師", "Supervisor of Pharmacy"),
    manager("薬局開設者", "Proprietor of Pharmacy"),
    manager("その他管理責任者", "Director"),
];

impl HcRole {
    /// Every role, in the order of the policy's table.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(|at| Self(u8::try_from(at).expect("the table is short")))
    }

    /// The Japanese name.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        self.row().japanese
    }

    /// The English name that certificates carry; none for 公認心理師, whose name in the policy is
    /// not known to this release.
    #[must_use]
    pub fn english(self) -> Option<&'static str> {
        self.row().english
    }

    /// Whether it manages an institution, whose name must then stand in the certificate.
    #[must_use]
    pub fn is_manager(self) -> bool {
        self.row().kind == Kind::Manager
    }

    /// Whether its English name was read in a published certificate or vector.
    #[must_use]
    pub fn is_confirmed(self) -> bool {
        self.english().is_some_and(|name| CONFIRMED.contains(&name))
    }

    /// The role of the text in a certificate, letter by letter.
    #[must_use]
    pub fn from_english(text: &str) -> Option<Self> {
        Self::all().find(|role| role.english() == Some(text))
    }

    fn row(self) -> &'static Row {
        &TABLE[usize::from(self.0)]
    }
}

/// The English name, or the Japanese one where there is no other.
impl fmt::Display for HcRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english().unwrap_or(self.japanese()))
    }
}

/// Either name.
impl FromStr for HcRole {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::all()
            .find(|role| role.japanese() == text || role.english() == Some(text))
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_role_is_found_by_each_of_its_names_and_no_two_share_one() {
        let mut names = BTreeSet::new();
        for role in HcRole::all() {
            assert_eq!(role.japanese().parse(), Ok(role));
            assert!(names.insert(role.japanese()));
            if let Some(english) = role.english() {
                assert_eq!(english.parse(), Ok(role));
                assert!(names.insert(english));
            }
        }
        let count = |wanted: fn(HcRole) -> bool| HcRole::all().filter(|r| wanted(*r)).count();
        assert_eq!(
            count(|role| !role.is_manager()),
            27,
            "national qualifications"
        );
        assert_eq!(count(HcRole::is_manager), 5, "manager roles");
        assert_eq!(count(HcRole::is_confirmed), 2);
        assert_eq!(count(|role| role.english().is_none()), 1);
        assert!(
            "medical doctor".parse::<HcRole>().is_err(),
            "letter by letter"
        );
    }
}
