use super::*;

const PATH: &str = "1318814790/000/078/0000781125/-/ADT-00/0000781125_-_ADT-00_999999999999999_20190901101530000_-_1";
const DAY_MS: u64 = 24 * 3_600_000;
/// 2019-09-03 00:00 in Japan.
const NOW: u64 = 1_567_436_400_000;

fn view_of(files: &[(&str, &[u8])], provenance: &Provenance, account: &Account) -> View {
    View::new(Materials {
        messages: files,
        account,
        provenance,
        critical: None,
        now_unix_ms: NOW,
        stale_after_days: 2,
    })
}

fn dealt(days_ago: u64) -> Provenance {
    Provenance {
        dealt_unix_ms: Some(NOW - days_ago * DAY_MS),
        fetched_unix_ms: NOW,
        ..Provenance::default()
    }
}

fn reds(view: &View) -> Vec<&str> {
    let red = view
        .notes
        .iter()
        .filter(|note| note.urgency == Urgency::Red);
    red.map(|note| note.text.en.as_str()).collect()
}

#[test]
fn a_copy_older_than_allowed_is_told_in_red_and_one_just_allowed_is_not() {
    assert!(reds(&view_of(&[], &dealt(2), &Account::default())).is_empty());
    let old = view_of(&[], &dealt(3), &Account::default());
    assert!(reds(&old)[0].contains("3 days old (allowed: 2)"));
    // The store's run tells more than the patient's own bundle.
    let fresh = Provenance {
        run_unix_ms: Some(NOW - DAY_MS),
        ..dealt(30)
    };
    assert!(reds(&view_of(&[], &fresh, &Account::default())).is_empty());
}

#[test]
fn an_age_that_cannot_be_told_is_never_taken_for_young() {
    let view = view_of(&[], &Provenance::default(), &Account::default());
    assert!(
        view.notes
            .iter()
            .any(|note| note.text.en.contains("cannot be told"))
    );
}

#[test]
fn what_lies_in_the_future_tells_that_a_clock_is_wrong() {
    let run = Provenance {
        run_unix_ms: Some(NOW + 10 * 60_000),
        fetched_unix_ms: NOW,
        ..Provenance::default()
    };
    let view = view_of(&[], &run, &Account::default());
    assert!(
        reds(&view)[0].contains("Last backup run"),
        "{:?}",
        reds(&view)
    );
    let slightly = Provenance {
        run_unix_ms: Some(NOW + 60_000),
        ..run
    };
    assert!(reds(&view_of(&[], &slightly, &Account::default())).is_empty());
    let record = PATH.replace("20190901", "20190905");
    let view = view_of(
        &[(&record, b"MSH|^~\\&|HIS\r")],
        &dealt(0),
        &Account::default(),
    );
    assert!(reds(&view)[0].contains("Latest record"));
}

#[test]
fn what_is_missing_and_who_lied_is_told() {
    let account = Account {
        missing: 2,
        culprits: vec!["osaka".into()],
        ..Account::default()
    };
    let view = view_of(&[], &dealt(0), &account);
    assert!(reds(&view)[0].contains("not complete"));
    assert!(
        view.notes
            .iter()
            .any(|note| note.text.en.contains("Site osaka gave wrong shares"))
    );
}

#[test]
fn records_of_two_patients_give_a_warning_and_nothing_else() {
    let other = PATH.replace("0000781125", "0000781126");
    let files: [(&str, &[u8]); 2] = [(PATH, b"MSH|^~\\&|\r"), (&other, b"MSH|^~\\&|\r")];
    let view = view_of(&files, &dealt(0), &Account::default());
    assert!(view.is_empty() && view.record.is_empty());
    assert!(view.notes.iter().any(|note| note.text.en.contains("mixed")));
}

#[test]
fn a_malformed_record_stays_in_the_list_with_its_defect() {
    let broken: &[u8] = b"MSH|^~\\&|HIS\rPID|1||0000781125||\x1b$B\xff\xff\x1b(B\r";
    let files = [(PATH, broken)];
    let view = view_of(&files, &dealt(0), &Account::default());
    assert_eq!(view.record.len(), 1);
    assert!(view.record[0].broken > 0);
    let detail = detail(&files, 0).unwrap();
    assert!(
        detail
            .defects
            .iter()
            .any(|(code, ..)| code.starts_with("text-")),
        "{:?}",
        detail.defects
    );
    assert!(
        detail
            .segments
            .iter()
            .any(|segment| segment.segment == "PID")
    );
    let nonsense = [(PATH, &b"nonsense"[..])];
    let detail = super::detail(&nonsense, 0).unwrap();
    assert_eq!(detail.raw.as_deref(), Some("nonsense"));
    assert!(super::detail(&nonsense, 1).is_none());
}
