use super::*;

fn refused(text: &str) -> String {
    Topology::from_toml(text).unwrap_err().to_string()
}

fn pair(link: &str) -> String {
    format!("nodes = ['a', 'b']\n[[link]]\nname = 'x'\nbetween = ['a', 'b']\n{link}")
}

#[test]
fn the_experiment_of_2019_reads() {
    let topology = Topology::of_2019();
    let satellite = topology.link(topology.link_named("satellite").unwrap());
    assert_eq!(topology.node_name(satellite.near), "kochi");
    assert_eq!(topology.node_name(satellite.far), "yokohama");
    assert_eq!(satellite.round_trip(), Duration::from_millis(560));
    assert_eq!(satellite.up.rate_bps.unwrap().get(), 512_000);
    assert_eq!(satellite.down.rate_bps.unwrap().get(), 2_000_000);
    // 800 km of fibre one way, from Kochi to Koganei: 4 ms.
    let ends = ["kochi", "koganei"].map(|name| topology.node(name).unwrap());
    let way = topology.routes(|_| true).way(ends[0], ends[1]).unwrap();
    let delays = way.iter().map(|hop| topology.link(hop.link).up.delay);
    assert_eq!(delays.sum::<Duration>().as_micros(), 4_002);
}

#[test]
fn without_its_ground_link_kochi_is_reached_over_the_satellite() {
    let topology = Topology::of_2019();
    let [kochi, nagoya] = ["kochi", "nagoya"].map(|name| topology.node(name).unwrap());
    let satellite = topology.link_named("satellite").unwrap();
    let ground = topology.link_named("kochi-osaka").unwrap();
    let first = |usable: &dyn Fn(LinkId) -> bool| {
        topology
            .routes(usable)
            .next(kochi, nagoya)
            .map(|hop| hop.link)
    };
    assert_eq!(first(&|_| true), Some(ground));
    assert_eq!(first(&|link| link != ground), Some(satellite));
    assert_eq!(first(&|link| link != ground && link != satellite), None);
    let at_kochi: Vec<LinkId> = topology.links_of(kochi).collect();
    assert_eq!(at_kochi, [satellite, ground]);
}

#[test]
fn every_way_leads_to_its_goal_by_delays_that_add_up() {
    let topology = Topology::of_2019();
    let routes = topology.routes(|_| true);
    for from in topology.nodes() {
        for to in topology.nodes() {
            let way = routes.way(from, to).unwrap();
            assert!(way.len() < topology.nodes().count());
            assert_eq!(way.last().map_or(from, |hop| hop.to), to);
        }
    }
}

#[test]
fn one_direction_may_differ() {
    let text = pair("delay_ms = 5\nloss = 0.1\nup = { delay_ms = 7, rate_bps = 1e6 }");
    let topology = Topology::from_toml(&text).unwrap();
    let link = topology.link(LinkId(0));
    assert_eq!(link.up.delay, Duration::from_millis(7));
    assert_eq!(link.down.delay, Duration::from_millis(5));
    assert_eq!(link.down.rate_bps, None);
    assert_eq!(link.up.loss, link.down.loss);
}

#[test]
fn a_single_link_stands_alone() {
    let topology = Topology::of_2019();
    let alone = topology.only(topology.link_named("tokyo-koganei").unwrap());
    let names: Vec<&str> = alone.nodes().map(|node| alone.node_name(node)).collect();
    assert_eq!(names, ["otemachi", "koganei"]);
    assert_eq!(alone.links().count(), 1);
}

#[test]
fn what_no_link_can_be_is_refused_by_its_key() {
    let wrong = [
        ("delay_ms = -1", "delay_ms must be"),
        ("delay_ms = nan", "delay_ms must be"),
        ("rtt_ms = 1e9", "rtt_ms must be"),
        ("km = inf", "km must be"),
        ("km = 1\nrtt_ms = 1", "absent where rtt_ms"),
        ("loss = 1.5", "loss must be"),
        ("rate_bps = 1", "rate_bps must be"),
        ("queue_bytes = 100", "queue_bytes must be"),
        ("outages_s = [[1, -1]]", "outages_s must be"),
        ("dealy_ms = 1", "unknown field"),
    ];
    for (key, says) in wrong {
        let text = refused(&pair(key));
        assert!(text.contains(says), "{key}: {text}");
    }
}

#[test]
fn names_and_ends_must_be_real() {
    for name in ["Kochi", "a b", "", "a-name-of-16-let", "lo", "../x", "b"] {
        let text = format!("nodes = ['{name}', 'b']\n[[link]]\nname = 'x'\nbetween = ['b', 'b']");
        assert!(refused(&text).contains("is no name"), "{name}");
    }
    let lost = "nodes = ['a', 'b']\n[[link]]\nname = 'x'\nbetween = ['a', 'c']";
    assert!(refused(lost).contains("two different places"));
    let ring = "nodes = ['a', 'b']\n[[link]]\nname = 'x'\nbetween = ['a', 'a']";
    assert!(refused(ring).contains("two different places"));
    let apart = "nodes = ['a', 'b', 'c']\n[[link]]\nname = 'x'\nbetween = ['a', 'b']";
    assert!(refused(apart).contains("no way leads from"));
    let many: Vec<String> = (0..65).map(|number| format!("'n{number}'")).collect();
    assert!(refused(&format!("nodes = [{}]", many.join(","))).contains("2 to 64"));
}

#[test]
fn the_kernel_gets_no_words_of_a_file_unchecked() {
    for tcp in [
        "congestion = 'cubic dev lo'",
        "congestion = ''",
        "initial_window = 0",
    ] {
        let text = format!("[tcp]\n{tcp}\n");
        let text = refused(&format!("{}\n{text}", pair("")));
        assert!(text.starts_with("tcp."), "{text}");
    }
}
