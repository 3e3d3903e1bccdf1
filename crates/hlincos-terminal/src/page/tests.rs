use hlincos_ssmix::dosage::Dosage;
use hlincos_ssmix::summary::{
    Allergies, Allergy, Bilingual, LabTest, LabValue, Prescription, Source,
};

use super::*;
use crate::view::{Account, Critical, Materials, Provenance, View};

fn empty() -> View {
    let files: [(&[u8], &[u8]); 0] = [];
    View::new(Materials {
        messages: &files,
        account: &Account::default(),
        provenance: &Provenance::default(),
        critical: None,
        now_unix_ms: 0,
        stale_after_days: 2,
    })
}

#[test]
fn whatever_a_record_holds_is_shown_as_text() {
    let evil = "<script>alert(1)</script>\"'&";
    let mut view = empty();
    view.patient.name = evil.into();
    let source = Source {
        path: evil.into(),
        sent: evil.into(),
    };
    view.allergies = Allergies::Recorded(vec![Allergy {
        substance: evil.into(),
        class: evil.into(),
        reaction: evil.into(),
        since: evil.into(),
        source: source.clone(),
        ..Allergy::default()
    }]);
    let text = Bilingual {
        ja: evil.into(),
        en: evil.into(),
    };
    view.orders.recent.push(Prescription {
        drug: evil.into(),
        route: evil.into(),
        dosage: Dosage {
            text: text.clone(),
            ..Dosage::default()
        },
        components: vec![evil.into()],
        ..Prescription::default()
    });
    view.laboratory.push(LabTest {
        name: evil.into(),
        values: vec![LabValue {
            value: evil.into(),
            flag: evil.into(),
            time: evil.into(),
            ..LabValue::default()
        }],
        ..LabTest::default()
    });
    view.critical = Some(vec![Critical {
        what: text,
        because: evil.into(),
        source,
    }]);
    view.account.culprits.push(evil.into());
    view.provenance.facility_name = evil.into();
    let page = page(&view);
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn a_title_names_no_patient_since_browsers_keep_titles() {
    let mut view = empty();
    view.patient.name = "土佐 花子".into();
    assert!(page(&view).contains("<title>H-LINCOS</title>"));
}

#[test]
fn a_dosage_in_doubt_carries_a_warning_and_one_without_doubt_none() {
    let page_of = |as_sent, contradictory| {
        let mut view = empty();
        view.orders.recent.push(Prescription {
            dosage: Dosage {
                as_sent,
                contradictory,
                ..Dosage::default()
            },
            ..Prescription::default()
        });
        page(&view)
    };
    assert!(page_of(true, true).contains("Check the source"));
    assert!(page_of(true, false).contains("What stands in quotes is as sent"));
    assert!(!page_of(false, false).contains("as sent"));
}

#[test]
fn the_bar_is_green_only_where_none_is_recorded_as_such() {
    let colour = |allergies| {
        let mut view = empty();
        view.allergies = allergies;
        let page = page(&view);
        let at = page.find("wide alert ").unwrap() + "wide alert ".len();
        page[at..].split('"').next().unwrap().to_owned()
    };
    assert_eq!(colour(Allergies::NotRecorded), "grey");
    assert_eq!(colour(Allergies::NoneRecorded(Source::default())), "green");
    assert_eq!(colour(Allergies::Recorded(vec![Allergy::default()])), "red");
}

#[test]
fn critical_drugs_that_nobody_looked_for_are_not_said_to_be_absent() {
    let slot = |critical| {
        let mut view = empty();
        view.critical = critical;
        let page = page(&view);
        let section = page.split("id=\"critical\"").nth(1).unwrap();
        section.split("</section>").next().unwrap().to_owned()
    };
    assert!(slot(None).contains("were not looked for"));
    assert!(slot(Some(Vec::new())).contains("None found"));
    let found = Critical {
        what: Bilingual {
            ja: "抗凝固薬".into(),
            en: "anticoagulant".into(),
        },
        because: "ワーファリン".into(),
        source: Source::default(),
    };
    let told = slot(Some(vec![found]));
    assert!(
        told.contains("抗凝固薬")
            && told.contains("anticoagulant")
            && told.contains("ワーファリン")
    );
}

#[test]
fn a_flag_is_told_by_sign_and_word_never_by_colour_alone() {
    let mut view = empty();
    let test = |flag: &str| LabTest {
        values: vec![LabValue {
            value: "1".into(),
            flag: flag.into(),
            ..LabValue::default()
        }],
        ..LabTest::default()
    };
    view.laboratory = ["HH", "L", "A", "N", ""].map(test).to_vec();
    let page = page(&view);
    assert!(page.contains("▲▲ HH") && page.contains("▼ L") && page.contains("abnormal"));
    assert_eq!(page.matches("value out").count(), 3);
}

#[test]
fn every_heading_and_word_stands_there_in_both_languages() {
    let page = page(&empty());
    let (ja, en) = (
        page.matches("class=\"ja\"").count(),
        page.matches("class=\"en\"").count(),
    );
    assert_eq!(ja, en);
    assert!(ja > 40, "{ja}");
}

#[test]
fn a_page_asks_for_nothing_from_outside() {
    let view = empty();
    let around = Surroundings {
        idle_s: Some(300),
        open: true,
        ..Surroundings::default()
    };
    for page in [
        page(&view),
        patient(&view, Some(1), &around),
        record(&view, 1, &around),
    ] {
        for outside in ["src=", "http://", "https://", "//cdn", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(!page.contains("style=\"") && !page.contains(" onclick"));
    }
}

#[test]
fn a_page_without_script_locks_by_itself() {
    let around = Surroundings {
        idle_s: Some(120),
        open: true,
        ..Surroundings::default()
    };
    let page = patient(&empty(), Some(1), &around);
    assert!(page.contains(
        "<noscript><meta http-equiv=\"refresh\" content=\"120;url=/locked\"></noscript>"
    ));
    assert!(!unlock(&around, None).is_empty());
}
