use super::*;
use crate::hl7::Message;

fn of(body: &str) -> Dosage {
    let message = Message::of(format!("MSH|^~\\&|\r{body}").into());
    let timings: Vec<_> = message.all("TQ1").collect();
    let rxr = message.first("RXR");
    dosage(message.first("RXE"), &timings, rxr.exists().then_some(rxr))
}

/// The English of a usage code sent with a text.
fn usage_of(code: &str, text: &str) -> Dosage {
    of(&format!(
        "RXE||1^x^HOT9|2||TAB^錠^MR9P\rTQ1|1||{code}&{text}&JAMISDP01|||14^D&日&ISO+"
    ))
}

#[test]
fn the_composed_prescriptions_read_as_plain_sentences() {
    let prednisolone = of(
        "RXE||105271807^プレドニン^HOT9|3||TAB^錠^MR9P||||42\rTQ1|1||1011000400000000&内服・経口・１日１回朝食後&JAMISDP01~I1100000&１日おき&JAMISDP01|||14^D&日&ISO+|20190901\rRXR|PO^口^HL70162",
    );
    assert_eq!(
        prednisolone.text.ja,
        "１回3錠、内服・経口・１日１回朝食後、１日おき、14日分"
    );
    assert_eq!(
        prednisolone.text.en,
        "3 tablets, by mouth once a day, after breakfast, every other day, for 14 days"
    );
    assert!(!prednisolone.as_sent);
    let insulin = of(
        "RXE||105466802^ヒューマリン^HOT9|12||UNT^単位^MR9P|||||||||||||||||||||24^自己注射^JHSP0003\rTQ1|1||3211000200000014&注射・皮下注射・１日１回朝食直前・ワンショット・在宅・自己&JAMISDP01|||28^D&日&ISO+",
    );
    assert_eq!(
        insulin.text.en,
        "12 units, injected under the skin once a day, right before breakfast, for 28 days, self-injection at home"
    );
    assert!(insulin.self_injection);
    let ointment = of(
        "RXE||106238001^ジフラール^HOT9|\"\"||\"\"\rTQ1|1||2B74000000000000&外用・塗布・１日４回&JAMISDP01||||20190901\rRXR|AP^外用^HL70162|77L^左手^JAMISDP01",
    );
    assert_eq!(ointment.text.en, "applied 4 times a day, site “左手”");
    assert_eq!(ointment.text.ja, "外用・塗布・１日４回、部位：左手");
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
fn what_is_not_known_is_shown_as_it_was_sent() {
    for code in [
        "LOCAL7",
        "1099999999999999",
        "9X13044400000000",
        "1013077700000000",
    ] {
        let dosage = usage_of(code, "医師の指示どおり");
        assert_eq!(
            dosage.text.en, "2 tablets, “医師の指示どおり”, for 14 days",
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
        "2 tablets, “内服・経口・１日１回朝食後”, for 14 days"
    );
    assert!(!usage_of("1013044400000000", "１日３回毎食後").contradictory);
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
            "RXE||1|1||TAB\rTQ1|1||1011000400000000&朝&J~{code}&&JAMISDP01"
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
        dosage
            .text
            .en
            .ends_with("unevenly (dose 1: 4 tablets, dose 2: 2 tablets, dose 3: 1 tablet)"),
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
        "1 tablet, step 1, by mouth twice a day, after breakfast and after dinner, for 3 days, step 2, by mouth once a day, after breakfast, for 1 day"
    );
}

#[test]
fn as_needed_tells_how_many_doses_and_the_limit_in_words() {
    let dosage = of(
        "RXE||1^x^HOT9|1||TAB^錠^MR9P|||||||||||||||||||||22^頓用^JHSP0003\rTQ1|1||1050110000000000&内服・経口・疼痛時&JAMISDP01||||||||1日2回まで|||5",
    );
    assert_eq!(
        dosage.text.en,
        "1 tablet, by mouth for pain, 5 doses supplied, “1日2回まで”, only as needed"
    );
    assert!(dosage.as_needed);
}

proptest::proptest! {
    #[test]
    fn codes_from_outside_never_panic(code in "[0-9A-Z土~^&]{0,17}", seven in "[VIWDC0-9N^~]{0,20}") {
        let _ = of(&format!("RXE||1|1|2|x||{seven}\rTQ1|1||{code}&&J|||{code}\rRXR|{code}|{code}"));
        let _ = usage::read(&code);
        let _ = supplement::read(&code);
    }
}
