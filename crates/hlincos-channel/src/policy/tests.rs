//! Which class gets which level, from a full stock to none.

use super::*;

const MIB: u64 = 1 << 20;

/// Everything is at hand, and the demand of a day is 10 MiB.
fn full() -> Stock {
    Stock {
        pad_bytes: 100 * MIB,
        qkd_bytes: 40 * MIB,
        qkd_key: false,
        emergency_bytes_per_second: 10.0 * 1_048_576.0 / 86_400.0,
        psk: true,
        hybrid: true,
        pq_tls: false,
    }
}

fn levels(stock: &Stock) -> [Option<Level>; 3] {
    Class::ALL.map(|class| Policy::default().choose(class, stock).ok())
}

#[test]
fn as_stock_falls_bulk_falls_first_and_control_last() {
    use Level::{Hybrid, Otp, Psk, Qkd};
    let mut stock = full();
    assert_eq!(levels(&stock), [Some(Otp), Some(Otp), Some(Qkd)]);

    stock.pad_bytes = 5 * MIB;
    stock.qkd_bytes = 2 * MIB;
    assert_eq!(Policy::default().state(&stock), StockState::Yellow);
    assert_eq!(levels(&stock), [Some(Otp), Some(Otp), Some(Qkd)]);

    stock.pad_bytes = MIB;
    stock.qkd_bytes = MIB;
    assert_eq!(Policy::default().state(&stock), StockState::Red);
    assert_eq!(levels(&stock), [Some(Psk), Some(Otp), Some(Psk)]);

    stock.pad_bytes = 0;
    stock.qkd_bytes = 0;
    assert_eq!(Policy::default().state(&stock), StockState::Empty);
    assert_eq!(levels(&stock), [Some(Psk); 3]);

    stock.psk = false;
    assert_eq!(levels(&stock), [Some(Hybrid); 3]);

    stock.hybrid = false;
    assert_eq!(levels(&stock), [None; 3]);
    // TLS is below the minimum of all.
    stock.pq_tls = true;
    assert_eq!(levels(&stock), [None; 3]);
}

#[test]
fn an_epoch_key_serves_until_its_frames_are_used_whatever_the_stock() {
    let stock = Stock {
        pad_bytes: 0,
        qkd_bytes: 0,
        qkd_key: true,
        ..full()
    };
    let level = Policy::default().choose(Class::Bulk, &stock);
    assert_eq!(level, Ok(Level::Qkd));
}

#[test]
fn no_class_gets_less_than_its_minimum_or_more_than_it_prefers() {
    for preferred in Level::FALLING {
        for minimum in Level::FALLING.into_iter().filter(|it| *it <= preferred) {
            let class = ClassPolicy { preferred, minimum };
            let policy = Policy {
                emergency: class,
                control: class,
                bulk: class,
                ..Policy::default()
            };
            for has in 0..32_u64 {
                let bit = |at: u64| has >> at & 1;
                let stock = Stock {
                    pad_bytes: (bit(0) + bit(1)) * 50 * MIB,
                    qkd_bytes: bit(1) * 50 * MIB,
                    psk: bit(2) == 1,
                    hybrid: bit(3) == 1,
                    pq_tls: bit(4) == 1,
                    ..full()
                };
                for class in Class::ALL {
                    match policy.choose(class, &stock) {
                        Ok(level) => assert!((minimum..=preferred).contains(&level)),
                        Err(refusal) => assert_eq!(refusal.minimum, minimum),
                    }
                }
            }
        }
    }
}

#[test]
fn a_class_that_wants_only_one_time_pad_is_refused_with_the_reason() {
    let class = ClassPolicy {
        preferred: Level::Otp,
        minimum: Level::Otp,
    };
    let policy = Policy {
        emergency: class,
        ..Policy::default()
    };
    let stock = Stock {
        pad_bytes: MIB,
        ..full()
    };
    let refusal = policy.choose(Class::Emergency, &stock).unwrap_err();
    assert_eq!(refusal.state, StockState::Red);
    assert_eq!(
        refusal.to_string(),
        "emergency data needs at least the level otp, and no pad beyond the reserve is left; \
         bring pad or wait for keys"
    );
}

#[test]
fn a_policy_is_read_from_its_configuration() {
    let policy: Policy = toml::from_str(
        r#"
        reserve_bytes = 4096
        emergency = { preferred = "otp", minimum = "otp" }
        bulk = { preferred = "psk", minimum = "pq-tls" }
        "#,
    )
    .unwrap();
    assert_eq!(policy.reserve_bytes, 4_096);
    assert_eq!(policy.emergency.minimum, Level::Otp);
    assert_eq!(policy.bulk.minimum, Level::PqTls);
    assert_eq!(policy.control, Policy::default().control);
    assert!(toml::from_str::<Policy>("emergncy = 1").is_err());
    assert!(toml::from_str::<Policy>("bulk = { preferred = \"otp\" }").is_err());
}
