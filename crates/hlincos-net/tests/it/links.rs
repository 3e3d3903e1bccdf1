//! HTTP over channels of a link: one-time pad, ratchet, hybrid, QKD.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hlincos_channel::{Class, ClassPolicy, End, KeyId, Level, LinkNumber, Policy, QkdKey};
use hlincos_net::link::{
    Folder, FrameAccept, FrameDial, KeySupply, LinkConfig, LinkEnd, PadNote, feed,
};
use hlincos_net::{Call, CallError, Carried, Client, Listener, Peer, TlsDial};
use hlincos_pki::Role;
use hlincos_record::share_object::LinkGrade;
use hlincos_tls::{client_config, server_config, server_name};
use zeroize::Zeroizing;

use crate::authority::{authority, credential, identity};

const BLOCK_BYTES: usize = 4 << 10;

/// Numbers that both halves have, and nobody else needs.
fn numbers(seed: u64, len: usize) -> Zeroizing<Vec<u8>> {
    let mut state = seed | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u8
    };
    Zeroizing::new((0..len).map(|_| next()).collect())
}

/// Imports one half of a pad of so many blocks in each direction.
fn import(folder: &Path, end: End, blocks: u64) {
    let note = PadNote {
        pad: format!("{:032x}", 7),
        end,
        peer: "other".into(),
        block_bytes: BLOCK_BYTES,
        a_to_b: blocks,
        b_to_a: blocks,
        physical: true,
    };
    let mut block = |direction, number| {
        let seed = number * 2 + direction as u64 + 100;
        Ok::<_, io::Error>(numbers(seed, BLOCK_BYTES))
    };
    Folder::import(folder, &note, &numbers(3, BLOCK_BYTES), &mut block).unwrap();
}

fn policy(preferred: Level, minimum: Level) -> Policy {
    let class = ClassPolicy { preferred, minimum };
    Policy {
        emergency: class,
        control: class,
        bulk: class,
        reserve_bytes: 0,
        ..Policy::default()
    }
}

fn config(folder: &Path, end: End, at: &str, policy: Policy) -> LinkConfig {
    LinkConfig {
        at: at.into(),
        number: LinkNumber::new(5).unwrap(),
        end,
        folder: folder.into(),
        policy,
        stock_bytes: 256 << 10,
    }
}

/// A server behind a TLS door and a door for frames, and a client of it over a link.
struct Pair {
    client: Client,
    ends: [Arc<LinkEnd>; 2],
}

/// Answers every body with itself, and what carried it in front.
async fn echo(
    axum::Extension(Peer(peer)): axum::Extension<Peer>,
    axum::Extension(Carried(grade)): axum::Extension<Carried>,
    body: Bytes,
) -> Vec<u8> {
    assert_eq!(peer.role, Role::Gateway);
    let mut answer = vec![grade as u8];
    answer.extend_from_slice(&body);
    answer
}

async fn pair(dir: &Path, policy: Policy, supply: Option<[Arc<dyn KeySupply>; 2]>) -> Pair {
    let ours = authority();
    let site = identity(Role::Shareholder, "osaka");
    let gateway = identity(Role::Gateway, "gateway");
    let tls = server_config(&credential(&ours, &site, &ours.0)).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let mut listener = Listener::bind(any, tls).await.unwrap();
    let [supply_a, supply_b] = match supply {
        Some([a, b]) => [Some(a), Some(b)],
        None => [None, None],
    };
    let b = config(&dir.join("b"), End::B, "", policy);
    let b = LinkEnd::open(b, supply_b).unwrap();
    let frames = FrameAccept::new(vec![(b.clone(), gateway.clone())]);
    let at = listener.open(any, Arc::new(frames)).await.unwrap();
    let address = listener.address().to_string();
    let router = Router::new()
        .route("/echo", post(echo))
        .layer(axum::extract::DefaultBodyLimit::max(16 << 20));
    tokio::spawn(listener.serve(router, std::future::pending()));
    let a = config(&dir.join("a"), End::A, &at.to_string(), policy);
    let a = LinkEnd::open(a, supply_a).unwrap();
    let name = server_name(&site);
    let tls = client_config(&credential(&ours, &gateway, &ours.0)).unwrap();
    let tls = TlsDial::new(address, name.clone(), tls);
    let dial = FrameDial::new(a.clone(), Class::Bulk, tls);
    Pair {
        client: Client::over(name, Arc::new(dial)),
        ends: [a, b],
    }
}

fn couriered(dir: &Path, blocks: u64) {
    for (name, end) in [("a", End::A), ("b", End::B)] {
        let folder = dir.join(name);
        import(&folder, end, blocks);
        LinkEnd::begin(&config(&folder, end, "", Policy::default())).unwrap();
    }
}

fn call(body: Bytes, over: Option<LinkGrade>) -> Call<'static> {
    Call {
        path: "/echo",
        body: Some(body),
        content_type: "application/octet-stream",
        timeout: Duration::from_secs(30),
        answer_bytes_max: 16 << 20,
        over,
    }
}

/// Calls, and tells which grade the server saw.
async fn ask(pair: &Pair, len: usize) -> Result<LinkGrade, CallError> {
    let body = Bytes::from(numbers(9, len).to_vec());
    let answer = pair.client.call(call(body.clone(), None)).await?;
    assert_eq!(answer[1..], body[..], "what came back is what was sent");
    Ok(LinkGrade::try_from(answer[0]).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_level_carries_long_requests_and_both_ends_know_it() {
    for (level, grade) in [
        (Level::Hybrid, LinkGrade::Hybrid),
        (Level::Psk, LinkGrade::PreShared),
        (Level::Otp, LinkGrade::OneTimePad),
    ] {
        let dir = tempfile::tempdir().unwrap();
        couriered(dir.path(), 2_048);
        let pair = pair(dir.path(), policy(level, level), None).await;
        for len in [0, 1, 20_000, 3 << 20] {
            assert_eq!(ask(&pair, len).await.unwrap(), grade);
        }
        assert_eq!(pair.client.grade().await.unwrap(), grade);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_pad_runs_out_the_next_call_falls_to_the_minimum_and_no_further() {
    let dir = tempfile::tempdir().unwrap();
    couriered(dir.path(), 64);
    let pair = pair(dir.path(), policy(Level::Otp, Level::Psk), None).await;
    assert_eq!(ask(&pair, 20_000).await.unwrap(), LinkGrade::OneTimePad);
    let mut seen = Vec::new();
    for _ in 0..40 {
        // A call that is under way when the pad ends breaks; nobody falls back in its middle.
        match ask(&pair, 60_000).await {
            Ok(grade) => seen.push(grade),
            Err(error) => assert!(!matches!(error, CallError::TimedOut(_)), "{error}"),
        }
    }
    assert!(seen.is_sorted_by(|a, b| a >= b), "{seen:?}");
    assert_eq!(seen.last(), Some(&LinkGrade::PreShared));
    let regraded = pair
        .client
        .call(call(Bytes::new(), Some(LinkGrade::OneTimePad)))
        .await;
    assert!(matches!(regraded, Err(CallError::Regraded)), "{regraded:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn below_the_minimum_nothing_is_sent_and_the_reason_is_told() {
    let dir = tempfile::tempdir().unwrap();
    couriered(dir.path(), 16);
    let pair = pair(dir.path(), policy(Level::Otp, Level::Otp), None).await;
    let mut last = None;
    for _ in 0..20 {
        last = ask(&pair, 16_000).await.err();
    }
    let last = last.unwrap();
    assert!(matches!(&last, CallError::BelowPolicy(_)), "{last:?}");
    assert!(
        last.to_string().contains("needs at least the level otp"),
        "{last}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spent_pad_is_gone_from_disk_and_stays_spent_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    couriered(dir.path(), 512);
    let before = fs::read(dir.path().join("a/a-to-b")).unwrap();
    {
        let pair = pair(dir.path(), policy(Level::Otp, Level::Otp), None).await;
        ask(&pair, 200_000).await.unwrap();
    }
    let after = fs::read(dir.path().join("a/a-to-b")).unwrap();
    let spent = before.chunks(BLOCK_BYTES).zip(after.chunks(BLOCK_BYTES));
    let spent = spent.filter(|(old, new)| old != new && new.iter().all(|byte| *byte == 0));
    assert!(spent.count() >= 200_000 / BLOCK_BYTES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_missing_or_damaged_is_never_guessed() {
    let dir = tempfile::tempdir().unwrap();
    couriered(dir.path(), 64);
    let folder = dir.path().join("a");
    let config = config(&folder, End::A, "", Policy::default());
    let ledger = fs::read(folder.join("ledger")).unwrap();
    fs::remove_file(folder.join("ledger")).unwrap();
    let error = LinkEnd::open(config.clone(), None).err().unwrap();
    assert!(
        error.to_string().contains("the ledger is missing"),
        "{error}"
    );
    fs::write(folder.join("ledger"), vec![0xA5; ledger.len()]).unwrap();
    let error = LinkEnd::open(config.clone(), None).err().unwrap();
    assert!(
        error.to_string().contains("the ledger is damaged"),
        "{error}"
    );
    fs::write(folder.join("ledger"), &ledger).unwrap();
    let held = LinkEnd::open(config.clone(), None).unwrap();
    let error = LinkEnd::open(config.clone(), None).err().unwrap();
    assert!(error.to_string().contains("another process"), "{error}");
    drop(held);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let error = LinkEnd::open(config, None).err().unwrap();
    assert!(error.to_string().contains("others may read"), "{error}");
}

/// Two key managers in one: what one end is given, the other can ask for once.
#[derive(Default)]
struct Keys {
    next: AtomicU64,
    given: Mutex<HashMap<String, Zeroizing<Vec<u8>>>>,
    dry: std::sync::atomic::AtomicBool,
}

impl Keys {
    fn give(&self) -> io::Result<QkdKey> {
        if self.dry.load(Ordering::SeqCst) {
            return Err(io::Error::other("no keys"));
        }
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let id = format!("{number:08x}-0000-4000-8000-000000000000");
        let key = numbers(number + 1_000, 32);
        self.given.lock().unwrap().insert(id.clone(), key.clone());
        Ok(QkdKey {
            id: KeyId::new(&id).unwrap(),
            key,
        })
    }
}

struct Manager(Arc<Keys>);

impl KeySupply for Manager {
    fn fresh(&self, bytes: usize) -> BoxFuture<'_, io::Result<Vec<QkdKey>>> {
        Box::pin(async move {
            let keys = bytes.div_ceil(32);
            (0..keys).map(|_| self.0.give()).collect()
        })
    }

    fn hello_key(&self) -> BoxFuture<'_, io::Result<QkdKey>> {
        Box::pin(async { self.0.give() })
    }

    fn named(&self, ids: Vec<KeyId>, _: u32) -> BoxFuture<'_, io::Result<Vec<Zeroizing<Vec<u8>>>>> {
        Box::pin(async move {
            let mut given = self.0.given.lock().unwrap();
            let take = |id: &KeyId| {
                given
                    .remove(id.as_str())
                    .ok_or(io::ErrorKind::NotFound.into())
            };
            ids.iter().map(take).collect()
        })
    }

    fn is_physical(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_of_qkd_alone_fills_its_stock_and_goes_from_hybrid_to_pad() {
    let dir = tempfile::tempdir().unwrap();
    let keys = Arc::new(Keys::default());
    let manager = || Arc::new(Manager(keys.clone())) as Arc<dyn KeySupply>;
    let supply = Some([manager(), manager()]);
    let pair = pair(dir.path(), policy(Level::Otp, Level::Hybrid), supply).await;
    assert_eq!(ask(&pair, 1_000).await.unwrap(), LinkGrade::Hybrid);
    let feeding = tokio::spawn(feed(pair.ends[0].clone()));
    let full = |end: &Arc<LinkEnd>| end.status().sends.stock_qkd_bytes >= 256 << 10;
    while !pair.ends.iter().all(full) {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&pair, 30_000).await.unwrap(), LinkGrade::OneTimePad);
    // The key managers run dry and the pad runs out: back to the minimum, and nothing is lost.
    keys.dry.store(true, Ordering::SeqCst);
    let mut last = LinkGrade::OneTimePad;
    for _ in 0..40 {
        if let Ok(grade) = ask(&pair, 60_000).await {
            last = grade;
        }
    }
    assert_eq!(last, LinkGrade::Hybrid);
    keys.dry.store(false, Ordering::SeqCst);
    while !pair.ends.iter().all(full) {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&pair, 1_000).await.unwrap(), LinkGrade::OneTimePad);
    feeding.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_whose_disk_was_rolled_back_is_told_and_spends_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    couriered(dir.path(), 512);
    let old = fs::read(dir.path().join("a/ledger")).unwrap();
    let old_pad = fs::read(dir.path().join("a/a-to-b")).unwrap();
    {
        let pair = pair(dir.path(), policy(Level::Otp, Level::Otp), None).await;
        ask(&pair, 100_000).await.unwrap();
        // The other end stays; this one comes back from an old image of its disk.
        let spent = pair.ends[1].status().receives.stock_bytes;
        let at = pair.ends[0].config().at.clone();
        drop(pair.client);
        let copy = dir.path().join("copy");
        import(&copy, End::A, 512);
        fs::write(copy.join("ledger"), &old).unwrap();
        fs::write(copy.join("a-to-b"), &old_pad).unwrap();
        let config = config(&copy, End::A, &at, policy(Level::Otp, Level::Otp));
        let back = LinkEnd::open(config, None).unwrap();
        let ours = authority();
        let name = server_name(&identity(Role::Shareholder, "osaka"));
        let gateway = identity(Role::Gateway, "gateway");
        let tls = client_config(&credential(&ours, &gateway, &ours.0)).unwrap();
        let tls = TlsDial::new(at, name.clone(), tls);
        let dial = FrameDial::new(back.clone(), Class::Bulk, tls);
        let client = Client::over(name, Arc::new(dial));
        let body = Bytes::from(vec![1; 1_000]);
        client.call(call(body, None)).await.unwrap();
        let alarms = back.status().alarms;
        assert!(
            alarms.iter().any(|alarm| alarm.contains("rolled back")),
            "{alarms:?}"
        );
        assert!(pair.ends[1].status().receives.stock_bytes < spent);
    }
}
