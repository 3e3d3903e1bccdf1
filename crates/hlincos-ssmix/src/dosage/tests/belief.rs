//! What is not known, or says two things, is shown as it was sent.

use super::*;

#[test]
fn what_is_not_known_is_shown_as_it_was_sent() {
    for code in [
        "LOCAL7",
        "1099999999999999",
        "9X13044400000000",
        "1013077700000000",
    ] {
        let dosage = usage_of(code, "医師の指示どおり");
        assert_eq!(
            dosage.text.en, "2 tablets, “医師の指示どおり”, 14 days' supply",
            "{code}"
        );
        assert!(dosage.as_sent && !dosage.contradictory);
    }
}

#[test]
fn a_code_that_says_another_time_of_day_than_its_text_is_not_believed() {
    // A generator in the field writes this pair: the code means after dinner.
    let dosage = usage_of("1011040000000000", "内服・経口・１日１回朝食後");
    assert!(dosage.contradictory && dosage.as_sent);
    assert_eq!(
        dosage.text.en,
        "2 tablets, “内服・経口・１日１回朝食後”, 14 days' supply"
    );
    assert!(!usage_of("1013044400000000", "１日３回毎食後").contradictory);
}

#[test]
fn a_code_that_says_anything_else_than_its_text_is_not_believed() {
    for (code, text) in [
        ("1013011100000000", "毎食後"),
        ("1013044400000000", "朝昼夕食前"),
        ("1011000400000000", "就寝前"),
        ("1012040400000000", "１日３回"),
        ("1023000000000000", "毎食後"),
        ("1084000000000000", "1日2回まで"),
        (
            "1013044400000000",
            "内服・経口・１日３回朝昼夕食後　疼痛時のみ",
        ),
        ("2R11000400000000", "内服・経口・１日１回朝食後"),
        ("2R11000400000000", "内服・経口"),
        ("3013022200000014", "朝12単位昼8単位夕10単位"),
        ("1050110000000000", "１日３回毎食後"),
    ] {
        let dosage = usage_of(code, text);
        assert_eq!(
            dosage.text.en,
            format!("2 tablets, “{text}”, 14 days' supply"),
            "{code}"
        );
        assert!(dosage.text.ja.contains(&format!("「{text}」")));
        assert!(dosage.contradictory && dosage.as_sent && dosage.warning().is_some());
        assert!(!dosage.as_needed && !dosage.self_injection);
    }
}

#[test]
fn a_text_may_differ_in_width_separators_and_the_way() {
    for (code, text) in [
        ("1013044400000000", "毎食後"),
        ("1013044400000000", "1日3回 毎食後"),
        ("1013044400000000", "内服、１日３回、朝・昼・夕食後"),
        ("1023000000000000", "８時間毎"),
        ("2B71200000000000", "塗布 1日1〜2回"),
        ("1011100000000000", "就寝前"),
    ] {
        let dosage = usage_of(code, text);
        assert!(
            !dosage.contradictory && !dosage.as_sent,
            "{text}: {}",
            dosage.text.en
        );
    }
    assert!(
        usage_of("1043B70000000000", "哺乳時").contradictory,
        "how often is not in the text"
    );
}

#[test]
fn a_supplement_that_says_something_else_than_its_text_is_shown_as_sent() {
    for (supplement, shown) in [
        ("I1100000^２日おき^JAMISDP01", "“２日おき”"),
        ("W0100100^火曜日^JAMISDP01", "“火曜日”"),
        ("V14NNNNN^５錠^JAMISDP01", "“V14NNNNN ５錠”"),
    ] {
        let in_timing = supplement.replace('^', "&");
        for body in [
            format!("RXE||1|1||TAB^錠^MR9P||{supplement}\rTQ1|1||1011000400000000"),
            format!("RXE||1|1||TAB^錠^MR9P\rTQ1|1||1011000400000000~{in_timing}"),
        ] {
            let dosage = of(&body);
            assert!(dosage.text.en.ends_with(shown), "{}", dosage.text.en);
            assert!(dosage.contradictory && dosage.as_sent);
        }
    }
    let same = of("RXE||1|1||TAB\rTQ1|1||1011000400000000~W0100100&月・木&JAMISDP01");
    assert!(!same.contradictory, "{}", same.text.en);
}

#[test]
fn a_code_of_another_system_is_not_believed() {
    let local = of("RXE||1|1||TAB\rTQ1|1||1011000400000000&朝食後&99LOC~I1100000&１日おき&99LOC");
    assert_eq!(local.text.en, "1 tablet, “朝食後”, “１日おき”");
    assert!(local.as_sent);
    let unit = of("RXE||1|1||TAB^カプセル^MR9P");
    assert_eq!(unit.text.en, "1 “カプセル”");
    assert!(unit.contradictory && unit.as_sent);
    let unit = of("RXE||1|1||G^単位^99L");
    assert_eq!(unit.text.en, "1 “単位”");
    assert!(unit.as_sent && !unit.contradictory);
}

#[test]
fn what_a_code_cannot_say_is_shown_as_sent() {
    for code in [
        "102C000000000000",
        "1010040400000000",
        "1013040400000000",
        "1013022244400000",
        "1074200000000000",
        "1074400000000000",
        "1011000400009999",
        "1011300000000000",
        "1011000040000000",
        "1011000900000000",
        "1080000000000000",
        "1032IP0P00000000",
        "1033IIV000000000",
        "1050110020000000",
        "1011000400000014",
    ] {
        let dosage = usage_of(code, "");
        assert_eq!(
            dosage.text.en,
            format!("2 tablets, “{code}”, 14 days' supply")
        );
        assert!(dosage.as_sent);
    }
    for code in ["D0A0K000", "D0KA0000", "I1A00000", "W0000000", "CW000000"] {
        assert_eq!(supplement::read(code), None, "{code}");
    }
}

#[test]
fn uneven_doses_belong_to_their_step() {
    let v = |n: u8, amount: u8| format!("~V{n}{amount}NNNNN&&JAMISDP01");
    let twice = "1012040400000000&&JAMISDP01".to_owned();
    let body = format!(
        "RXE||1^x^HOT9|3.0||TAB^錠^MR9P\rTQ1|1||{}|||3^D\rTQ1|2|2^TAB|{}|||3^D",
        twice.clone() + &v(1, 2) + &v(2, 1),
        twice + &v(1, 1) + &v(2, 1)
    );
    assert_eq!(
        of(&body).text.en.replace(
            "by mouth twice a day, after breakfast and after dinner, ",
            ""
        ),
        "“RXE-3 3.0錠”, step 1: 3.0 tablets a day, unevenly (dose 1: 2 tablets, dose 2: 1 tablet), for 3 days; step 2: 2 tablets a day, unevenly (dose 1: 1 tablet, dose 2: 1 tablet), for 3 days"
    );
}

#[test]
fn uneven_doses_that_fit_neither_amount_nor_times_are_told_as_such() {
    let dosage = |least: &str, code: &str, daily: &str| {
        of(&format!(
            "RXE||1^x^HOT9|{least}||TAB^錠^MR9P||V14NNNNN^４錠~V22NNNNN^２錠{}{daily}\rTQ1|1||{code}",
            "|".repeat(12)
        ))
    };
    let twice = "1012040400000000";
    assert!(!dosage("6.0", twice, "6^TAB").contradictory);
    assert!(
        dosage("6.0", twice, "")
            .text
            .en
            .starts_with("6.0 tablets a day, ")
    );
    let ranged = of("RXE||1|2|4|TAB^錠^MR9P||V14NNNNN~V22NNNNN\rTQ1|1||1012040400000000");
    assert!(ranged.text.en.starts_with("2–4 tablets, ") && !ranged.contradictory);
    let less = dosage("7", twice, "");
    assert!(
        less.contradictory && less.text.en.starts_with("“7錠”"),
        "{}",
        less.text.en
    );
    let other_day = dosage("6", twice, "7^TAB");
    assert!(other_day.contradictory && other_day.text.en.contains("“RXE-19 7錠”"));
    let thrice = dosage("6", "1013044400000000", "");
    assert!(thrice.contradictory && !thrice.text.en.contains("unevenly"));
}

#[test]
fn a_duration_without_a_unit_or_with_two_is_shown_as_sent() {
    for (sent, shown) in [("14", "“14”"), ("14^W&日&ISO+", "“14日”"), ("x^D", "“xD”")]
    {
        let dosage = of(&format!("RXE||1|1||TAB\rTQ1|1||1011000400000000|||{sent}"));
        assert!(dosage.text.en.ends_with(shown), "{}", dosage.text.en);
        assert!(dosage.as_sent);
    }
}

#[test]
fn dose_and_times_are_checked_against_the_amount_of_a_day() {
    let of = |daily: &str, code: &str| {
        of(&format!(
            "RXE||1|2.0||TAB^錠^MR9P{}{daily}\rTQ1|1||{code}",
            "|".repeat(14)
        ))
    };
    let thrice = "1013044400000000";
    assert!(!of("6^TAB&錠&MR9P", thrice).contradictory);
    assert!(!of("6^TAB&錠&MR9P", thrice).text.en.contains('6'));
    let other = of("2^TAB&錠&MR9P", thrice);
    assert!(
        other.contradictory && other.text.en.ends_with("“RXE-19 2錠”"),
        "{}",
        other.text.en
    );
    let unit = of("6^G&グラム&MR9P", thrice);
    assert!(unit.contradictory && unit.text.en.ends_with("“RXE-19 6グラム”"));
    let unknown = of("4^TAB&錠&MR9P", "1050110000000000");
    assert!(unknown.text.en.contains("4 tablets a day in all") && !unknown.contradictory);
}

#[test]
fn two_usages_in_one_field_are_flagged() {
    let dosage = of(
        "RXE||1|1||TAB\rTQ1|1||1011000400000000&朝食後&JAMISDP01~1011040000000000&夕食後&JAMISDP01",
    );
    assert_eq!(dosage.text.en, "1 tablet, “朝食後”, “夕食後”");
    assert!(dosage.contradictory);
}

proptest::proptest! {
    #[test]
    fn as_many_times_are_printed_as_moments(code in "1[01][16][0-9][012349]{5}0{7}") {
        if let Some(usage) = usage::read(&code) {
            let en = usage.en();
            let moments = ["breakfast", "lunch", "dinner", "at bedtime", "on rising", "in the morning", "at noon", "in the evening"];
            let told: usize = moments.iter().map(|moment| en.matches(moment).count()).sum();
            let often = match told {
                1 => "once a day".to_owned(),
                2 => "twice a day".to_owned(),
                n => format!("{n} times a day"),
            };
            proptest::prop_assert!(en.contains(&often), "{code}: {en}");
        }
    }

    #[test]
    fn hours_are_as_many_as_times(code in "103[0-9][A-X0]{4}0{8}") {
        if let Some(usage) = usage::read(&code) {
            let count = usage.count.unwrap();
            proptest::prop_assert_eq!(usage.en().matches(":00").count(), count.0 as usize);
        }
    }
}

proptest::proptest! {
    #[test]
    fn codes_from_outside_never_panic(code in "[0-9A-Z土~^&]{0,17}", seven in "[VIWDC0-9N^~]{0,20}") {
        let _ = of(&format!("RXE||1|1|2|x||{seven}\rTQ1|1||{code}&&J|||{code}\rRXR|{code}|{code}"));
        let _ = usage::read(&code);
        let _ = supplement::read(&code);
    }
}

#[test]
fn a_route_other_than_the_way_of_the_code_is_flagged() {
    let of = |code: &str, route: &str| {
        of(&format!(
            "RXE||1|2||TAB\rTQ1|1||{code}&&JAMISDP01\rRXR|{route}"
        ))
    };
    for (code, route) in [
        ("1013044400000000", "SC^皮下^HL70162"),
        ("3211000200000014", "PO^口^HL70162"),
        ("2B74000000000000", "IV^静脈内^HL70162"),
        ("3011000400000000", "IM"),
    ] {
        let dosage = of(code, route);
        assert!(dosage.contradictory, "{code} {route}: {}", dosage.text.en);
        assert!(dosage.text.ja.contains("「RXR-1 "), "{}", dosage.text.ja);
    }
    for (code, route) in [
        ("1013044400000000", "PO^口^HL70162"),
        ("1013044400000000", "NG^経鼻胃管^HL70162"),
        ("3211000200000014", "SC^皮下^HL70162"),
        ("2B74000000000000", "AP^外用^HL70162"),
        // Not known, or not of the table: no judgement.
        ("1013044400000000", "OTH^その他^HL70162"),
        ("1013044400000000", "SC^皮下^99LOC"),
        ("1013044400000000", ""),
    ] {
        assert!(!of(code, route).contradictory, "{code} {route}");
    }
}
