//! Real sockets over links that are not there: the same suite for every emulator.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};

use hlincos_testbed::link::{Counters, Transport};
use hlincos_testbed::topology::{LinkId, NodeId};
use hlincos_testbed::{Choice, StartError, Testbed, Topology};

/// Runs a check on both emulators; without the rights for TUN it says so and passes.
///
/// `CI_REQUIRE_TUN=1` insists, for machines that must have them.
fn check(toml: &str, check: impl Fn(&Testbed)) {
    for choice in [Choice::InProcess, Choice::Tun] {
        if let Some(testbed) = start(toml, choice) {
            check(&testbed);
        }
    }
}

fn start(toml: &str, choice: Choice) -> Option<Testbed> {
    let topology = Topology::from_toml(toml).unwrap();
    match Testbed::start(topology, choice, 1) {
        Err(StartError::NoTun(lack)) => {
            assert!(std::env::var_os("CI_REQUIRE_TUN").is_none(), "{lack}");
            eprintln!("not run with TUN: {lack}");
            None
        }
        started => Some(started.unwrap()),
    }
}

fn node(testbed: &Testbed, name: &str) -> NodeId {
    testbed.topology().node(name).unwrap()
}

fn link(testbed: &Testbed, name: &str) -> LinkId {
    testbed.topology().link_named(name).unwrap()
}

fn udp(testbed: &Testbed, at: NodeId) -> UdpSocket {
    let address = (testbed.address(at), 0);
    testbed
        .enter(at, || UdpSocket::bind(address))
        .unwrap()
        .unwrap()
}

fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = [0; 2_048];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    (buffer[..length].to_vec(), from)
}

/// Waits for something that must come; a test that hangs is killed by its runner.
fn until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

/// Sends `sent` from `from` to an echo at `to`, over one connection, and returns what came back.
fn echoed(testbed: &Testbed, [from, to]: [NodeId; 2], sent: &[u8]) -> Vec<u8> {
    let address = (testbed.address(to), 0);
    let listener = testbed
        .enter(to, || TcpListener::bind(address))
        .unwrap()
        .unwrap();
    let service = listener.local_addr().unwrap();
    let met_at = testbed.reach(from, to, service, Transport::Tcp).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            stream.write_all(&all).unwrap();
        });
        let stream = testbed.enter(from, || TcpStream::connect(met_at)).unwrap();
        let mut stream = stream.unwrap();
        stream.write_all(sent).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        all
    })
}

/// Bytes that tell when one is missing or moved.
fn noise(length: usize) -> Vec<u8> {
    let byte = |i: usize| ((i * 31 + i / 257) % 256).try_into().unwrap();
    (0..length).map(byte).collect()
}

fn both(testbed: &Testbed, name: &str, figure: impl Fn(Counters) -> u64) -> [u64; 2] {
    testbed.counters(link(testbed, name)).map(figure)
}

const PAIR: &str = "
nodes = ['here', 'there']
[[link]]
name = 'line'
between = ['here', 'there']
delay_ms = 5
rate_bps = 50e6
queue_bytes = 2000000
";

const TRIANGLE: &str = "
nodes = ['kochi', 'osaka', 'yokohama']
[[link]]
name = 'ground'
between = ['kochi', 'osaka']
delay_ms = 2
[[link]]
name = 'east'
between = ['osaka', 'yokohama']
delay_ms = 2
[[link]]
name = 'satellite'
between = ['kochi', 'yokohama']
delay_ms = 20
";

#[test]
fn a_stream_arrives_whole_and_in_order() {
    check(PAIR, |testbed| {
        let ends = [node(testbed, "here"), node(testbed, "there")];
        let sent = noise(300_000);
        assert!(
            echoed(testbed, ends, &sent) == sent,
            "{}",
            testbed.emulator()
        );
        for direction in testbed.counters(link(testbed, "line")) {
            assert!(direction.delivered_bytes > 300_000);
            assert_eq!(direction.lost + direction.cut + direction.queue_full, 0);
        }
    });
}

#[test]
fn a_stream_survives_loss_and_a_short_queue() {
    let toml = format!("{PAIR}\nloss = 0.05\njitter_ms = 3")
        .replace("queue_bytes = 2000000", "queue_bytes = 20000")
        .replace("rate_bps = 50e6", "rate_bps = 20e6");
    check(&toml, |testbed| {
        let ends = [node(testbed, "here"), node(testbed, "there")];
        let sent = noise(300_000);
        assert!(
            echoed(testbed, ends, &sent) == sent,
            "{}",
            testbed.emulator()
        );
        let lost = both(testbed, "line", |counters| counters.lost);
        assert!(lost[0] > 0 && lost[1] > 0, "{lost:?}");
    });
}

#[test]
fn datagrams_are_carried_one_by_one_and_answered() {
    check(PAIR, |testbed| {
        let [here, there] = [node(testbed, "here"), node(testbed, "there")];
        let (client, service) = (udp(testbed, here), udp(testbed, there));
        let service_at = service.local_addr().unwrap();
        let met_at = testbed
            .reach(here, there, service_at, Transport::Udp)
            .unwrap();
        for number in 0_u8..20 {
            client.send_to(&[number; 1_000], met_at).unwrap();
        }
        for number in 0_u8..20 {
            let (datagram, from) = receive(&service);
            assert_eq!(datagram, [number; 1_000]);
            service.send_to(&[number; 10], from).unwrap();
        }
        for number in 0_u8..20 {
            assert_eq!(receive(&client).0, [number; 10]);
        }
        // An IPv4 header and one of UDP each: 28 bytes.
        assert_eq!(both(testbed, "line", |c| c.delivered), [20, 20]);
        assert_eq!(
            both(testbed, "line", |c| c.delivered_bytes),
            [20 * 1_028, 20 * 38]
        );
    });
}

#[test]
fn what_is_sent_over_a_cut_link_is_gone_and_what_comes_after_is_not() {
    check(PAIR, |testbed| {
        let [here, there] = [node(testbed, "here"), node(testbed, "there")];
        let (client, service) = (udp(testbed, here), udp(testbed, there));
        let service_at = service.local_addr().unwrap();
        let met_at = testbed
            .reach(here, there, service_at, Transport::Udp)
            .unwrap();
        let line = link(testbed, "line");
        testbed.cut(line);
        client.send_to(b"during", met_at).unwrap();
        until(|| testbed.counters(line)[0].cut == 1);
        testbed.restore(line);
        client.send_to(b"after", met_at).unwrap();
        assert_eq!(receive(&service).0, b"after");
        assert_eq!(testbed.counters(line)[0].delivered, 1);
    });
}

#[test]
fn a_stream_waits_out_an_outage() {
    check(PAIR, |testbed| {
        let [here, there] = [node(testbed, "here"), node(testbed, "there")];
        let line = link(testbed, "line");
        testbed.cut(line);
        std::thread::scope(|scope| {
            let sent = noise(10_000);
            let echo = scope.spawn(move || (echoed(testbed, [here, there], &sent), sent));
            // The first packet has met the cut; TCP tries again.
            until(|| testbed.counters(line)[0].cut > 0);
            testbed.restore(line);
            let (came, sent) = echo.join().unwrap();
            assert!(came == sent, "{}", testbed.emulator());
        });
    });
}

#[test]
fn traffic_goes_over_the_satellite_once_the_ground_is_cut() {
    check(TRIANGLE, |testbed| {
        let ends = [node(testbed, "kochi"), node(testbed, "osaka")];
        // Late acknowledgements of the echo before may still come; its payload may not.
        let carries = |name: &str| {
            let bytes = |c: Counters| c.delivered_bytes;
            let before = both(testbed, name, bytes);
            let sent = noise(5_000);
            assert!(echoed(testbed, ends, &sent) == sent);
            let after = both(testbed, name, bytes);
            [0, 1].map(|direction| after[direction] - before[direction] > 5_000)
        };
        let ground = link(testbed, "ground");
        assert_eq!(carries("ground"), [true; 2]);
        assert_eq!(both(testbed, "satellite", |c| c.offered), [0, 0]);
        testbed.cut(ground);
        testbed.reroute().unwrap();
        assert_eq!(carries("ground"), [false; 2]);
        assert_eq!(carries("satellite"), [true; 2]);
        assert_eq!(carries("east"), [true; 2]);
        testbed.restore(ground);
        testbed.reroute().unwrap();
        assert_eq!(carries("satellite"), [false; 2]);
        assert_eq!(carries("ground"), [true; 2]);
    });
}

#[test]
fn a_connection_survives_a_change_of_its_route() {
    check(TRIANGLE, |testbed| {
        let [kochi, osaka] = [node(testbed, "kochi"), node(testbed, "osaka")];
        let address = (testbed.address(osaka), 0);
        let listener = testbed.enter(osaka, || TcpListener::bind(address));
        let listener = listener.unwrap().unwrap();
        let service = listener.local_addr().unwrap();
        let met_at = testbed
            .reach(kochi, osaka, service, Transport::Tcp)
            .unwrap();
        let client = testbed.enter(kochi, || TcpStream::connect(met_at)).unwrap();
        let mut client = client.unwrap();
        let (mut served, _) = listener.accept().unwrap();
        let mut buffer = [0; 6];
        client.write_all(b"before").unwrap();
        served.read_exact(&mut buffer).unwrap();
        testbed.cut(link(testbed, "ground"));
        testbed.reroute().unwrap();
        client.write_all(b"around").unwrap();
        served.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"around");
        assert!(testbed.counters(link(testbed, "satellite"))[0].delivered > 0);
    });
}

#[test]
fn a_program_lives_in_the_network_of_its_place() {
    let Some(testbed) = start(TRIANGLE, Choice::Tun) else {
        return;
    };
    let osaka = node(&testbed, "osaka");
    let mut command = Command::new("ip");
    command.args(["-o", "addr"]).stdout(Stdio::piped());
    let child = testbed.spawn(osaka, &mut command).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    let shown = String::from_utf8(output).unwrap();
    assert!(
        shown.contains(&format!("{}/32", testbed.address(osaka))),
        "{shown}"
    );
    for (device, is_there) in [("ground", true), ("east", true), ("satellite", false)] {
        let mut command = Command::new("ip");
        command.args(["link", "show", device]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let status = testbed.spawn(osaka, &mut command).unwrap().wait().unwrap();
        assert_eq!(status.success(), is_there, "{device}");
    }
}

#[test]
fn namespaces_and_the_programs_in_them_leave_with_the_testbed() {
    let Some(testbed) = start(PAIR, Choice::Tun) else {
        return;
    };
    let here = node(&testbed, "here");
    let name = testbed.namespace(here).unwrap().to_owned();
    assert!(names().contains(&name));
    let mut sleeper = testbed
        .spawn(here, Command::new("sleep").arg("1000"))
        .unwrap();
    drop(testbed);
    assert!(!sleeper.wait().unwrap().success());
    assert!(!names().contains(&name));
}

#[test]
fn what_a_killed_process_left_is_removed_by_the_next() {
    if let Some(lack) = Testbed::without_tun() {
        assert!(std::env::var_os("CI_REQUIRE_TUN").is_none(), "{lack}");
        return eprintln!("not run with TUN: {lack}");
    }
    // Another process makes the network and is killed before it can clean up.
    let mut owner = Command::new(std::env::current_exe().unwrap());
    owner.args([
        "--exact",
        "links::stays_until_it_is_killed",
        "--ignored",
        "--nocapture",
    ]);
    owner.env(STAY, "1").stdout(Stdio::piped());
    let mut owner = owner.spawn().unwrap();
    let pid = owner.id();
    let of_owner = || {
        names()
            .into_iter()
            .filter(|name| name.starts_with(&format!("hlincos-{pid}-")))
    };
    until(|| of_owner().count() == 2);
    owner.kill().unwrap();
    owner.wait().unwrap();
    // A third one sweeps, unless somebody else on this machine already did.
    let sweeper = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "links::namespaces_and_the_programs_in_them_leave_with_the_testbed",
        ])
        .output()
        .unwrap();
    assert!(sweeper.status.success());
    assert_eq!(of_owner().count(), 0);
}

#[test]
#[ignore = "part of what_a_killed_process_left_is_removed_by_the_next"]
fn stays_until_it_is_killed() {
    let _testbed = start(PAIR, Choice::Tun);
    // Whoever runs ignored tests does not mean this one.
    while std::env::var_os(STAY).is_some() {
        std::thread::park();
    }
}

const STAY: &str = "HLINCOS_TEST_STAYS_UNTIL_KILLED";

fn names() -> Vec<String> {
    let entries = std::fs::read_dir("/run/netns")
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}
