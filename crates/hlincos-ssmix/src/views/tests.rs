use super::*;

fn message(body: &'static str) -> Message<'static> {
    Message::of(format!("MSH|^~\\&|\r{body}").into())
}

#[test]
fn the_patient_is_read_in_every_form_that_occurs() {
    let good = message(
        "PID|1||42^^^^PI||患者^太郎^^^^^L^I~カンジャ^タロウ^^^^^L^P||19480405|M|||^^^^422-8033^JPN^H^静岡県||^PRN^PH^^^^^^^^^054",
    );
    let pid = Pid::first(&good);
    assert_eq!(
        (pid.patient().raw(), pid.name().kanji(), pid.name().kana()),
        ("42", "患者 太郎".into(), "カンジャ タロウ".into())
    );
    assert_eq!(
        (
            pid.born().unwrap().year,
            pid.address().line(),
            pid.phone().number()
        ),
        (1948, "静岡県".into(), "054".into())
    );
    let swapped = message("PID|1||42||カンジャ^タロウ^^^^^L^P~患者^太郎^^^^^L^I");
    assert_eq!(Pid::first(&swapped).name().kanji(), "患者 太郎");
    let short = message("PID|1||42||カンジャ^タロウ^^^^L^P~患者^太郎^^^^L^I");
    assert_eq!(
        Pid::first(&short).name().kanji(),
        "患者 太郎",
        "one component too few"
    );
    let bare =
        message("PID|1||42||患者^太郎~カンジャ^タロウ||20191345|||| 登呂^１－３^静岡市^静岡県");
    assert_eq!(
        (Pid::first(&bare).name().kana(), Pid::first(&bare).born()),
        ("カンジャ タロウ".into(), None)
    );
    assert_eq!(
        Pid::first(&bare).address().line(),
        "静岡県静岡市 登呂１－３"
    );
}

#[test]
fn doctors_names_come_in_one_component_or_two() {
    let both = message("PV1|1|I|||||110^医師^一郎^^^^^^^L\rPV1|1|I|||||ishi01^医師一郎^^^");
    let names: Vec<_> = Pv1::all(&both).map(|pv1| pv1.attending().name()).collect();
    assert_eq!(names, ["医師 一郎", "医師一郎"]);
    assert_eq!(Pv1::first(&both).attending().id().raw(), "110");
}

#[test]
fn insurance_symbol_and_number_come_in_two_forms() {
    let both =
        message("IN1|1|06^社保^JHSD0001|39390001|||||||記号|番号\rIN1|1|06|1|||||||記号~番号~01");
    for in1 in In1::all(&both) {
        assert_eq!(
            in1.symbol_and_number(),
            ("記号".to_owned(), "番号".to_owned())
        );
    }
}

#[test]
fn coded_values_show_the_best_name_they_have() {
    let obx = message(
        "OBX|1|NM|3C015^Ｃｒｅ^JC10^10216^Cre^99LAB||1.8\rOBX|2|NM|3C015^^JC10^10216^Cre^99LAB\rOBX|3|NM|3C015",
    );
    let shown: Vec<_> = Obx::all(&obx)
        .map(|obx| obx.test().shown().into_owned())
        .collect();
    assert_eq!(shown, ["Ｃｒｅ", "Cre", "3C015"]);
    assert_eq!(
        Obx::first(&obx).test().local().map(|v| v.raw()),
        ["10216", "Cre", "99LAB"]
    );
    assert!(Rxe::first(&obx).drug().shown().is_empty() && Rxe::all(&obx).next().is_none());
    assert!(Obx::of(obx.first("OBX")).is_some() && Spm::of(obx.first("OBX")).is_none());
}
