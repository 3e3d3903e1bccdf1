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
