//! Records as the reference writes them, and the order of writing.

use serde_json::Value;

use super::*;
use crate::tests::{bytes, cases, hex, secret};

fn identity(case: &Value) -> Identity {
    Identity {
        number: LinkNumber::new(case["link"].as_u64().unwrap().try_into().unwrap()).unwrap(),
        end: match case["end"].as_u64().unwrap() {
            0 => End::A,
            _ => End::B,
        },
        pad_id: bytes(case, "pad_id").try_into().unwrap(),
    }
}

#[test]
fn ledgers_are_read_and_refused_as_the_reference_does() {
    for (name, case) in cases("ledger_") {
        let identity = identity(&case);
        let key = LedgerKey(secret(&case, "key"));
        let slots: Vec<Option<Vec<u8>>> = case["slots"]
            .as_array()
            .unwrap()
            .iter()
            .map(|slot| slot.as_str().map(hex))
            .collect();
        let opened = Ledger::open(
            identity,
            key.clone(),
            [slots[0].as_deref(), slots[1].as_deref()],
        );
        let expect = match case["expect"].as_str().unwrap() {
            "missing" => LedgerError::Missing,
            "damaged" => LedgerError::Damaged,
            "foreign" => LedgerError::Foreign,
            expect => {
                let (ledger, mended) = opened.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(mended.is_some(), expect == "ahead", "{name}");
                assert_eq!(ledger.state().guessed, expect == "ahead", "{name}");
                check(&case, &ledger);
                if let Some(mended) = mended {
                    let record = mended.record().bytes().as_slice();
                    assert_eq!(record, bytes(&case, "mended"), "{name}");
                }
                continue;
            }
        };
        assert_eq!(opened.map(drop), Err(expect), "{name}");
    }
}

fn check(case: &Value, ledger: &Ledger) {
    let state = ledger.state();
    let told = |field: &str| case[field].as_u64().unwrap();
    assert_eq!(ledger.number, told("number"));
    assert_eq!(u64::from(state.generation.0), told("generation"));
    assert_eq!(u64::from(state.alarms), told("alarms"));
    let ends: Vec<u64> = case["ends"]
        .as_array()
        .unwrap()
        .iter()
        .map(|end| end.as_u64().unwrap())
        .collect();
    assert_eq!([state.leased_end, state.claimed_end].concat(), ends);
    if let Some(chains) = case["chains"].as_array() {
        for (chain, told) in state.chains.iter().zip(chains) {
            assert_eq!(chain.epoch, told[0].as_u64().unwrap());
            assert_eq!(chain.key.as_slice(), hex(told[1].as_str().unwrap()));
        }
        // Whole records are written as the reference writes them.
        let record = record::write(&ledger.identity, &ledger.key, state, ledger.number);
        let slot = case["slots"][record.slot()].as_str().unwrap();
        assert_eq!(record.bytes().as_slice(), hex(slot));
    }
}

fn new() -> (Ledger, Durable<()>) {
    let identity = Identity {
        number: LinkNumber::new(1).unwrap(),
        end: End::A,
        pad_id: [4; 16],
    };
    let control = ControlKey(crate::kdf::Secret::new([5; 32]));
    Ledger::create(identity, LedgerKey::new([6; 32]), &control)
}

#[test]
fn while_a_record_is_not_known_to_be_durable_nothing_else_can_be_spent() {
    let (mut ledger, first) = new();
    let lease = |state: &mut State| state.leased_end[0] += 1;
    assert_eq!(ledger.commit(lease, ()).map(drop), Err(NotPersisted));
    ledger.persisted(first);
    // A disk that is full: the record is dropped, and the ledger stays where it is.
    drop(ledger.commit(lease, "block 0").unwrap());
    assert_eq!(ledger.commit(lease, ()).map(drop), Err(NotPersisted));
}

#[test]
fn records_alternate_between_the_slots() {
    let (mut ledger, first) = new();
    let mut slots = vec![first.record().slot()];
    ledger.persisted(first);
    for _ in 0..4 {
        let durable = ledger.commit(|_| (), ()).unwrap();
        slots.push(durable.record().slot());
        ledger.persisted(durable);
    }
    assert_eq!(slots, [1, 0, 1, 0, 1]);
}

#[test]
#[should_panic(expected = "a ledger never goes back")]
fn a_change_that_goes_back_is_a_bug() {
    let (mut ledger, first) = new();
    ledger.persisted(first);
    let durable = ledger.commit(|state| state.claimed_end[1] = 5, ()).unwrap();
    ledger.persisted(durable);
    let _ = ledger.commit(|state| state.claimed_end[1] = 4, ());
}

#[test]
#[should_panic(expected = "a durable of another link")]
fn a_durable_of_another_ledger_is_a_bug() {
    let (mut one, first) = new();
    one.persisted(first);
    let (_, other) = new();
    one.persisted(other);
}

#[test]
fn every_bit_of_a_record_counts() {
    let (mut ledger, first) = new();
    let record = first.record().bytes().to_vec();
    ledger.persisted(first);
    for bit in 0..record.len() * 8 {
        let mut changed = record.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let opened = Ledger::open(
            *ledger.identity(),
            ledger.key.clone(),
            [None, Some(&changed)],
        );
        assert!(opened.is_err(), "bit {bit}");
    }
}
