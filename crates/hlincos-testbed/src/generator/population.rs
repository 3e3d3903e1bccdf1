//! Persons: who the patients are. Nobody of them exists.

mod names;

use jiff::Span;
use jiff::civil::{Date, date};

use super::calendar::days_after;
use super::draw::Draw;
use names::{FAMILIES, GIVEN_FEMALE, GIVEN_MALE, PLACES};

/// A name in kanji and in katakana.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    pub(crate) kanji: &'static str,
    pub(crate) kana: &'static str,
}

/// HL7 table 0001, as far as the generator uses it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    Female,
    Male,
}

/// A postal code and an address.
pub(crate) struct Home {
    pub(crate) postcode: &'static str,
    pub(crate) address: String,
}

/// Who pays.
pub(crate) struct Insurance {
    /// JHSD0001: code and text.
    pub(crate) kind: (&'static str, &'static str),
    pub(crate) insurer: String,
    pub(crate) card: String,
    /// The card is valid for a year from this day.
    pub(crate) from: Date,
}

/// The person to call.
pub(crate) struct Kin {
    pub(crate) given: Name,
    /// HL7 table 0063: code and text.
    pub(crate) relation: (&'static str, &'static str),
}

/// A patient as a person.
pub(crate) struct Person {
    pub(crate) number: u32,
    pub(crate) id: String,
    pub(crate) family: Name,
    pub(crate) given: Name,
    pub(crate) sex: Sex,
    pub(crate) born: Date,
    /// Where the patient lived at first.
    pub(crate) first_home: Home,
    /// Where to and when the patient moved, if ever.
    pub(crate) moved: Option<(Date, Home)>,
    pub(crate) phone: String,
    pub(crate) kin: Kin,
    pub(crate) insurance: Insurance,
    pub(crate) height_mm: i32,
    pub(crate) weight_hg: i32,
    /// Code and text of ABO.
    pub(crate) abo: &'static str,
    pub(crate) rh_negative: bool,
}

impl Person {
    /// Draws the patient with this number and ID.
    pub(crate) fn draw(number: u32, id: String, today: Date, draw: &mut Draw) -> Self {
        let age = age_years(draw);
        let span = Span::new().years(age).days(draw.between(0, 364));
        let born = today.saturating_sub(span);
        let sex = if draw.percent(52) {
            Sex::Female
        } else {
            Sex::Male
        };
        let family = *draw.pick(FAMILIES);
        let given = given_name(sex, born, draw);
        let first_home = home(draw);
        let moved = draw.percent(30).then(|| {
            (
                days_after(today, -draw.between(60, 2_500)).max(born),
                home(draw),
            )
        });
        let (height_mm, weight_hg) = body(sex, age, draw);
        Self {
            number,
            id,
            family,
            given,
            sex,
            born,
            first_home,
            moved,
            // The exchange 000 is never given out: no number here rings anywhere.
            phone: format!("088-000-{:04}", draw.below(10_000)),
            kin: kin(sex, age, born, draw),
            insurance: insurance(age, today, draw),
            height_mm,
            weight_hg,
            abo: ["A", "A", "A", "A", "O", "O", "O", "B", "B", "AB"][draw.below(10) as usize],
            rh_negative: draw.below(200) == 0,
        }
    }

    /// Tells the age on a day, in whole years.
    pub(crate) fn age(&self, day: Date) -> i16 {
        let had_birthday = (day.month(), day.day()) >= (self.born.month(), self.born.day());
        day.year() - self.born.year() - i16::from(!had_birthday)
    }

    /// Tells where the patient lives on a day, and since when the hospital knows.
    pub(crate) fn home(&self, day: Date) -> (&Home, Date) {
        match &self.moved {
            Some((moved, home)) if *moved <= day => (home, *moved),
            _ => (&self.first_home, self.born.max(REGISTERED)),
        }
    }
}

/// Makes the ID: ten digits, distinct for distinct patients, nearly all under the first level `000`
/// as in a hospital that counts upwards.
pub(crate) fn patient_id(facility: u32, number: u32, draw: &mut Draw) -> String {
    let block = if draw.percent(3) {
        u64::from(draw.below(9)) + 1
    } else {
        0
    };
    format!(
        "{:010}",
        block * 10_000_000 + u64::from(number) * 7 + u64::from(facility) * 2_111 + 1_013
    )
}

/// Draws an age as a general hospital sees it.
fn age_years(draw: &mut Draw) -> i32 {
    match draw.below(100) {
        0..8 => draw.between(2, 17),
        8..20 => draw.between(18, 39),
        20..40 => draw.between(40, 59),
        40..70 => draw.between(60, 74),
        _ => draw.between(75, 96),
    }
}

fn given_name(sex: Sex, born: Date, draw: &mut Draw) -> Name {
    let lists = if sex == Sex::Female {
        GIVEN_FEMALE
    } else {
        GIVEN_MALE
    };
    let generation = match born.year() {
        ..1955 => 0,
        1955..1985 => 1,
        _ => 2,
    };
    *draw.pick(lists[generation])
}

fn home(draw: &mut Draw) -> Home {
    let (postcode, place) = *draw.pick(PLACES);
    let house = full_width(draw.between(1, 3_200));
    let part = full_width(draw.between(1, 24));
    Home {
        postcode,
        address: format!("{place}{house}番地{part}"),
    }
}

fn body(sex: Sex, age: i32, draw: &mut Draw) -> (i32, i32) {
    if age < 18 {
        let height = 800 + age * 52 + draw.between(-40, 40);
        return (height, (height * height / 6_200) + draw.between(-10, 10));
    }
    let mean = if sex == Sex::Female { 1_570 } else { 1_695 };
    let height = mean - (age - 40).max(0) * 2 + draw.between(-90, 90);
    let bmi_tenths = draw.between(185, 285);
    // kg = m^2 * BMI; here hundreds of grams from millimetres.
    (height, height * height / 1_000 * bmi_tenths / 1_000)
}

fn kin(sex: Sex, age: i32, born: Date, draw: &mut Draw) -> Kin {
    let other = if sex == Sex::Female {
        Sex::Male
    } else {
        Sex::Female
    };
    if age < 20 {
        let parent = born.saturating_sub(Span::new().years(30));
        return Kin {
            given: given_name(Sex::Female, parent, draw),
            relation: ("MTH", "母親"),
        };
    }
    if age > 70 && draw.percent(55) {
        let child = born.saturating_add(Span::new().years(28));
        return Kin {
            given: given_name(Sex::Female, child, draw),
            relation: ("CHD", "子"),
        };
    }
    Kin {
        given: given_name(other, born, draw),
        relation: ("SPO", "配偶者"),
    }
}

fn insurance(age: i32, today: Date, draw: &mut Draw) -> Insurance {
    let number = draw.below(10_000);
    let (kind, insurer) = match age {
        75.. => (("39", "後期高齢者医療"), format!("3939{number:04}")),
        _ if draw.percent(45) => (("C0", "国民健康保険"), format!("39{number:04}")),
        _ => (("06", "組合管掌健康保険"), format!("0639{number:04}")),
    };
    // Cards change on the first of August.
    let year = today.year() - i16::from(today.month() < 8);
    let card = format!("{:08}", draw.below(100_000_000));
    Insurance {
        kind,
        insurer,
        card,
        from: date(year, 8, 1),
    }
}

/// Writes a number in full-width digits.
pub(crate) fn full_width(number: i32) -> String {
    let wide = |c: char| c.to_digit(10).map_or(c, |d| WIDE_DIGITS[d as usize]);
    number.to_string().chars().map(wide).collect()
}

/// When the hospital began to keep records by computer.
const REGISTERED: Date = date(1999, 4, 1);
const WIDE_DIGITS: [char; 10] = ['０', '１', '２', '３', '４', '５', '６', '７', '８', '９'];
