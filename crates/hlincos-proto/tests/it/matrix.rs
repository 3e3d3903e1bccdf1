//! Every threshold up to (4,6), every set of lost sites, every single liar.

use std::collections::BTreeSet;
use std::time::Duration;

use hlincos_proto::check::CheckTally;
use hlincos_proto::restore::{Asking, Loss, Restored, restore, settle};
use hlincos_proto::roster::Roster;
use hlincos_proto::site::SiteError;
use hlincos_proto::survey::survey;
use hlincos_proto::waiting::Waiting;
use hlincos_record::bundle::Class;
use hlincos_record::identifier::Sequence;
use hlincos_record::share_object::LinkGrade;
use hlincos_sharing::RandomnessGrade;
use hlincos_sharing::dispersal::Scheme;

use tokio::time::Instant;

use crate::memory::{
    LIES, MemorySite, Mood, bundle, bundle_of, deal_some, deal_some_of, roster, subject,
};

const BUNDLES: u8 = 3;

fn thresholds() -> impl Iterator<Item = (u8, u8)> {
    (2..=4).flat_map(|k| (k..=6).map(move |n| (k, n)))
}

/// Every set of `size` sites out of `n`.
fn sets(n: u8, size: u8) -> impl Iterator<Item = Vec<usize>> {
    (0_u32..1 << n)
        .filter(move |set| set.count_ones() == u32::from(size))
        .map(move |set| {
            (0..usize::from(n))
                .filter(|site| set >> site & 1 == 1)
                .collect()
        })
}

/// Surveys, settles and restores the patient; gives the results and all who were named.
async fn read(roster: &Roster<MemorySite>, asking: Asking) -> (Vec<Restored>, Vec<usize>) {
    let (results, named, _) = read_and_suspect(roster, asking).await;
    (results, named)
}

/// The same, with the sites of which some are wrong.
async fn read_and_suspect(
    roster: &Roster<MemorySite>,
    asking: Asking,
) -> (Vec<Restored>, Vec<usize>, BTreeSet<usize>) {
    let mut held = survey(roster, &[subject()], Waiting::ForAll)
        .await
        .unwrap()
        .subjects
        .remove(0);
    let mut named = settle(roster, &subject(), &mut held).await;
    let wanted: Vec<_> = held.into_iter().map(|held| (subject(), held)).collect();
    let results = restore(roster, &wanted, asking).await;
    for result in &results {
        named.culprits.extend(&result.culprits);
        named.suspects.extend(&result.suspects);
    }
    (
        results,
        named.culprits.into_iter().collect(),
        named.suspects,
    )
}

fn assert_all_restored(results: &[Restored], context: &str) {
    assert_eq!(results.len(), usize::from(BUNDLES), "{context}");
    for (number, result) in (1..=BUNDLES).zip(results) {
        let verified = result
            .bundle
            .as_ref()
            .unwrap_or_else(|loss| panic!("{context}: {loss}"));
        assert!(
            verified.bytes() == bundle(number),
            "{context}: bundle {number} differs"
        );
    }
}

#[tokio::test]
async fn any_n_minus_k_sites_may_be_lost_in_either_way_of_asking() {
    for (k, n) in thresholds() {
        let roster = roster(k, n, None);
        deal_some(&roster, BUNDLES).await;
        for lost in sets(n, n - k) {
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Down));
            for asking in [Asking::Enough, Asking::All] {
                let (results, named) = read(&roster, asking).await;
                assert_all_restored(&results, &format!("({k},{n}) without {lost:?}"));
                assert!(named.is_empty(), "a lost site is no liar");
            }
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Honest));
        }
    }
}

#[tokio::test]
async fn with_one_site_less_than_k_nothing_is_restored_and_the_missing_are_named() {
    for (k, n) in thresholds() {
        let roster = roster(k, n, None);
        deal_some(&roster, BUNDLES).await;
        for lost in sets(n, n - k + 1) {
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Down));
            let error = survey(&roster, &[subject()], Waiting::ForAll)
                .await
                .unwrap_err();
            assert_eq!(error.silent.len(), lost.len());
            assert!(error.to_string().contains(&roster.members()[lost[0]].name));
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Honest));
        }
    }
}

#[tokio::test]
async fn every_single_liar_is_corrected_and_named_with_all_sites_up() {
    for (k, n) in thresholds().filter(|(k, n)| n > k) {
        let roster = roster(k, n, None);
        deal_some(&roster, BUNDLES).await;
        for liar in 0..usize::from(n) {
            for lie in LIES {
                roster.members()[liar].site.set(lie);
                let context = format!("({k},{n}) site {liar} {lie:?}");
                let (results, named) = read(&roster, Asking::All).await;
                assert_all_restored(&results, &context);
                let hidden = lie == Mood::Hides;
                if hidden {
                    assert!(
                        results.iter().all(|r| r.absent.contains(&liar)),
                        "{context}"
                    );
                } else {
                    assert_eq!(named, [liar], "{context}");
                }
                let (results, named) = read(&roster, Asking::Enough).await;
                assert_all_restored(&results, &context);
                assert!(
                    named.iter().all(|site| *site == liar),
                    "{context}: only the liar"
                );
                roster.members()[liar].site.set(Mood::Honest);
            }
        }
    }
}

#[tokio::test]
async fn a_liar_among_k_plus_1_answers_is_corrected_whoever_else_is_lost() {
    for (k, n) in thresholds().filter(|(k, n)| n > k) {
        let roster = roster(k, n, None);
        deal_some(&roster, BUNDLES).await;
        for lost in sets(n, n - k - 1) {
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Down));
            for liar in (0..usize::from(n)).filter(|site| !lost.contains(site)) {
                for lie in LIES.into_iter().filter(|lie| *lie != Mood::Hides) {
                    roster.members()[liar].site.set(lie);
                    let context = format!("({k},{n}) without {lost:?}, site {liar} {lie:?}");
                    let (results, named) = read(&roster, Asking::Enough).await;
                    assert_all_restored(&results, &context);
                    assert!(named.iter().all(|site| *site == liar), "{context}");
                    roster.members()[liar].site.set(Mood::Honest);
                }
            }
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Honest));
        }
    }
}

#[tokio::test]
async fn a_liar_among_exactly_k_answers_is_detected_and_nothing_wrong_is_shown() {
    for (k, n) in thresholds() {
        let roster = roster(k, n, None);
        deal_some(&roster, BUNDLES).await;
        let lost: Vec<usize> = (usize::from(k)..usize::from(n)).collect();
        lost.iter()
            .for_each(|site| roster.members()[*site].site.set(Mood::Down));
        for liar in 0..usize::from(k) {
            roster.members()[liar].site.set(Mood::OneBit);
            let (results, named) = read(&roster, Asking::Enough).await;
            for result in &results {
                assert_eq!(result.bundle.as_ref().err(), Some(&Loss::Contradiction));
            }
            assert!(named.is_empty(), "k answers cannot tell who lies");
            roster.members()[liar].site.set(Mood::Honest);
        }
    }
}

#[tokio::test]
async fn a_lie_about_generations_does_not_change_the_order_of_bundles() {
    let roster = roster(2, 3, None);
    deal_some(&roster, BUNDLES).await;
    roster.members()[2].site.set(Mood::Down);
    for liar in [0, 1] {
        roster.members()[liar].site.set(Mood::WrongGeneration);
        let mut held = survey(&roster, &[subject()], Waiting::ForAll)
            .await
            .unwrap()
            .subjects
            .remove(0);
        let named = settle(&roster, &subject(), &mut held).await;
        let order: Vec<_> = held.iter().map(|held| held.head.sequence).collect();
        assert_eq!(order, [1, 2, 3].map(|count| Sequence::new(1, count)));
        assert!(
            held.iter()
                .all(|held| held.head.generation.0 == 1 && held.holders.len() >= 2)
        );
        assert!(named.culprits.iter().all(|site| *site == liar));
        roster.members()[liar].site.set(Mood::Honest);
    }
}

#[tokio::test]
async fn dispersed_documents_survive_losses_and_liars_as_shared_messages_do() {
    let right = |result: &Restored, number: u8| {
        let verified = result.bundle.as_ref().ok();
        verified.is_some_and(|verified| verified.bytes() == bundle_of(Class::Documents, number))
    };
    for (k, n) in thresholds() {
        let roster = roster(k, n, None);
        deal_some_of(Class::Documents, &roster, BUNDLES).await;
        for spared in 0..2.min(n - k + 1) {
            for lost in sets(n, n - k - spared) {
                for site in &lost {
                    roster.members()[*site].site.set(Mood::Down);
                }
                for liar in (0..usize::from(n)).filter(|site| !lost.contains(site)) {
                    for lie in LIES.into_iter().filter(|lie| *lie != Mood::Hides) {
                        // With exactly k answers there is nothing to correct with.
                        let lie = if spared == 0 { Mood::Honest } else { lie };
                        roster.members()[liar].site.set(lie);
                        let context = format!("({k},{n}) without {lost:?}, site {liar} {lie:?}");
                        let (results, named) = read(&roster, Asking::All).await;
                        for (number, result) in (1..=BUNDLES).zip(&results) {
                            assert!(right(result, number), "{context}: bundle {number}");
                            let grade = result.grade.map(|(randomness, _)| randomness);
                            assert_eq!(grade, Some(RandomnessGrade::Drbg), "{context}");
                            assert_eq!(result.scheme, Some(Scheme::Dispersal), "{context}");
                        }
                        assert!(
                            named.iter().all(|site| *site == liar),
                            "{context}: {named:?}"
                        );
                        roster.members()[liar].site.set(Mood::Honest);
                    }
                }
                for site in &lost {
                    roster.members()[*site].site.set(Mood::Honest);
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_site_that_hangs_costs_a_query_its_grace_and_no_more() {
    let roster = roster(2, 3, None);
    deal_some(&roster, BUNDLES).await;
    roster.members()[1].site.set(Mood::Hangs);
    let grace = Duration::from_secs(1);
    let started = Instant::now();
    let survey = survey(&roster, &[subject()], Waiting::Briefly(grace)).await;
    let survey = survey.unwrap();
    assert_eq!(survey.silent, [(1, SiteError::Late)]);
    let held = survey.subjects.into_iter().flatten();
    let wanted: Vec<_> = held.map(|held| (subject(), held)).collect();
    let results = restore(&roster, &wanted, Asking::AllWithin(grace)).await;
    assert_all_restored(&results, "a hanging site");
    assert!(results.iter().all(|result| result.silent.contains(&1)));
    assert_eq!(
        started.elapsed().as_secs(),
        2,
        "once listing, once fetching"
    );
}

#[tokio::test]
async fn the_grade_is_the_least_that_was_said_and_never_what_a_single_liar_claims() {
    let honest = Some((RandomnessGrade::Drbg, LinkGrade::PqTls));
    for (k, n) in thresholds() {
        let roster = roster(k, n, None);
        deal_some(&roster, BUNDLES).await;
        for lost in sets(n, n - k) {
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Down));
            for liar in (0..usize::from(n)).filter(|site| !lost.contains(site)) {
                for lie in [Mood::BetterLink, Mood::BetterRandomness, Mood::WrongEpoch] {
                    roster.members()[liar].site.set(lie);
                    let context = format!("({k},{n}) without {lost:?}, site {liar} {lie:?}");
                    let (results, named, suspects) = read_and_suspect(&roster, Asking::All).await;
                    assert_all_restored(&results, &context);
                    assert!(results.iter().all(|r| r.grade == honest), "{context}");
                    assert!(
                        named.iter().all(|site| *site == liar),
                        "{context}: {named:?}"
                    );
                    let told = lie == Mood::BetterLink || suspects.contains(&liar);
                    assert!(told || named == [liar], "{context}: nobody is suspected");
                    roster.members()[liar].site.set(Mood::Honest);
                }
            }
            lost.iter()
                .for_each(|site| roster.members()[*site].site.set(Mood::Honest));
        }
    }
}

#[tokio::test]
async fn a_check_tells_whole_from_degraded_and_names_the_site() {
    let roster = roster(2, 3, None);
    deal_some(&roster, BUNDLES).await;
    let (results, _) = read(&roster, Asking::All).await;
    let mut tally = CheckTally::default();
    results.iter().for_each(|result| tally.add(result));
    assert_eq!((tally.whole, tally.degraded, tally.lost), (3, 0, 0));
    assert!(tally.sites.is_empty());

    roster.members()[1].site.lose_everything();
    let (results, _) = read(&roster, Asking::All).await;
    let mut tally = CheckTally::default();
    results.iter().for_each(|result| tally.add(result));
    assert_eq!((tally.whole, tally.degraded, tally.lost), (0, 3, 0));
    assert_eq!(tally.sites[&1].absent, 3);

    roster.members()[0].site.lose_everything();
    let (results, _) = read(&roster, Asking::All).await;
    let mut tally = CheckTally::default();
    results.iter().for_each(|result| tally.add(result));
    assert_eq!((tally.whole, tally.degraded, tally.lost), (0, 0, 3));
}
