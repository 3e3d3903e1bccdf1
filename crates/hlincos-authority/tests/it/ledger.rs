//! No one-time key signs twice: lost, damaged, older and copied state, splits, the end.

use hlincos_authority::LedgerError;

use super::*;

const STATE: [&str; 3] = ["root.ledger", "root.mark", "issued.tsv"];

/// What the authority says when it shall sign.
fn refusal(place: &Place, authority: &Authority, name: &str) -> LedgerError {
    let error = issue(authority, name, &place.at("refused")).unwrap_err();
    let text = error.to_string();
    // The refusal comes out of the signer, so it is wrapped; what matters is that it is this one.
    let all = [
        LedgerError::Missing,
        LedgerError::MarkMissing,
        LedgerError::MarkDamaged,
        LedgerError::RolledBack,
        LedgerError::MarkRolledBack,
        LedgerError::Copied,
        LedgerError::Exhausted,
        LedgerError::Damaged(1),
        LedgerError::Damaged(3),
        LedgerError::AnotherKey("the ledger"),
    ];
    assert!(!place.at("refused").join(format!("{name}.crt.pem")).exists());
    let known = all.into_iter().find(|one| text.contains(&one.to_string()));
    known.unwrap_or_else(|| panic!("{text}"))
}

/// Writes bytes into a file that is there, so that it stays the same file.
fn overwrite(path: &Path, bytes: &[u8]) {
    assert!(path.exists());
    fs::write(path, bytes).unwrap();
}

fn indices(authority: &Authority) -> Vec<u32> {
    let list = authority.list().unwrap();
    list.iter().filter_map(|one| one.index).collect()
}

#[test]
fn a_lost_or_damaged_ledger_or_mark_stops_the_signer() {
    let place = Place::new();
    let authority = place.hss();
    let (ledger, mark) = (place.at("ca/root.ledger"), place.at("ca/root.mark"));
    issue(&authority, "first", &place.at("out")).unwrap();
    let whole = fs::read(&ledger).unwrap();
    for (at, expected) in [
        (0, LedgerError::Damaged(1)),
        (whole.len() - 10, LedgerError::Damaged(3)),
    ] {
        let mut wrong = whole.clone();
        wrong[at] ^= 1;
        overwrite(&ledger, &wrong);
        assert_eq!(refusal(&place, &authority, "a"), expected);
    }
    overwrite(&ledger, b"");
    assert_eq!(refusal(&place, &authority, "a"), LedgerError::Damaged(1));
    overwrite(&ledger, &whole);
    let marked = fs::read(&mark).unwrap();
    overwrite(&mark, b"hlincos");
    assert_eq!(refusal(&place, &authority, "a"), LedgerError::MarkDamaged);
    fs::remove_file(&mark).unwrap();
    assert_eq!(refusal(&place, &authority, "a"), LedgerError::MarkMissing);
    fs::write(&mark, marked).unwrap();
    issue(&authority, "second", &place.at("out")).unwrap();
    fs::remove_file(&ledger).unwrap();
    assert_eq!(refusal(&place, &authority, "a"), LedgerError::Missing);
}

#[test]
fn whichever_record_is_put_back_alone_is_told() {
    let place = Place::new();
    let authority = place.hss();
    issue(&authority, "first", &place.at("out")).unwrap();
    let before: Vec<Vec<u8>> = STATE
        .iter()
        .map(|f| fs::read(place.at("ca").join(f)).unwrap())
        .collect();
    issue(&authority, "second", &place.at("out")).unwrap();
    issue(&authority, "third", &place.at("out")).unwrap();
    let after: Vec<Vec<u8>> = STATE
        .iter()
        .map(|f| fs::read(place.at("ca").join(f)).unwrap())
        .collect();
    let put = |which: usize, bytes: &[u8]| overwrite(&place.at("ca").join(STATE[which]), bytes);

    put(0, &before[0]);
    assert_eq!(refusal(&place, &authority, "a"), LedgerError::RolledBack);
    put(0, &after[0]);
    put(1, &before[1]);
    assert_eq!(
        refusal(&place, &authority, "a"),
        LedgerError::MarkRolledBack
    );
    // Both together: the list of certificates contradicts them.
    put(0, &before[0]);
    let error = issue(&authority, "a", &place.at("refused"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("one-time key 2"), "{error}");
    assert_eq!(authority.list().unwrap().len(), 3);
}

#[test]
fn a_copied_or_restored_folder_does_not_sign() {
    let place = Place::new();
    let authority = place.hss();
    issue(&authority, "first", &place.at("out")).unwrap();
    fs::create_dir(place.at("copy")).unwrap();
    for entry in fs::read_dir(place.at("ca")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, place.at("copy").join(path.file_name().unwrap())).unwrap();
    }
    let copy = Authority::open(&place.at("copy"), None).unwrap();
    assert_eq!(refusal(&place, &copy, "a"), LedgerError::Copied);
    issue(&authority, "second", &place.at("out")).unwrap();
}

#[test]
fn a_ledger_of_another_root_is_not_taken() {
    let (place, other) = (Place::new(), Place::new());
    let authority = place.hss();
    other.hss();
    overwrite(
        &place.at("ca/root.ledger"),
        &fs::read(other.at("ca/root.ledger")).unwrap(),
    );
    let refused = refusal(&place, &authority, "a");
    assert_eq!(refused, LedgerError::AnotherKey("the ledger"));
}

#[test]
fn a_split_hands_over_one_time_keys_for_ever_and_both_go_on_to_their_end() {
    let place = Place::new();
    let authority = place.hss();
    for leaves in [0, 1023, 5000] {
        let refused = authority.split(&place.at("second"), leaves);
        assert!(matches!(
            refused,
            Err(AuthorityError::Split {
                left: 1023,
                most: 1022
            })
        ));
    }
    authority.split(&place.at("second"), 1020).unwrap();
    let second = Authority::open(&place.at("second"), None).unwrap();
    assert_eq!(authority.signatures_left().unwrap(), Some(3));
    assert_eq!(second.signatures_left().unwrap(), Some(1020));
    for at in 0..3 {
        issue(&authority, &format!("one-{at}"), &place.at("out")).unwrap();
        issue(&second, &format!("two-{at}"), &place.at("out")).unwrap();
    }
    assert_eq!(indices(&authority), [1, 2, 3]);
    assert_eq!(indices(&second), [4, 5, 6]);
    assert_eq!(refusal(&place, &authority, "a"), LedgerError::Exhausted);
    for name in ["one-2", "two-2"] {
        verify(&place.at("out"), name, None).unwrap();
    }
    // The first's key file has no seed of the second's leaves any more, whatever its ledger says.
    let key = fs::read_to_string(place.at("ca/root.key.pem")).unwrap();
    let key = hlincos_pki::PrivateKey::from_pem(&key, None).unwrap();
    let hlincos_pki::PrivateKey::Stateful(key) = key else {
        panic!("a stateful root");
    };
    assert_eq!(key.range(), 1..4);
    assert!(
        authority.split(&place.at("third"), 1).is_err(),
        "nothing is left"
    );
    second.split(&place.at("third"), 17).unwrap();
    assert_eq!(second.signatures_left().unwrap(), Some(1000));
}

#[test]
fn adopting_gives_up_what_may_have_been_used_and_refuses_what_was_used() {
    let place = Place::new();
    let authority = place.hss();
    issue(&authority, "first", &place.at("out")).unwrap();
    fs::remove_file(place.at("ca/root.ledger")).unwrap();
    let refused = authority.adopt(1).unwrap_err().to_string();
    assert!(
        refused.contains("below 2"),
        "the list knows of index 1: {refused}"
    );
    authority.adopt(10).unwrap();
    issue(&authority, "second", &place.at("out")).unwrap();
    assert_eq!(indices(&authority), [1, 10]);
    let refused = authority.adopt(10).unwrap_err().to_string();
    assert!(refused.contains("below 11"), "{refused}");
    authority.adopt(5000).unwrap();
    assert_eq!(refusal(&place, &authority, "a"), LedgerError::Exhausted);
}

#[test]
fn a_ledger_line_that_was_not_written_whole_costs_one_leaf() {
    let place = Place::new();
    let authority = place.hss();
    issue(&authority, "first", &place.at("out")).unwrap();
    let ledger = place.at("ca/root.ledger");
    let mut bytes = fs::read(&ledger).unwrap();
    bytes.extend(b"sign 2 3 179561");
    overwrite(&ledger, &bytes);
    issue(&authority, "second", &place.at("out")).unwrap();
    assert_eq!(indices(&authority), [1, 3]);
}

#[test]
fn a_root_without_state_has_nothing_to_split_or_adopt() {
    let place = Place::new();
    let kind = kind(SignatureAlgorithm::MlDsa65);
    let authority = Authority::init(&place.at("ca"), "test root", kind, None).unwrap();
    assert_eq!(authority.signatures_left().unwrap(), None);
    let split = authority.split(&place.at("second"), 1);
    assert!(matches!(split, Err(AuthorityError::Stateless(_))));
    assert!(matches!(
        authority.adopt(1),
        Err(AuthorityError::Stateless(_))
    ));
}

#[test]
fn a_crash_between_ledger_and_mark_is_made_good_before_the_next_line() {
    let place = Place::new();
    let authority = place.hss();
    let mark = place.at("ca/root.mark");
    let mut before = fs::read(&mark).unwrap();
    for round in 0..3 {
        issue(&authority, &format!("a-{round}"), &place.at("out")).unwrap();
        // As a crash leaves it: the ledger has its line, the mark does not know.
        let after = fs::read(&mark).unwrap();
        overwrite(&mark, &before);
        before = after;
    }
    assert_eq!(indices(&authority), [1, 2, 3]);
}
