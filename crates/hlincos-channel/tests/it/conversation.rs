//! What goes in at one end comes out at the other, at the level that policy and stock give.

use hlincos_channel::{
    ChannelError, Class, ClassPolicy, Direction, End, Event, HelloError, Level, Policy, Source,
};

use crate::ends::{Ends, Kind, noise};

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
