//! Random sequences of calls and restarts, compared with a plain map.

use proptest::prelude::*;

use hlincos_store::{PutOutcome, Store};
use tempfile::tempdir;

use crate::common::{Objects, assert_holds, key, object, put, small_options};

#[derive(Clone, Debug)]
enum Call {
    Put(Vec<(u8, u64)>),
    Delete(Vec<u8>),
    Restart { keep_index: bool },
}

fn call() -> impl Strategy<Value = Call> {
    let number = 0..12u8;
    prop_oneof![
        4 => prop::collection::vec((number.clone(), 0..3u64), 1..6).prop_map(Call::Put),
        3 => prop::collection::vec(number, 1..6).prop_map(Call::Delete),
        1 => any::<bool>().prop_map(|keep_index| Call::Restart { keep_index }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_store_behaves_like_a_put_once_map(calls in prop::collection::vec(call(), 1..40)) {
        let dir = tempdir().unwrap();
        let mut store = Store::open(dir.path(), small_options()).unwrap();
        let mut model = Objects::new();
        for call in calls {
            match call {
                Call::Put(batch) => {
                    let batch = batch.iter().map(|(number, tag)| {
                        put(*number, &object(*tag, 64 + 100 * usize::from(*number)))
                    });
                    let batch: Vec<_> = batch.collect();
                    let told = store.put(batch.clone()).unwrap();
                    for (put, told) in batch.into_iter().zip(told) {
                        let expected = match model.get(&put.key) {
                            None => PutOutcome::Stored,
                            Some(bytes) if *bytes == put.bytes => PutOutcome::AlreadyStored,
                            Some(_) => PutOutcome::Conflict,
                        };
                        prop_assert_eq!(told, expected);
                        model.entry(put.key).or_insert(put.bytes);
                    }
                }
                Call::Delete(numbers) => {
                    let keys: Vec<_> = numbers.iter().map(|number| key(*number)).collect();
                    let told = store.delete(keys.clone()).unwrap();
                    for (key, told) in keys.iter().zip(told) {
                        prop_assert_eq!(told, model.remove(key).is_some());
                    }
                }
                Call::Restart { keep_index } => {
                    drop(store);
                    if !keep_index {
                        std::fs::remove_file(dir.path().join("index.redb")).unwrap();
                    }
                    store = Store::open(dir.path(), small_options()).unwrap();
                }
            }
            assert_holds(&store, &model);
        }
        prop_assert_eq!(store.stats().rotten, 0);
    }
}
