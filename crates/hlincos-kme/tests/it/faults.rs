//! Bad days: each behaviour that was seen in the field, and what the client makes of it.

use hlincos_kme::Fault;
use hlincos_net::qkd014::{Client, Defect, Key, KmeError, Named, Order, Prefetcher, Remedy};

use crate::pair::{Pair, sae};

fn order() -> Order {
    Order::new(3, 512).unwrap()
}

fn named(keys: &[Key]) -> Vec<Named> {
    let one = |key: &Key| Named {
        id: key.id,
        size_bits: 512,
    };
    keys.iter().map(one).collect()
}

async fn enc(pair: &Pair, fault: Fault) -> KmeError {
    pair.faults([fault]);
    let error = pair.alice().enc_keys(&sae("bob"), &order()).await;
    error.expect_err(&fault.to_string())
}

/// Keys are ordered on a good day and collected on a bad one.
async fn dec(pair: &Pair, fault: Fault) -> KmeError {
    pair.faults([]);
    let keys = pair.alice().enc_keys(&sae("bob"), &order()).await.unwrap();
    pair.faults([fault]);
    let error = pair.bob().dec_keys(&sae("alice"), &named(&keys)).await;
    error.expect_err(&fault.to_string())
}

fn defect(error: KmeError) -> Defect {
    match error {
        KmeError::Defective(defect) => defect,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn keys_of_another_length_are_discarded() {
    let pair = Pair::start().await;
    for (fault, bits) in [
        (Fault::SizeIgnored, 256),
        (Fault::ShortKeys, 504),
        (Fault::LongKeys, 520),
    ] {
        match defect(enc(&pair, fault).await) {
            Defect::Length {
                asked: 512, found, ..
            } => assert_eq!(found, bits, "{fault}"),
            other => panic!("{fault}: {other}"),
        }
    }
}

#[tokio::test]
async fn answers_with_more_or_fewer_keys_are_discarded() {
    let pair = Pair::start().await;
    for (fault, count) in [
        (Fault::FewerKeys, 2),
        (Fault::MoreKeys, 4),
        (Fault::EmptyList, 0),
    ] {
        let expected = Defect::Count {
            asked: 3,
            found: count,
        };
        assert_eq!(defect(enc(&pair, fault).await), expected, "{fault}");
    }
    let expected = Defect::Count { asked: 3, found: 0 };
    assert_eq!(defect(dec(&pair, Fault::EmptyList).await), expected);
}

#[tokio::test]
async fn repeated_ids_ids_of_others_and_text_that_is_no_key_are_discarded() {
    let pair = Pair::start().await;
    for fault in [Fault::RepeatedIds, Fault::BadBase64] {
        for error in [enc(&pair, fault).await, dec(&pair, fault).await] {
            let fits = matches!(
                (fault, defect(error)),
                (Fault::RepeatedIds, Defect::Repeated(_)) | (Fault::BadBase64, Defect::Base64(_))
            );
            assert!(fits, "{fault}");
        }
    }
    let strange = defect(dec(&pair, Fault::OtherIds).await);
    assert!(matches!(strange, Defect::Uncalled(_)), "{strange}");
}

#[tokio::test]
async fn every_wrong_status_is_a_failure_whatever_its_body() {
    let pair = Pair::start().await;
    for (fault, status, remedy) in [
        (Fault::Html401, 401, Remedy::Correct),
        (Fault::NotFound404, 404, Remedy::AskForLess),
        (Fault::Internal500, 500, Remedy::Wait),
        (Fault::Unavailable503, 503, Remedy::Wait),
        (Fault::Gateway504, 504, Remedy::Wait),
    ] {
        let error = enc(&pair, fault).await;
        assert!(
            error.to_string().contains(&format!("({status}: ")),
            "{fault}: {error}"
        );
        assert_eq!(error.remedy(), remedy, "{fault}: {error}");
    }
    let gone = dec(&pair, Fault::NotFound404).await;
    assert!(matches!(gone, KmeError::KeysGone { .. }), "{gone}");
    let page = defect(enc(&pair, Fault::Html200).await);
    assert!(matches!(page, Defect::Json(_)), "{page}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_never_ends_is_dropped() {
    let pair = Pair::start().await;
    for fault in [Fault::Truncated, Fault::Oversized] {
        assert_eq!(defect(enc(&pair, fault).await), Defect::Body, "{fault}");
    }
}

#[tokio::test]
async fn a_slow_key_manager_is_not_waited_for_and_its_late_answer_is_nobodys() {
    let pair = Pair::start().await;
    let mut config = pair.config("alice", 0);
    // Enough for the second answer on a busy machine.
    config.timeout_s = 5;
    let alice = Client::new(&config).unwrap();
    pair.faults([Fault::Slow]);
    let error = alice.enc_keys(&sae("bob"), &order()).await.unwrap_err();
    assert!(matches!(error, KmeError::TimedOut { .. }), "{error}");
    assert_eq!(error.remedy(), Remedy::Wait);
    pair.faults([]);
    assert_eq!(
        alice.enc_keys(&sae("bob"), &order()).await.unwrap().len(),
        3
    );
}

#[tokio::test]
async fn stock_that_is_told_wrongly_stops_nothing() {
    let pair = Pair::start().await;
    let alice = pair.alice();
    for (fault, stock) in [
        (Fault::StockOverstated, 10_000_001),
        (Fault::StockUnderstated, 0),
    ] {
        pair.faults([fault]);
        assert_eq!(
            alice.status(&sae("bob")).await.unwrap().stored_key_count,
            stock
        );
        let mut prefetcher = Prefetcher::new(&alice, sae("bob"));
        assert!(prefetcher.next_batch(64).await.is_ok(), "{fault}");
    }
}

#[tokio::test]
async fn a_status_of_another_pair_is_refused() {
    let pair = Pair::start().await;
    pair.faults([Fault::OtherPair]);
    let error = pair.alice().status(&sae("bob")).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::Correct, "{error}");
    assert!(matches!(defect(error), Defect::OtherPair { .. }));
}

/// The client cannot know what it was given before, nor what the other end got: this shows what is
/// left to the ledger and to the confirmation of blocks.
#[tokio::test]
async fn double_delivery_and_other_keys_cannot_be_seen_here() {
    let pair = Pair::start().await;
    let keys = pair.alice().enc_keys(&sae("bob"), &order()).await.unwrap();
    pair.faults([Fault::DoubleDelivery]);
    let first = pair
        .bob()
        .dec_keys(&sae("alice"), &named(&keys))
        .await
        .unwrap();
    pair.faults([Fault::OtherKeys]);
    let second = pair
        .bob()
        .dec_keys(&sae("alice"), &named(&keys))
        .await
        .unwrap();
    assert_eq!(*first[0].bytes, *keys[0].bytes);
    assert_ne!(*second[0].bytes, *keys[0].bytes);
    assert_eq!(second[0].id, keys[0].id);
}

#[tokio::test]
async fn keys_that_were_dropped_before_they_were_collected_are_gone() {
    let pair = Pair::start().await;
    let early = pair.alice().enc_keys(&sae("bob"), &order()).await.unwrap();
    pair.faults([Fault::DropEarlier]);
    let late = pair.alice().enc_keys(&sae("bob"), &order()).await.unwrap();
    let error = pair
        .bob()
        .dec_keys(&sae("alice"), &named(&early))
        .await
        .unwrap_err();
    assert_eq!(error.remedy(), Remedy::GiveUp, "{error}");
    assert!(
        pair.bob()
            .dec_keys(&sae("alice"), &named(&late))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn extensions_that_are_ignored_are_not_noticed() {
    let pair = Pair::start().await;
    pair.faults([Fault::ExtensionsIgnored]);
    let order = order().with_additional(&[sae("carol")]);
    let keys = pair.alice().enc_keys(&sae("bob"), &order).await.unwrap();
    let carol = Client::new(&pair.config("carol", 1)).unwrap();
    let error = carol
        .dec_keys(&sae("alice"), &named(&keys))
        .await
        .unwrap_err();
    assert!(matches!(error, KmeError::Unauthorized { .. }), "{error}");
}

#[tokio::test]
async fn an_empty_stock_is_503_and_something_to_wait_for() {
    let pair = Pair::with(false, |text| {
        text.replace("initial_key_count = 1000", "initial_key_count = 0")
            .replace("rate_bits_s = 304000\n# Sizes", "rate_bits_s = 0\n# Sizes")
    })
    .await;
    let error = pair
        .alice()
        .enc_keys(&sae("bob"), &order())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("not enough key"), "{error}");
    assert_eq!(error.remedy(), Remedy::Wait);
}

#[tokio::test]
async fn a_prefetcher_gets_on_where_sizes_are_ignored() {
    let pair = Pair::start().await;
    pair.faults([Fault::SizeIgnored]);
    let alice = pair.alice();
    let mut bytes = 0;
    let mut prefetcher = Prefetcher::new(&alice, sae("bob"));
    let each = |batch: Vec<Key>| bytes += batch.iter().map(|key| key.bytes.len()).sum::<usize>();
    prefetcher.collect(128, each).await.unwrap();
    assert_eq!(bytes, 128);
}

#[tokio::test]
async fn a_key_manager_that_is_down_is_unreachable() {
    let pair = Pair::start().await;
    let mut config = pair.config("alice", 0);
    // Bound, so that nobody else gets the port, but nobody listens.
    let silent = tokio::net::TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    config.address = silent.local_addr().unwrap().to_string();
    let client = Client::new(&config).unwrap();
    let error = client.status(&sae("bob")).await.unwrap_err();
    assert!(matches!(error, KmeError::Unreachable { .. }), "{error}");
    assert_eq!(error.remedy(), Remedy::Wait);
}
