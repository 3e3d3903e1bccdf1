//! What goes in at one end comes out at the other, at the level that policy and stock give.

use hlincos_channel::{
    ChannelError, Class, ClassPolicy, ClientHello, Direction, End, Erase, Event, Greeting,
    HelloError, KeyId, Level, LinkBlock, Manifest, ManifestError, Policy, QkdKey, Source, accept,
};
use zeroize::Zeroizing;

use crate::ends::{Ends, Kind, Site, noise, setup};

fn kind(preferred: Level, minimum: Level, couriered_blocks: u64) -> Kind {
    let class = ClassPolicy { preferred, minimum };
    Kind {
        policy: Policy {
            emergency: class,
            control: class,
            bulk: class,
            reserve_bytes: 0,
            ..Policy::default()
        },
        block_bytes: 4_096,
        couriered_blocks,
        slices: 8,
    }
}

#[test]
fn bytes_go_both_ways_at_every_level_that_a_couriered_pad_gives() {
    for level in [Level::Otp, Level::Psk, Level::Hybrid] {
        for client in [End::A, End::B] {
            let mut ends = Ends::new(kind(level, level, 64));
            ends.hello(client, Class::Emergency).unwrap();
            let (question, answer) = (noise(1, 10_000), noise(2, 70_000));
            ends.send(client, &question).unwrap();
            ends.send(client.other(), &answer).unwrap();
            let (client, server) = ends.pair(client);
            assert!(server.read == question && client.read == answer, "{level}");
            let sent = client.connection.as_mut().unwrap().take_lowest_sent();
            assert_eq!(sent, Some(level));
            let received = client.connection.as_mut().unwrap().take_lowest_received();
            assert_eq!(received, Some(level));
        }
    }
}

#[test]
fn the_first_request_needs_one_round_trip_before_it() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Otp, 4));
    ends.hello(End::A, Class::Emergency).unwrap();
    // The client's proof and its request go together, and the server's answer comes at once.
    ends.a.write(b"question").unwrap();
    ends.a.settle().unwrap();
    assert_eq!(ends.a.write(b"question").unwrap(), 8);
    let flight = ends.a.output();
    ends.b.receive(&flight).unwrap();
    assert_eq!(ends.b.read, b"question");
    let taken = ends.b.write(b"answer").unwrap();
    ends.b.settle().unwrap();
    assert_eq!(taken + ends.b.write(b"answer").unwrap(), 6);
    let flight = ends.b.output();
    ends.a.receive(&flight).unwrap();
    assert_eq!(ends.a.read, b"answer");
}

#[test]
fn a_server_sends_nothing_to_who_has_not_proved_that_it_is_there() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Otp, 4));
    ends.hello(End::A, Class::Emergency).unwrap();
    assert_eq!(ends.b.write(b"secret").unwrap(), 0);
    assert!(ends.b.output().is_empty());
    assert!(!ends.b.connection.as_ref().unwrap().is_open());
}

#[test]
fn pad_runs_out_and_the_level_falls_to_the_minimum_and_no_further() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Hybrid, 3));
    ends.hello(End::A, Class::Emergency).unwrap();
    ends.send(End::A, &noise(3, 40_000)).unwrap();
    assert_eq!(ends.b.read, noise(3, 40_000));
    let levels: Vec<Level> = ends
        .a
        .events
        .iter()
        .filter_map(|event| match event {
            Event::LevelChanged { to, .. } => Some(*to),
            _ => None,
        })
        .collect();
    assert_eq!(levels, [Level::Otp, Level::Psk]);

    let mut ends = Ends::new(kind(Level::Otp, Level::Otp, 3));
    ends.hello(End::A, Class::Emergency).unwrap();
    let refused = ends.send(End::A, &noise(3, 40_000)).unwrap_err();
    let ChannelError::Refused(refusal) = refused else {
        panic!("{refused}");
    };
    assert_eq!(refusal.minimum, Level::Otp);
    assert!(ends.b.read.len() > 11_000, "{}", ends.b.read.len());
    assert!(noise(3, 40_000).starts_with(&ends.b.read));
    assert_eq!(
        ends.a.link.stock_bytes(Source::Couriered, Direction::AToB),
        0
    );
    // What comes next is refused at the hello already.
    let refused = ends.hello(End::A, Class::Emergency).unwrap_err();
    assert!(matches!(refused, HelloError::Refused(_)), "{refused}");
}

#[test]
fn both_ends_say_that_they_are_done_and_a_cut_is_told() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Otp, 8));
    ends.hello(End::A, Class::Emergency).unwrap();
    ends.send(End::A, b"all").unwrap();
    let now_ms = 0;
    let a = ends.a.connection.as_mut().unwrap();
    a.close(&mut ends.a.link, now_ms);
    assert_eq!(ends.a.write(b"more"), Err(ChannelError::Closed));
    ends.carry().unwrap();
    let b = ends.b.connection.as_mut().unwrap();
    assert!(b.peer_closed());
    assert_eq!(b.receive_end(), Ok(()));
    assert!(ends.b.events.contains(&Event::PeerClosed));
    // The other direction is still open, and then cut.
    ends.send(End::B, b"answer").unwrap();
    assert_eq!(ends.a.read, b"answer");
    let a = ends.a.connection.as_mut().unwrap();
    assert_eq!(a.receive_end(), Err(ChannelError::Truncated));
}

#[test]
fn the_stricter_minimum_of_both_ends_holds_and_a_frame_below_it_is_refused() {
    // A would put up with the ratchet, B would not.
    let lax = kind(Level::Otp, Level::Hybrid, 3);
    let strict = kind(Level::Otp, Level::Otp, 3);
    let mut ends = Ends::new(lax);
    ends.b = Site::new(End::B, strict);
    ends.hello(End::A, Class::Emergency).unwrap();
    let refused = ends.send(End::A, &noise(3, 40_000)).unwrap_err();
    assert!(matches!(refused, ChannelError::Refused(_)), "{refused}");
}

#[test]
fn when_pad_comes_back_the_level_rises_again() {
    let mut ends = Ends::new(Kind {
        slices: 8,
        ..kind(Level::Otp, Level::Psk, 0)
    });
    let key = || Some(qkd_key("of-this-hello"));
    ends.hello_with(End::A, Class::Emergency, key(), key())
        .unwrap();
    ends.send(End::A, b"by ratchet").unwrap();
    feed(&mut ends, End::A, 2);
    ends.send(End::A, b"by pad").unwrap();
    assert_eq!(ends.b.read, b"by ratchetby pad");
    let levels = levels_told(&ends.a);
    assert_eq!(levels, [Level::Psk, Level::Otp]);
}

#[test]
fn qkd_keys_become_pad_at_both_ends_and_both_levels_use_it() {
    for level in [Level::Otp, Level::Qkd] {
        let mut ends = Ends::new(kind(Level::Hybrid, Level::Hybrid, 0));
        let key = || Some(qkd_key("k1"));
        ends.hello_with(End::A, Class::Control, key(), key())
            .unwrap();
        ends.carry().unwrap();
        for end in [End::A, End::B] {
            feed(&mut ends, end, 3);
        }
        let stock = |site: &Site, direction| site.link.stock_bytes(Source::Qkd, direction);
        for direction in [Direction::AToB, Direction::BToA] {
            assert_eq!(stock(&ends.a, direction), 3 * 4_096);
            assert_eq!(stock(&ends.b, direction), 3 * 4_096);
        }
        let class = ClassPolicy {
            preferred: level,
            minimum: level,
        };
        for site in [&mut ends.a, &mut ends.b] {
            site.link.set_policy(Policy {
                emergency: class,
                reserve_bytes: 0,
                ..Policy::default()
            });
        }
        ends.hello_with(End::B, Class::Emergency, key(), key())
            .unwrap();
        ends.send(End::B, &noise(5, 6_000)).unwrap();
        ends.send(End::A, &noise(6, 6_000)).unwrap();
        assert!(ends.a.read == noise(5, 6_000) && ends.b.read == noise(6, 6_000));
        let counts = *ends.a.link.counters().of(Direction::AToB);
        assert_eq!(counts.contents[level as usize - 1], 6_000);
        if level == Level::Qkd {
            assert_eq!((counts.payload, counts.tags), (0, 32), "one epoch key");
        }
    }
}

#[test]
fn a_key_that_is_lost_kills_only_its_block() {
    let mut ends = Ends::new(kind(Level::Hybrid, Level::Hybrid, 0));
    let key = || Some(qkd_key("k1"));
    ends.hello_with(End::A, Class::Control, key(), key())
        .unwrap();
    ends.carry().unwrap();
    // Not collected; collected short; collected with another key; then a good one.
    for fault in 0..3 {
        let (manifest, keys) = offer(&mut ends, End::A);
        ends.carry().unwrap();
        assert_eq!(collect_event(&mut ends.b), manifest);
        let number = manifest.number;
        let b = ends.b.connection.as_mut().unwrap();
        let mut wrong = keys;
        match fault {
            0 => b.lost(&mut ends.b.link, number, 0),
            1 => {
                wrong[0].pop();
                let refused = b.collected(&mut ends.b.link, &manifest, &wrong, 0);
                assert_eq!(refused, Err(ManifestError::Length));
            }
            _ => {
                wrong[1][7] ^= 1;
                b.collected(&mut ends.b.link, &manifest, &wrong, 0).unwrap();
            }
        }
        ends.carry().unwrap();
        assert!(ends.a.events.contains(&Event::BlockLost(number)));
        assert_eq!(ends.a.link.stock_bytes(Source::Qkd, Direction::AToB), 0);
    }
    feed(&mut ends, End::A, 1);
    assert_eq!(ends.a.link.stock_bytes(Source::Qkd, Direction::AToB), 4_096);
}

#[test]
fn a_key_manager_that_gives_a_key_twice_is_found_out_at_both_ends() {
    let mut ends = Ends::new(kind(Level::Hybrid, Level::Hybrid, 0));
    let key = || Some(qkd_key("k1"));
    ends.hello_with(End::A, Class::Control, key(), key())
        .unwrap();
    ends.carry().unwrap();
    let (mut manifest, keys) = offer(&mut ends, End::A);
    manifest.number += 1;
    let a = ends.a.connection.as_mut().unwrap();
    let again = a.offer(&mut ends.a.link, &manifest, &keys, 0);
    assert_eq!(again, Err(ManifestError::Repeated));
    manifest.key_ids[1] = manifest.key_ids[0].clone();
    let twice = a.offer(&mut ends.a.link, &manifest, &keys, 0);
    assert_eq!(twice, Err(ManifestError::Repeated));
}

#[test]
fn an_end_that_lost_its_qkd_stock_with_its_memory_goes_on_with_new_blocks() {
    for lost in [End::A, End::B] {
        let mut ends = Ends::new(kind(Level::Otp, Level::Hybrid, 0));
        let key = || Some(qkd_key("k1"));
        ends.hello_with(End::A, Class::Emergency, key(), key())
            .unwrap();
        ends.carry().unwrap();
        feed(&mut ends, End::A, 3);
        ends.send(End::A, &noise(1, 3_000)).unwrap();
        ends.pair(lost).0.restart().unwrap();
        // The block of the hello may be one that the other end no longer has.
        if ends
            .hello_with(End::A, Class::Emergency, key(), key())
            .is_err()
        {
            ends.hello_with(End::A, Class::Emergency, key(), key())
                .unwrap();
        }
        ends.carry().unwrap();
        assert_eq!(ends.a.link.stock_bytes(Source::Qkd, Direction::AToB), 0);
        feed(&mut ends, End::A, 2);
        ends.b.read.clear();
        ends.send(End::A, &noise(2, 3_000)).unwrap();
        assert!(ends.b.read == noise(2, 3_000), "{lost:?}");
        assert_eq!(ends.a.link.alarms() + ends.b.link.alarms(), 0);
    }
}

#[test]
fn hellos_of_three_classes_at_once_use_different_blocks_and_raise_no_alarm() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Otp, 16));
    let mut greetings = Vec::new();
    for class in Class::ALL {
        let greeting = Greeting::begin(&mut ends.a.link, class, [class as u8; 32], None, 0);
        greetings.push(ends.a.persist(greeting.unwrap()));
    }
    // They arrive in the opposite order.
    let mut answers = Vec::new();
    for greeting in greetings.iter().rev() {
        let (hello, _) = ClientHello::read(greeting.bytes()).unwrap().unwrap();
        let answered = accept(&mut ends.b.link, &hello, [9; 32], None, 0).unwrap();
        answers.push(ends.b.persist(answered).output().to_vec());
    }
    let mut generations = Vec::new();
    for (greeting, answer) in greetings.iter_mut().zip(answers.iter().rev()) {
        let (connection, _) = greeting
            .finish(&mut ends.a.link, answer, 0)
            .unwrap()
            .unwrap();
        generations.push(ends.a.persist(connection).generation());
    }
    generations.sort();
    generations.dedup();
    assert_eq!(generations.len(), 3);
    assert_eq!(ends.a.link.alarms() + ends.b.link.alarms(), 0);
    assert!(ends.a.link.take_alarm().is_none() && ends.b.link.take_alarm().is_none());
}

#[test]
fn a_hello_that_is_said_again_and_again_costs_no_pad_and_no_slice() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Hybrid, 16));
    let greeting = Greeting::begin(&mut ends.a.link, Class::Bulk, [1; 32], None, 0).unwrap();
    let greeting = ends.a.persist(greeting);
    let (hello, _) = ClientHello::read(greeting.bytes()).unwrap().unwrap();
    let stock = |site: &Site| site.link.stock(0).pad_bytes;
    let mut say = |nonce: u8| {
        let answered = accept(&mut ends.b.link, &hello, [nonce; 32], None, 0).unwrap();
        ends.b.persist(answered).end(&mut ends.b.link, 0);
        let erased = std::iter::from_fn(|| ends.b.link.take_erase()).count();
        (stock(&ends.b), erased)
    };
    // What the first one was granted is claimed; the replays get nothing.
    let (before, _) = say(0);
    for nonce in 1..20 {
        assert_eq!(say(nonce), (before, 0));
    }
}

#[test]
fn slices_are_erased_as_channels_use_them_and_channels_go_on_after_restarts() {
    let mut ends = Ends::new(kind(Level::Psk, Level::Psk, 16));
    for (count, client) in [End::A, End::A, End::B, End::A].into_iter().enumerate() {
        ends.hello(client, Class::Bulk).unwrap();
        let text = noise(count as u64, 5_000);
        ends.send(client, &text).unwrap();
        let (client, server) = ends.pair(client);
        assert!(server.read == text, "channel {count}");
        for site in [client, server] {
            let erased = std::iter::from_fn(|| site.link.take_erase());
            let slices = erased.filter(|erase| matches!(erase, Erase::Slices { .. }));
            assert!(slices.count() > 0, "channel {count}");
            site.restart().unwrap();
            site.read.clear();
        }
    }
    // Three channels were served by B, one by A; the fifth of eight slices is next.
    for _ in 0..5 {
        ends.hello(End::A, Class::Bulk).unwrap();
        ends.send(End::A, b"x").unwrap();
    }
    let refused = ends.hello(End::A, Class::Bulk).unwrap_err();
    assert!(matches!(refused, HelloError::Refused(_)), "{refused}");
}

#[test]
fn a_ledger_that_cannot_be_written_stops_everything() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Otp, 16));
    drop(Greeting::begin(&mut ends.a.link, Class::Bulk, [1; 32], None, 0).unwrap());
    let again = Greeting::begin(&mut ends.a.link, Class::Bulk, [2; 32], None, 0);
    assert!(matches!(again, Err(HelloError::NotPersisted(_))));
}

#[test]
fn a_party_with_another_pad_is_not_believed() {
    let mut ends = Ends::new(kind(Level::Otp, Level::Otp, 4));
    let other = Kind {
        slices: 9,
        ..kind(Level::Otp, Level::Otp, 4)
    };
    let mut setup = setup(End::B, other);
    setup.control = Some(LinkBlock::new(&[8; 128]).unwrap().control);
    let (link, first) = hlincos_channel::Link::create(setup);
    ends.b.link = link;
    ends.b.persist(first);
    assert_eq!(ends.hello(End::A, Class::Bulk), Err(HelloError::Mac));
}

// --- Helpers: the QKD feed ---

fn qkd_key(id: &str) -> QkdKey {
    QkdKey {
        id: KeyId::new(id).unwrap(),
        key: Zeroizing::new(noise(77, 32)),
    }
}

fn levels_told(site: &Site) -> Vec<Level> {
    let told = site.events.iter().filter_map(|event| match event {
        Event::LevelChanged { to, .. } => Some(*to),
        _ => None,
    });
    told.collect()
}

/// Offers the next block of an end: four keys of 1 KiB.
fn offer(ends: &mut Ends, from: End) -> (Manifest, Vec<Zeroizing<Vec<u8>>>) {
    let site = ends.pair(from).0;
    let connection = site.connection.as_mut().unwrap();
    let number = connection.next_offer(&site.link);
    site.offers += 1;
    let seed = u64::from(site.offers) * 10 + from as u64;
    let ids = (0..4).map(|at| KeyId::new(&format!("key-{seed}-{at}")).unwrap());
    let manifest = Manifest {
        number,
        key_bytes: 1_024,
        key_ids: ids.collect(),
    };
    let keys: Vec<_> = (0..4)
        .map(|at| Zeroizing::new(noise(seed * 100 + at, 1_024)))
        .collect();
    let offered = connection.offer(&mut site.link, &manifest, &keys, 0);
    offered.unwrap();
    (manifest, keys)
}

fn collect_event(site: &mut Site) -> Manifest {
    let at = site
        .events
        .iter()
        .position(|event| matches!(event, Event::Collect(_)))
        .unwrap();
    match site.events.remove(at) {
        Event::Collect(manifest) => manifest,
        _ => unreachable!(),
    }
}

fn feed(ends: &mut Ends, from: End, blocks: usize) {
    for _ in 0..blocks {
        let (manifest, keys) = offer(ends, from);
        ends.carry().unwrap();
        let (site, other) = ends.pair(from);
        assert_eq!(collect_event(other), manifest);
        let connection = other.connection.as_mut().unwrap();
        connection
            .collected(&mut other.link, &manifest, &keys, 0)
            .unwrap();
        let number = manifest.number;
        let _ = site;
        ends.carry().unwrap();
        let site = ends.pair(from).0;
        assert!(site.events.contains(&Event::Appended(number)));
    }
}
