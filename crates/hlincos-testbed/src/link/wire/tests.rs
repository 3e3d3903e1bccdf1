use std::num::NonZeroU64;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use proptest::prelude::*;

use super::*;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn rate(bps: u64) -> Option<NonZeroU64> {
    NonZeroU64::new(bps)
}

/// Everything that arrives, with its due time.
fn drain<P>(wire: &mut Wire<P>) -> Vec<(Duration, P)> {
    let mut out = Vec::new();
    while let Some(due) = wire.next_due() {
        if let Some(packet) = wire.take_due(due) {
            out.push((due, packet));
        }
    }
    out
}

#[test]
fn a_packet_takes_its_transmission_time_and_the_delay() {
    // 1,500 bytes at 2 Mb/s are 6 ms.
    let mut wire = Wire::new(WireSettings {
        delay: ms(280),
        rate_bps: rate(2_000_000),
        ..WireSettings::default()
    });
    assert_eq!(wire.offer(ms(1), 'a', 1_500, &mut rng(1)), Verdict::Sent);
    assert_eq!(wire.next_due(), Some(ms(287)));
    assert_eq!(wire.take_due(ms(287) - Duration::from_nanos(1)), None);
    assert_eq!(wire.take_due(ms(290)), Some('a'));
    assert_eq!(wire.counters().late_max, ms(3));
}

#[test]
fn a_full_queue_drops_the_newcomer() {
    let mut wire = Wire::new(WireSettings {
        rate_bps: rate(8_000),
        queue_bytes: 3_000,
        ..WireSettings::default()
    });
    let mut dice = rng(1);
    // A second for each; the first leaves at once and still counts while it leaves.
    let verdicts = [0, 1, 2, 3].map(|number| wire.offer(ms(0), number, 1_000, &mut dice));
    assert_eq!(verdicts[..3], [Verdict::Sent; 3]);
    assert_eq!(verdicts[3], Verdict::QueueFull);
    // After a second there is room for one.
    assert_eq!(wire.offer(ms(999), 4, 1_000, &mut dice), Verdict::QueueFull);
    assert_eq!(wire.offer(ms(1_000), 5, 1_000, &mut dice), Verdict::Sent);
    let arrived: Vec<i32> = drain(&mut wire).into_iter().map(|(_, n)| n).collect();
    assert_eq!(arrived, [0, 1, 2, 5]);
    assert_eq!(wire.counters().queue_full, 2);
}

#[test]
fn a_known_outage_takes_what_leaves_in_it() {
    let mut wire = Wire::new(WireSettings {
        delay: ms(280),
        outages: vec![Outage {
            from: ms(10),
            until: ms(20),
        }],
        ..WireSettings::default()
    });
    let mut dice = rng(1);
    for at in [9, 10, 19, 20] {
        wire.offer(ms(at), at, 100, &mut dice);
    }
    let arrived: Vec<u64> = drain(&mut wire).into_iter().map(|(_, n)| n).collect();
    assert_eq!(arrived, [9, 20]);
    assert_eq!(wire.counters().cut, 2);
}

#[test]
fn a_cut_takes_what_waits_and_spares_what_is_in_the_air() {
    let mut wire = Wire::new(WireSettings {
        delay: ms(280),
        rate_bps: rate(8_000),
        ..WireSettings::default()
    });
    let mut dice = rng(1);
    wire.offer(ms(0), "in the air at the cut", 1_000, &mut dice);
    wire.offer(ms(0), "waiting at the cut", 1_000, &mut dice);
    wire.cut(ms(1_500));
    wire.cut(ms(1_600));
    assert!(wire.is_cut());
    wire.restore(ms(2_500));
    assert!(!wire.is_cut());
    wire.offer(ms(2_600), "after it", 1_000, &mut dice);
    let arrived: Vec<&str> = drain(&mut wire).into_iter().map(|(_, n)| n).collect();
    assert_eq!(arrived, ["in the air at the cut", "after it"]);
    assert_eq!(wire.counters().cut, 1);
}

#[test]
fn outages_that_are_over_are_forgotten() {
    let mut wire = Wire::new(WireSettings::default());
    for at in 0..1_000 {
        wire.cut(ms(2 * at));
        wire.offer(ms(2 * at), at, 100, &mut rng(1));
        assert_eq!(wire.take_due(ms(2 * at)), None);
        wire.restore(ms(2 * at + 1));
        assert!(wire.outages.is_empty());
    }
    assert_eq!(wire.counters().cut, 1_000);
}

#[test]
fn a_link_without_rate_holds_no_more_than_its_bound() {
    let mut wire = Wire::new(WireSettings {
        delay: ms(1),
        ..WireSettings::default()
    });
    let half = usize::try_from(IN_FLIGHT_BYTES_MAX / 2).unwrap();
    let verdicts = [(); 3].map(|()| wire.offer(ms(0), (), half, &mut rng(1)));
    assert_eq!(verdicts, [Verdict::Sent, Verdict::Sent, Verdict::QueueFull]);
}

#[test]
fn loss_is_a_probability() {
    assert_eq!(Loss::new(-0.1), None);
    assert_eq!(Loss::new(1.1), None);
    assert_eq!(Loss::new(f64::NAN), None);
    assert_eq!(Loss::new(0.25).map(Loss::probability), Some(0.25));
    let all = Loss::new(1.0).unwrap();
    assert!(all.strikes(0) && all.strikes(u64::MAX));
    assert!(!Loss::NONE.strikes(0));
}

#[test]
fn one_packet_in_a_hundred_is_lost_and_the_same_ones_again() {
    let lost = |seed| {
        let mut wire = Wire::new(WireSettings {
            loss: Loss::new(0.01).unwrap(),
            ..WireSettings::default()
        });
        let mut dice = rng(seed);
        let numbers = 0..20_000;
        { numbers }
            .filter(|_| wire.offer(ms(0), (), 100, &mut dice) == Verdict::Lost)
            .collect::<Vec<u32>>()
    };
    // Expected 200, standard deviation 14: five of them each way.
    assert!((130..270).contains(&lost(1).len()), "{}", lost(1).len());
    assert_eq!(lost(1), lost(1));
    assert_ne!(lost(1), lost(2));
}

proptest! {
    /// However long it is busy, no fraction of a nanosecond is lost or made.
    #[test]
    fn a_busy_serialiser_is_exact(
        bps in 1_000_u64..10_000_000_000,
        sizes in prop::collection::vec(1_usize..9_000, 1..200),
    ) {
        let settings = WireSettings { rate_bps: rate(bps), ..WireSettings::default() };
        let mut wire = Wire::new(settings);
        let mut bytes = 0_u128;
        for size in sizes {
            wire.offer(ms(0), (), size, &mut rng(1));
            bytes += size as u128;
            let exact = bytes * 8 * NANOS_PER_S / u128::from(bps);
            prop_assert_eq!(u128::from(wire.last_due), exact);
        }
    }

    /// Jitter stretches within its bounds, nobody overtakes, and the sums agree.
    #[test]
    fn order_is_kept_and_every_packet_is_accounted_for(
        jitter in 0_u64..50,
        bps in 10_000_u64..1_000_000,
        queue in 1_500_u64..20_000,
        loss in 0.0..0.5,
        gaps in prop::collection::vec((0_u64..40, 40_usize..1_500), 1..200),
        seed: u64,
    ) {
        let mut wire = Wire::new(WireSettings {
            delay: ms(20),
            jitter: ms(jitter),
            rate_bps: rate(bps),
            loss: Loss::new(loss).unwrap(),
            queue_bytes: queue,
            outages: vec![Outage { from: ms(500), until: ms(700) }],
        });
        let mut dice = rng(seed);
        let mut now = Duration::ZERO;
        for (number, (gap, size)) in gaps.iter().enumerate() {
            now += ms(*gap);
            wire.offer(now, number, *size, &mut dice);
            prop_assert!(wire.backlog_bytes(nanos(now)) <= queue);
        }
        for one in &wire.in_flight {
            prop_assert!(one.due >= one.sent + nanos(ms(20)));
        }
        let arrived = drain(&mut wire);
        prop_assert!(arrived.is_sorted_by(|a, b| a.0 <= b.0 && a.1 < b.1));
        let counters = wire.counters();
        prop_assert_eq!(counters.offered, gaps.len() as u64);
        prop_assert_eq!(counters.delivered, arrived.len() as u64);
        let gone = counters.queue_full + counters.lost + counters.cut;
        prop_assert_eq!(counters.offered, counters.delivered + gone);
        prop_assert_eq!(wire.in_flight_bytes, 0);
    }
}
