//! The records make sense together, as far as a reader would notice.

use std::collections::HashMap;
use std::sync::OnceLock;

use hlincos_testbed::Profile;

use crate::store::{Entry, Store};

/// A patient's texts by kind of message.
type Record = HashMap<String, String>;

/// One store for all tests.
fn records() -> &'static [Record] {
    static RECORDS: OnceLock<Vec<Record>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let store = Store::of(&Profile {
            patients: 200,
            files_per_patient: 50,
            ..Profile::default()
        });
        let mut records: HashMap<String, Record> = HashMap::new();
        for file in store.messages() {
            let name = file.name();
            let record = records.entry(name.patient.to_owned()).or_default();
            record
                .entry(name.kind.to_owned())
                .or_default()
                .push_str(&Entry::text(file));
        }
        records.into_values().collect()
    })
}

fn says(record: &Record, kind: &str, words: &str) -> bool {
    record.get(kind).is_some_and(|text| text.contains(words))
}

fn check(drug: &str, problem: &str, test: Option<&str>) {
    let mut treated = 0;
    let mut tested = 0;
    for record in records()
        .iter()
        .filter(|record| says(record, "OMP-01", drug))
    {
        treated += 1;
        assert!(says(record, "PPR-01", problem), "{drug} without {problem}");
        if let Some(test) = test {
            // Who has had no blood taken at all has no value either.
            assert!(
                !record.contains_key("OML-11") || says(record, "OML-11", test),
                "{test}"
            );
            tested += usize::from(says(record, "OML-11", test));
        }
    }
    assert!(treated > 1, "{treated} take {drug}");
    assert!(test.is_none() || tested > 1);
}

#[test]
fn warfarin_goes_with_atrial_fibrillation_and_inr() {
    check("ワーファリン", "心房細動", Some("2B030000002231157"));
}

#[test]
fn insulin_goes_with_diabetes_and_hba1c() {
    check("ランタス", "２型糖尿病", Some("3D046000001906202"));
    check("ヒューマリンＮ", "２型糖尿病", Some("3D046000001906202"));
}

#[test]
fn dialysis_shows_in_creatinine_and_on_three_days_of_the_week() {
    check("セベラマー", "末期腎不全", Some("3C015000002327101"));
    let on_dialysis = records().iter().filter(|r| says(r, "PPR-01", "末期腎不全"));
    let mut high = 0;
    for record in on_dialysis {
        assert!(says(record, "PPR-01", "慢性腎臓病"));
        assert!(!says(record, "OMP-01", "マグミット") && !says(record, "OMP-01", "メトグルコ"));
        let Some(text) = record.get("OML-11") else {
            continue;
        };
        for line in text.split('\r').filter(|line| line.contains("^Ｃｒｅ^")) {
            let fields: Vec<&str> = line.split('|').collect();
            let value: f64 = fields[5].parse().unwrap();
            // Values from before the kidneys failed are among them.
            high += u32::from(value > 6.0 && fields[8] == "H");
        }
    }
    assert!(high > 1, "{high} high values");
}

#[test]
fn usages_of_every_sort_are_prescribed_with_amounts_that_add_up() {
    let lines: Vec<(&str, &str)> = records()
        .iter()
        .filter_map(|record| record.get("OMP-01"))
        .flat_map(|text| {
            let lines: Vec<&str> = text.split('\r').collect();
            let pairs: Vec<(&str, &str)> = lines.windows(2).map(|two| (two[0], two[1])).collect();
            pairs
        })
        .filter(|(rxe, tq1)| rxe.starts_with("RXE") && tq1.starts_with("TQ1"))
        .collect();
    let field = |line: &str, at: usize| line.split('|').nth(at).unwrap_or_default().to_owned();
    let number = |text: String| text.split('^').next().unwrap().parse::<u32>().unwrap_or(0);
    let mut seen = std::collections::BTreeSet::new();
    for (rxe, tq1) in lines {
        let (total, daily, days) = (
            number(field(rxe, 10)),
            number(field(rxe, 19)),
            number(field(tq1, 6)),
        );
        let usage = field(tq1, 3);
        let code = usage.split('&').next().unwrap();
        assert!(code.len() == 16 && code.is_ascii(), "{usage}");
        let sort = if field(rxe, 7).starts_with("V14NNNNN^４錠^JAMISDP01~V22NNNNN") {
            assert_eq!(
                (daily, field(rxe, 3), field(rxe, 4)),
                (7, "1".into(), "4".into())
            );
            assert_eq!(total, daily * days);
            "uneven"
        } else if usage.contains("~I1100000&") {
            assert_eq!(total, daily * days.div_ceil(2));
            "every other day"
        } else if usage.contains("~W") {
            assert!(total < daily * days);
            "weekdays"
        } else if field(rxe, 27).starts_with("22^") {
            assert_eq!(field(tq1, 11), "１日２回まで");
            assert_eq!(total, number(field(rxe, 3)) * number(field(tq1, 14)));
            "as needed"
        } else if !field(tq1, 8).is_empty() {
            assert_eq!((days, total), (7, daily * 7));
            "taper"
        } else if field(rxe, 27).starts_with("24^") {
            assert_eq!(
                (total, field(rxe, 11)),
                (daily * days, "UNT^単位^MR9P".into())
            );
            "self-injection"
        } else if field(rxe, 3) == "\"\"" {
            "null dose"
        } else {
            assert_eq!(total, daily * days, "{rxe}");
            "even"
        };
        seen.insert(sort);
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[test]
fn other_drugs_go_with_their_illness() {
    check("クレストール", "脂質異常症", None);
    check("チラーヂン", "甲状腺機能低下症", None);
    check("ムコダイン", "急性", None);
}

#[test]
fn no_prescription_contradicts_an_allergy() {
    let mut allergic = 0;
    for record in records() {
        for (allergen, drugs) in [
            ("ペニシリン", &["パンスポリン"][..]),
            ("セフェム", &["パンスポリン"]),
            ("マクロライド", &["クラリスロマイシン"]),
            ("非ステロイド", &["ロキソニン"]),
            ("ヨード造影剤", &[]),
        ] {
            if says(record, "ADT-61", allergen) {
                allergic += 1;
                assert!(
                    says(record, "ADT-00", allergen),
                    "AL1 of ADT-00 tells it as well"
                );
                assert!(
                    drugs.iter().all(|drug| !says(record, "OMP-01", drug)),
                    "{allergen}"
                );
                assert!(allergen != "ヨード造影剤" || !says(record, "OMG-01", "造影"));
            }
        }
    }
    assert!(allergic > 10);
}

#[test]
fn drugs_that_harm_together_are_apart() {
    for record in records() {
        let takes = |drug| says(record, "OMP-01", drug);
        assert!(!(takes("ワーファリン") && (takes("ロキソニン") || takes("エリキュース"))));
        assert!(!(says(record, "PPR-01", "慢性腎臓病") && takes("メトグルコ")));
        assert!(!(says(record, "PPR-01", "気管支喘息") && takes("ビソプロロール")));
    }
}
