//! `hlincos drill topology`.

use anyhow::Context;
use hlincos_testbed::link::Counters;
use hlincos_testbed::{Choice, Testbed};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::signal::unix::{SignalKind, signal};

use super::Places;
use crate::output::{Outcome, harmless, print};

/// Keep a topology up until Ctrl-C, to try things by hand.
///
/// Needs root: each place is a network namespace, in which any program runs by `ip netns exec`.
/// Lines on standard input act on the links: `cut LINK`, `restore LINK`, `reroute` (lead traffic
/// around what is cut), `counters`. What is in the namespaces when it ends is ended too.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    places: Places,
}

const EXAMPLES: &str = "\
Examples:
  hlincos drill topology
  hlincos drill topology --topology mine.toml --json    prints the names, then waits";

/// A topology that is up.
#[derive(Serialize)]
struct Up {
    title: String,
    emulator: &'static str,
    places: Vec<Place>,
    links: Vec<String>,
}

#[derive(Serialize)]
struct Place {
    name: String,
    namespace: String,
    address: String,
}

pub(super) async fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let topology = args.places.read()?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be caught")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be caught")?;
    let testbed = Testbed::start(topology, Choice::Tun, args.places.seed)?;
    print(json, &up(&testbed), text);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut listening = true;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            line = lines.next_line(), if listening => match line {
                Ok(Some(line)) => eprintln!("{}", harmless(&act(&testbed, line.trim()))),
                // Whoever gives no input ends it by a signal.
                Ok(None) | Err(_) => listening = false,
            },
        }
    }
    drop(testbed);
    Ok(Outcome::Done)
}

fn up(testbed: &Testbed) -> Up {
    let topology = testbed.topology();
    let place = |node| Place {
        name: topology.node_name(node).to_owned(),
        namespace: testbed.namespace(node).unwrap_or_default().to_owned(),
        address: testbed.address(node).to_string(),
    };
    Up {
        title: topology.title.clone(),
        emulator: testbed.emulator(),
        places: topology.nodes().map(place).collect(),
        links: topology
            .links()
            .map(|id| topology.link(id).name.clone())
            .collect(),
    }
}

fn text(up: &Up) -> String {
    let mut text = String::new();
    if !up.title.is_empty() {
        text.push_str(&format!("{}\n\n", up.title));
    }
    for place in &up.places {
        text.push_str(&format!(
            "{:<16}{:<16}ip netns exec {} sh\n",
            place.name, place.address, place.namespace
        ));
    }
    text.push_str(&format!(
        "\nlinks: {}\ncut LINK, restore LINK, reroute, counters; Ctrl-C takes all down\n",
        up.links.join(", ")
    ));
    text
}

/// Does what a line asks for; says what became of it.
fn act(testbed: &Testbed, line: &str) -> String {
    let mut words = line.split_whitespace();
    let (verb, name) = (words.next().unwrap_or_default(), words.next());
    let link = name.and_then(|name| testbed.topology().link_named(name));
    match (verb, link) {
        ("cut", Some(link)) => {
            testbed.cut(link);
            format!(
                "{} is cut; `reroute` leads around it",
                name.unwrap_or_default()
            )
        }
        ("restore", Some(link)) => {
            testbed.restore(link);
            format!("{} is back", name.unwrap_or_default())
        }
        ("cut" | "restore", None) => format!("{verb} which link?"),
        ("reroute", _) => match testbed.reroute() {
            Ok(()) => "traffic takes the quickest ways over what is up".to_owned(),
            Err(error) => error.to_string(),
        },
        ("counters", _) => counters(testbed),
        _ => "cut LINK, restore LINK, reroute or counters".to_owned(),
    }
}

fn counters(testbed: &Testbed) -> String {
    let topology = testbed.topology();
    let line = |name: &str, way: &str, one: Counters| {
        format!(
            "{name:<16}{way:<6}{:>10} offered{:>10} delivered{:>8} queue full{:>8} lost{:>8} cut",
            one.offered, one.delivered, one.queue_full, one.lost, one.cut
        )
    };
    let lines = topology.links().flat_map(|id| {
        let [up, down] = testbed.counters(id);
        let name = &topology.link(id).name;
        [line(name, "up", up), line(name, "down", down)]
    });
    lines.collect::<Vec<String>>().join("\n")
}
