//! `hlincos suites --check`: all twelve, on this machine, now.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hlincos_pki::{
    Certificate, EphemeralSigner, HcRole, Identity, KeyPair, Party, Role, SignatureAlgorithm,
    Verifier, issue, make_root,
};
use hlincos_tls::{
    Credential, Exchange, LivePolicy, Policy, Suite, client_config, server_config, server_name,
};
use serde::Serialize;

use super::handshake::{Ends, Taken};
use super::now;
use crate::output::{Outcome, print, with_causes};

const DAY: Duration = Duration::from_secs(86_400);
/// A geostationary satellite's round trip.
const ROUND_TRIP_MS: u32 = 560;
const CALLER_ROLE: &str = "Medical Doctor";

/// Processor time of both ends that a suite may take.
const fn mark_ms(exchange: Exchange) -> f64 {
    match exchange {
        Exchange::X25519MlKem768 => 5.0,
        Exchange::X25519MlKem768Ctidh512 => 250.0,
    }
}

#[derive(Serialize)]
struct Report {
    round_trip_ms: u32,
    runs: u32,
    suites: Vec<Row>,
}

/// One suite; times are medians. Bytes are those of the handshake over TCP, without the request.
#[derive(Serialize)]
struct Row {
    root: String,
    exchange: String,
    signature: String,
    ok: bool,
    wall_ms: f64,
    cpu_ms: f64,
    bytes_up: u64,
    bytes_down: u64,
    chain_bytes: usize,
    /// From the first packet to the first byte of an answer, over QUIC.
    round_trips: u32,
    /// The same over TCP.
    round_trips_tcp: u32,
    /// The caller's role and healthcare roles, from its verified certificate.
    role: String,
    hc_roles: Vec<String>,
    within_mark: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn run(runs: u32, json: bool) -> anyhow::Result<Outcome> {
    let mut suites = Vec::new();
    let mut authority: Option<Authority> = None;
    for suite in Suite::TWELVE {
        let of_root = authority.take().filter(|one| one.algorithm == suite.root);
        let of_root = match of_root {
            Some(one) => one,
            None => Authority::new(suite.root)?,
        };
        suites.push(row(&of_root, suite, runs));
        authority = Some(of_root);
    }
    let report = Report {
        round_trip_ms: ROUND_TRIP_MS,
        runs,
        suites,
    };
    print(json, &report, text);
    if let Some(row) = report.suites.iter().find(|row| !row.ok) {
        anyhow::bail!(
            "{} {} {} does not connect: {}",
            row.root,
            row.exchange,
            row.signature,
            row.error.as_deref().unwrap_or_default()
        );
    }
    let slow = report.suites.iter().any(|row| !row.within_mark);
    Ok(if slow {
        Outcome::Attention
    } else {
        Outcome::Done
    })
}

fn row(authority: &Authority, suite: Suite, runs: u32) -> Row {
    let mut row = Row {
        root: suite.root.to_string(),
        exchange: suite.exchange.to_string(),
        signature: suite.signature.to_string(),
        ok: false,
        wall_ms: 0.0,
        cpu_ms: 0.0,
        bytes_up: 0,
        bytes_down: 0,
        chain_bytes: 0,
        round_trips: 0,
        round_trips_tcp: 0,
        role: String::new(),
        hc_roles: Vec::new(),
        within_mark: false,
        error: None,
    };
    match measure(authority, suite, runs) {
        Err(error) => row.error = Some(with_causes(&error)),
        Ok((taken, chain_bytes)) => {
            let last = &taken[taken.len() - 1];
            let flights = last.flights;
            let roles = last.caller.roles().iter().map(ToString::to_string);
            row.hc_roles = roles.collect();
            row.role = last.caller.identity().role.to_string();
            row.ok = row.hc_roles == [CALLER_ROLE];
            row.wall_ms = median_ms(taken.iter().map(|one| one.wall));
            row.cpu_ms = median_ms(taken.iter().map(|one| one.cpu));
            row.within_mark = row.cpu_ms <= mark_ms(suite.exchange);
            row.bytes_up = flights.hello + flights.client;
            row.bytes_down = flights.server;
            row.chain_bytes = chain_bytes;
            row.round_trips = flights.over_quic();
            row.round_trips_tcp = flights.over_tcp();
        }
    }
    row
}

/// The handshakes of a suite, and the bytes of the server's certificates.
fn measure(authority: &Authority, suite: Suite, runs: u32) -> anyhow::Result<(Vec<Taken>, usize)> {
    let gateway = identity(Role::Gateway, "gateway");
    let server = authority.credential(suite, &gateway, &[])?;
    let doctor: HcRole = CALLER_ROLE.parse()?;
    let client = authority.credential(suite, &identity(Role::Clinician, "doctor"), &[doctor])?;
    let ends = Ends {
        server: server_config(&server)?,
        client: client_config(&client)?,
        name: server_name(&gateway),
        verifier: Verifier::new(&[authority.root.to_der()?.into()])?,
    };
    let taken = (0..runs).map(|_| ends.connect(now()));
    Ok((taken.collect::<anyhow::Result<_>>()?, server.chain_bytes()))
}

/// A root that lives as long as the check.
struct Authority {
    algorithm: SignatureAlgorithm,
    root: Certificate,
    key: EphemeralSigner,
}

impl Authority {
    fn new(algorithm: SignatureAlgorithm) -> anyhow::Result<Self> {
        let key = EphemeralSigner::generate(algorithm)?;
        Ok(Self {
            algorithm,
            root: make_root("check", &key, now(), DAY)?,
            key,
        })
    }

    fn credential(
        &self,
        suite: Suite,
        who: &Identity,
        roles: &[HcRole],
    ) -> anyhow::Result<Credential> {
        let key = KeyPair::generate(suite.signature)?;
        let party = Party::new(who.clone(), &key).with_roles(roles, None)?;
        let certificate = issue(&self.root, &self.key, &party, now(), DAY)?;
        let credential = Credential::from_pem(
            certificate.to_pem()?.as_bytes(),
            key.to_pkcs8_pem()?.as_bytes(),
            self.root.to_pem()?.as_bytes(),
        );
        let policy = LivePolicy::fixed(Policy::of(Suite::TWELVE));
        Ok(credential
            .map_err(anyhow::Error::msg)?
            .with_exchange(suite.exchange)
            .with_policy(Arc::new(policy)))
    }
}

fn identity(role: Role, name: &str) -> Identity {
    let name = name.parse().expect("names written here are names");
    Identity { role, name }
}

fn median_ms(times: impl Iterator<Item = Duration>) -> f64 {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    let median = times[times.len() / 2].as_secs_f64() * 1_000.0;
    (median * 100.0).round() / 100.0
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{:4} {:23} {:10} {:>8} {:>8} {:>6} {:>6} {:>6} {:>5} {:>4} {:>8}  {}\n",
        "root",
        "exchange",
        "signature",
        "CPU ms",
        "wall ms",
        "up B",
        "down B",
        "chain",
        "QUIC",
        "TCP",
        "at 560",
        "caller"
    );
    for row in &report.suites {
        let wait = f64::from(row.round_trips * report.round_trip_ms) + row.cpu_ms;
        let _ = writeln!(
            text,
            "{:4} {:23} {:10} {:8.2} {:8.2} {:6} {:6} {:6} {:5} {:4} {:6.2} s  {} {}{}",
            row.root,
            row.exchange,
            row.signature,
            row.cpu_ms,
            row.wall_ms,
            row.bytes_up,
            row.bytes_down,
            row.chain_bytes,
            row.round_trips,
            row.round_trips_tcp,
            wait / 1_000.0,
            row.role,
            row.hc_roles.join(", "),
            row.error
                .as_deref()
                .map(|why| format!(" {why}"))
                .unwrap_or_default()
                + if row.ok && !row.within_mark {
                    " OVER ITS MARK"
                } else {
                    ""
                },
        );
    }
    let _ = writeln!(
        text,
        "\nmedians of {} handshakes; CPU: both ends' threads. QUIC, TCP: round trips from the first \
         packet to an answer,\ncounted from the bytes of the flights (first window of TCP, three \
         times the caller's bytes of QUIC); at 560: QUIC over {} ms.",
        report.runs, report.round_trip_ms
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_of_few_bytes_takes_two_round_trips_and_tells_the_callers_role() {
        let authority = Authority::new(SignatureAlgorithm::Hss).unwrap();
        let row = row(&authority, Suite::SATELLITE, 1);
        assert_eq!((row.ok, row.error), (true, None));
        assert_eq!(
            (row.role.as_str(), row.hc_roles),
            ("clinician", vec![CALLER_ROLE.to_owned()])
        );
        assert_eq!((row.round_trips, row.round_trips_tcp), (2, 3));
        assert!(row.bytes_down <= 7_200, "{}", row.bytes_down);
    }
}
