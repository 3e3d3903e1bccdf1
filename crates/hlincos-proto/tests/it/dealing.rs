//! Dealing: what is acknowledged, and what it costs.

use std::sync::atomic::Ordering;

use hlincos_proto::deal::{DealError, Outages, deal, split_bundle};
use hlincos_proto::roster::{Roster, RosterError};
use hlincos_proto::site::SiteError;
use hlincos_record::handle::DirectoryKey;

use tokio::time::Instant;

use crate::memory::{Counting, MemorySite, Mood, PATIENCE, TERMS, bundle, deal_some, roster};

fn dealings(roster: &Roster<MemorySite>, count: u8) -> Vec<hlincos_proto::deal::Dealing> {
    let mut rng = Counting(9);
    let split = |number| split_bundle(roster, &bundle(number), &mut rng, TERMS).unwrap();
    (1..=count).map(split).collect()
}

#[tokio::test(start_paused = true)]
async fn a_site_that_comes_back_in_time_gets_its_shares() {
    let roster = roster(2, 3, None);
    roster.members()[1].site.set(Mood::Waking(5));
    deal_some(&roster, 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_site_that_stays_away_means_no_acknowledgement_and_is_named() {
    let roster = roster(2, 3, None);
    roster.members()[1].site.set(Mood::Down);
    let error = deal(
        &roster,
        dealings(&roster, 1),
        PATIENCE,
        &Outages::none(&roster),
    )
    .await
    .unwrap_err();
    let DealError::TooFew {
        stored,
        need,
        failures,
    } = &error;
    assert_eq!((*stored, *need), (2, 3));
    assert_eq!(failures[0].0, "site-2");
    assert!(error.to_string().contains("site-2"));
}

#[tokio::test(start_paused = true)]
async fn where_the_policy_allows_it_a_degraded_batch_is_acknowledged_with_its_debt() {
    let roster = roster(2, 3, Some(2));
    roster.members()[2].site.set(Mood::Down);
    let receipts = deal(
        &roster,
        dealings(&roster, 2),
        PATIENCE,
        &Outages::none(&roster),
    )
    .await
    .unwrap();
    assert!(receipts.iter().all(|receipt| receipt.missing == [2]));
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for_once_however_many_batches_follow() {
    let roster = roster(2, 3, Some(2));
    roster.members()[2].site.set(Mood::Down);
    let outages = Outages::none(&roster);
    let started = Instant::now();
    for _ in 0..100 {
        let receipts = deal(&roster, dealings(&roster, 1), PATIENCE, &outages).await;
        assert_eq!(receipts.unwrap()[0].missing, [2]);
    }
    assert!(
        started.elapsed() < PATIENCE.total + PATIENCE.pause * 2,
        "{:?}",
        started.elapsed()
    );

    roster.members()[2].site.set(Mood::Honest);
    let receipts = deal(&roster, dealings(&roster, 1), PATIENCE, &outages).await;
    assert!(
        receipts.unwrap()[0].missing.is_empty(),
        "it is asked all the same"
    );
    roster.members()[2].site.set(Mood::Waking(3));
    let receipts = deal(&roster, dealings(&roster, 1), PATIENCE, &outages).await;
    assert!(
        receipts.unwrap()[0].missing.is_empty(),
        "another outage is waited for again"
    );
}

#[tokio::test]
async fn a_full_disk_is_told_at_once_with_what_to_do() {
    let roster = roster(2, 3, None);
    roster.members()[0].site.set(Mood::Full);
    let error = deal(
        &roster,
        dealings(&roster, 1),
        PATIENCE,
        &Outages::none(&roster),
    )
    .await
    .unwrap_err();
    let DealError::TooFew { failures, .. } = &error;
    assert_eq!(failures, &[("site-1".to_owned(), SiteError::Full)]);
    assert!(error.to_string().contains("free space"));
}

#[tokio::test]
async fn a_batch_of_many_bundles_is_one_request_per_site() {
    let roster = roster(2, 3, None);
    deal_some(&roster, 200).await;
    for member in roster.members() {
        assert_eq!(member.site.puts.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn numbers_that_do_not_go_together_are_refused_with_the_reason() {
    let make = |k, n: u8, stored| {
        let sites = (0..n)
            .map(|i| (format!("s{i}"), MemorySite::new()))
            .collect();
        Roster::new(&DirectoryKey::new([0; 32]), sites, k, stored).err()
    };
    assert!(matches!(
        make(4, 3, None),
        Some(RosterError::Threshold { k: 4, n: 3 })
    ));
    assert!(matches!(
        make(1, 3, None),
        Some(RosterError::Threshold { .. })
    ));
    assert!(matches!(
        make(2, 3, Some(1)),
        Some(RosterError::StoredAtLeast { .. })
    ));
    assert!(matches!(
        make(2, 3, Some(4)),
        Some(RosterError::StoredAtLeast { .. })
    ));
    assert!(make(2, 3, Some(2)).is_none());
    let twice = vec![
        ("a".to_owned(), MemorySite::new()),
        ("a".to_owned(), MemorySite::new()),
    ];
    let refused = Roster::new(&DirectoryKey::new([0; 32]), twice, 2, None).err();
    assert!(matches!(refused, Some(RosterError::Name(_))));
}
