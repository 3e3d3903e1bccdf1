//! What is known has plain words.

use super::*;

#[test]
fn the_composed_prescriptions_read_as_plain_sentences() {
    let prednisolone = of(
        "RXE||105271807^プレドニン^HOT9|3||TAB^錠^MR9P||||42\rTQ1|1||1011000400000000&内服・経口・１日１回朝食後&JAMISDP01~I1100000&１日おき&JAMISDP01|||14^D&日&ISO+|20190901\rRXR|PO^口^HL70162",
    );
    assert_eq!(
        prednisolone.text.ja,
        "１回3錠、内服・経口・１日１回朝食後、１日おき、14日分、2019-09-01から"
    );
    assert_eq!(
        prednisolone.text.en,
        "3 tablets, by mouth once a day, after breakfast, every other day, 14 days' supply, from 2019-09-01"
    );
    assert!(!prednisolone.as_sent);
    let insulin = of(
        "RXE||105466802^ヒューマリン^HOT9|12||UNT^単位^MR9P|||||||||||||||||||||24^自己注射^JHSP0003\rTQ1|1||3211000200000014&注射・皮下注射・１日１回朝食直前・ワンショット・在宅・自己&JAMISDP01|||28^D&日&ISO+",
    );
    assert_eq!(
        insulin.text.en,
        "12 units, injected under the skin once a day, right before breakfast, as one shot, for 28 days, self-injection at home"
    );
    assert!(insulin.self_injection);
    let ointment = of(
        "RXE||106238001^ジフラール^HOT9|\"\"||\"\"\rTQ1|1||2B74000000000000&外用・塗布・１日４回&JAMISDP01||||20190901\rRXR|AP^外用^HL70162|77L^左手^JAMISDP01",
    );
    assert_eq!(
        ointment.text.en,
        "applied 4 times a day, from 2019-09-01, site “左手”"
    );
    assert_eq!(
        ointment.text.ja,
        "外用・塗布・１日４回、2019-09-01から、部位：左手"
    );
}

#[test]
fn every_form_of_the_usage_code_has_plain_words() {
    for (code, ja, en) in [
        (
            "1013044400000000",
            "内服・経口・１日３回朝昼夕食後",
            "by mouth 3 times a day, after breakfast, after lunch and after dinner",
        ),
        (
            "1012040400000000",
            "内服・経口・１日２回朝夕食後",
            "by mouth twice a day, after breakfast and after dinner",
        ),
        (
            "1011100000000000",
            "内服・経口・１日１回就寝前",
            "by mouth once a day, at bedtime",
        ),
        (
            "1011000090000000",
            "内服・経口・１日１回起床時",
            "by mouth once a day, on rising",
        ),
        (
            "1011000100000000",
            "内服・経口・１日１回朝食前",
            "by mouth once a day, before breakfast",
        ),
        (
            "1023000000000000",
            "内服・経口・１日３回８時間毎",
            "by mouth 3 times a day, every 8 hours",
        ),
        (
            "1033IPV000000000",
            "内服・経口・１日３回８時、１５時、２１時",
            "by mouth 3 times a day, at 8:00, 15:00 and 21:00",
        ),
        (
            "1043B70000000000",
            "内服・経口・１日３回哺乳時",
            "by mouth 3 times a day, with feeding",
        ),
        (
            "2B62100900000000",
            "外用・塗布・１日２回朝就寝前",
            "applied twice a day, in the morning and at bedtime",
        ),
        (
            "2B71200000000000",
            "外用・塗布・１日１～２回",
            "applied 1 to 2 times a day",
        ),
        (
            "2B84600000000000",
            "外用・塗布・４～６時間毎",
            "applied every 4 to 6 hours",
        ),
        (
            "1050110000000000",
            "内服・経口・疼痛時",
            "by mouth for pain",
        ),
        (
            "2B50810000000000",
            "外用・塗布・かゆいとき",
            "applied for itching",
        ),
    ] {
        let dosage = usage_of(code, "");
        assert!(
            dosage.text.ja.starts_with(&format!("１回2錠、{ja}、")),
            "{code}: {}",
            dosage.text.ja
        );
        assert!(
            dosage
                .text
                .en
                .starts_with(&format!("2 tablets, {en}, for 14 days")),
            "{code}: {}",
            dosage.text.en
        );
        assert!(!dosage.as_sent);
        assert_eq!(dosage.as_needed, code.as_bytes()[2] == b'5');
    }
}

#[test]
fn days_weeks_and_dates_have_plain_words() {
    for (code, en) in [
        ("I1100000", "every other day"),
        ("I1200000", "every 3 days"),
        ("I5200000", "5 days on, 2 days off"),
        ("W0100100", "on Mondays and Thursdays"),
        ("CW100000", "once a week"),
        ("D0AK0000", "on day 10 and 20 of each month"),
        ("DCAKU000", "on day 10, 20 and 30 of month 12"),
    ] {
        let dosage = of(&format!(
            "RXE||1|1||TAB\rTQ1|1||1011000400000000&朝食後&JAMISDP01~{code}&&JAMISDP01"
        ));
        assert_eq!(
            dosage.text.en,
            format!("1 tablet, by mouth once a day, after breakfast, {en}")
        );
    }
    let by_31 = "RXE||1|1||TAB".to_owned() + &"|".repeat(26) + "W0000010^金曜日^JAMISDP01\rTQ1|1";
    assert_eq!(of(&by_31).text.en, "1 tablet, on Fridays");
}

#[test]
fn uneven_doses_are_told_dose_by_dose() {
    let dosage = of(
        "RXE||1^x^HOT9|7||TAB^錠^MR9P||V14NNNNN^４錠^JAMISDP01~V22NNNNN^２錠^JAMISDP01~V31NNNNN^１錠^JAMISDP01\rTQ1|1||1013044400000000&内服・経口・１日３回朝昼夕食後&JAMISDP01|||7^D&日&ISO+",
    );
    assert!(
        dosage.text.en.ends_with(
            "unevenly (dose 1: 4 tablets, dose 2: 2 tablets, dose 3: 1 tablet), for 7 days"
        ),
        "{}",
        dosage.text.en
    );
    assert!(
        dosage
            .text
            .ja
            .contains("不均等（１回目4錠・２回目2錠・３回目1錠）")
    );
}

#[test]
fn tapering_is_told_step_by_step() {
    let step = |code: &str, days: &str| format!("TQ1|1||{code}&&JAMISDP01|||{days}^D&日&ISO+\r");
    let body = "RXE||1^x^HOT9|1||TAB^錠^MR9P\r".to_owned()
        + &step("1012040400000000", "3")
        + &step("1011000400000000", "1");
    assert_eq!(
        of(&body).text.en,
        "step 1: 1 tablet, by mouth twice a day, after breakfast and after dinner, for 3 days; step 2: 1 tablet, by mouth once a day, after breakfast, for 1 day"
    );
}

#[test]
fn as_needed_tells_how_many_doses_and_the_limit_in_words() {
    let dosage = of(
        "RXE||1^x^HOT9|1||TAB^錠^MR9P|||||||||||||||||||||22^頓用^JHSP0003\rTQ1|1||1050110000000000&内服・経口・疼痛時&JAMISDP01||||||||1日2回まで|||5",
    );
    assert_eq!(
        dosage.text.en,
        "1 tablet, by mouth for pain, “1日2回まで”, 5 doses supplied, only as needed"
    );
    assert!(dosage.as_needed);
}

#[test]
fn every_step_of_a_tapering_tells_its_own_dose() {
    let step = |n: u8, dose: &str, start: &str| {
        format!(
            "TQ1|{n}|{dose}^TAB&錠&MR9P|1011000400000000&１日１回朝食後&JAMISDP01|||7^D&日&ISO+|{start}\r"
        )
    };
    let steps = step(1, "6", "20190901") + &step(2, "4", "20190908") + &step(3, "2", "20190915");
    let placeholder = of(&format!("RXE||1^x^HOT9|1||TAB^錠^MR9P\r{steps}"));
    let told = "step 1: 6 tablets, by mouth once a day, after breakfast, for 7 days, from 2019-09-01; step 2: 4 tablets, by mouth once a day, after breakfast, for 7 days, from 2019-09-08; step 3: 2 tablets, by mouth once a day, after breakfast, for 7 days, from 2019-09-15";
    assert_eq!(placeholder.text.en, format!("“RXE-3 1錠”, {told}"));
    assert!(placeholder.contradictory && placeholder.as_sent);
    let first = of(&format!("RXE||1^x^HOT9|6||TAB^錠^MR9P\r{steps}"));
    assert_eq!(first.text.en, told);
    assert!(!first.contradictory && !first.as_sent);
    assert!(
        first.text.ja.starts_with("第1段階：6錠") || first.text.ja.starts_with("第1段階：１回6錠")
    );
}

#[test]
fn timings_at_the_same_time_are_parts_and_no_steps() {
    let dosage = of(
        "RXE||1^x^HOT9|2||TAB^錠^MR9P\rTQ1|1|2^TAB|1011000400000000||||20190901\rTQ1|2|1^TAB|1011040000000000||||20190901",
    );
    assert!(
        dosage.text.en.starts_with("part 1: 2 tablets"),
        "{}",
        dosage.text.en
    );
    assert!(dosage.text.en.contains("; part 2: 1 tablet,"));
}

#[test]
fn a_duration_with_days_left_out_is_that_of_the_supply() {
    let of = |more: &str| {
        of(&format!(
            "RXE||1|1||TAB\rTQ1|1||1011000400000000{more}|||14^D&日&ISO+"
        ))
        .text
        .en
    };
    assert!(of("").ends_with("for 14 days"));
    assert!(of("~I1100000").ends_with("14 days' supply"));
    assert!(of("~W0100100").ends_with("14 days' supply"));
    assert!(of("~LOCAL&隔週&99L").ends_with("14 days' supply"));
}

#[test]
fn an_injection_tells_its_rate_pump_and_hours() {
    let dosage = of(&format!(
        "RXE||00^一般^99I02|510||ML^ミリリットル^MR9P|INJ^注射剤^MR9P|^５時間一定速度で^99IC6{}H1|102|ml/hr^ミリリッター／時間^ISO+\rTQ1|1||||||201107010800|201107011300\rRXR|IV^静脈内^HL70162||IVP^点滴ポンプ^HL70164",
        "|".repeat(15)
    ));
    assert_eq!(
        dosage.text.en,
        "510 mL, from 2011-07-01 08:00, until 2011-07-01 13:00, “５時間一定速度で”, at 102 mL/h, device “点滴ポンプ”"
    );
    let strange = of(&format!("RXE||1|1||ML{}20|gtt^滴^99L", "|".repeat(18)));
    assert_eq!(strange.text.en, "1 mL, “20 滴”");
}

#[test]
fn a_supplement_sent_in_three_places_is_told_once() {
    let dosage = of(&format!(
        "RXE||1|1||TAB||I1100000^１日おき^JAMISDP01{}I1100000^１日おき^JAMISDP01\rTQ1|1||1011000400000000~I1100000&１日おき&JAMISDP01",
        "|".repeat(24)
    ));
    assert_eq!(
        dosage.text.en.matches("every other day").count(),
        1,
        "{}",
        dosage.text.en
    );
}
