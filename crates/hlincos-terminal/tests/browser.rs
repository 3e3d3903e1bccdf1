//! The page in a real browser, and what the server refuses.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use hlincos_ssmix::summary::{Summary, summarise};
use hlincos_terminal::{Provenance, Viewer, page};

fn composed() -> Summary {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.push((name.into_bytes(), fs::read(&path).unwrap()));
            }
        }
    }
    summarise(&files)
}

fn provenance() -> Provenance {
    Provenance {
        sites: vec!["nagoya".into(), "otemachi".into()],
        silent: vec!["osaka".into()],
        randomness: "DRBG".into(),
        link: "TLS 1.3 X25519MLKEM768 ML-DSA-65".into(),
        generation: 1,
        read_ms: 12,
        ..Provenance::default()
    }
}

/// Starts a viewer on a runtime that outlives the test's body, and gives its address.
fn serve(runtime: &tokio::runtime::Runtime) -> String {
    let viewer = runtime
        .block_on(Viewer::start(page(&composed(), &provenance())))
        .unwrap();
    let url = viewer.url();
    runtime.spawn(viewer.serve_until(std::future::pending()));
    url
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// One plain HTTP request; gives the whole answer.
fn ask(address: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn split(url: &str) -> (String, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap();
    (address.to_owned(), format!("/{path}"))
}

#[test]
fn a_token_opens_the_page_once_and_only_with_the_cookie_it_was_exchanged_for() {
    let runtime = runtime();
    let (address, path) = split(&serve(&runtime));
    let host = format!("Host: {address}\r\n");
    assert!(
        ask(&address, "/patient", &host).starts_with("HTTP/1.1 404"),
        "no cookie, no page"
    );
    let wrong = format!("{}0", &path[..path.len() - 1]);
    if wrong != path {
        assert!(ask(&address, &wrong, &host).starts_with("HTTP/1.1 404"));
    }
    let first = ask(&address, &path, &host);
    assert!(first.starts_with("HTTP/1.1 303"), "{first}");
    let cookie = first
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    assert!(
        ask(&address, &path, &host).starts_with("HTTP/1.1 404"),
        "the token is spent"
    );
    let with = format!(
        "{host}Cookie: a=b; {}\r\n",
        cookie.split(';').next().unwrap()
    );
    let page = ask(&address, "/patient", &with);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("ペニシリン"));
    let headers = page.split("\r\n\r\n").next().unwrap().to_lowercase();
    for header in [
        "default-src 'none'",
        "no-store",
        "nosniff",
        "no-referrer",
        "frame-ancestors 'none'",
    ] {
        assert!(headers.contains(header), "{header}");
    }
}

#[test]
fn another_host_name_is_refused_whatever_it_asks() {
    let runtime = runtime();
    let (address, path) = split(&serve(&runtime));
    assert!(address.starts_with("127.0.0.1:"), "loopback only");
    for headers in [
        "Host: evil.example\r\n",
        "Host: 127.0.0.1\r\n",
        "Host: \r\n",
    ] {
        assert!(
            ask(&address, &path, headers).starts_with("HTTP/1.1 421"),
            "{headers}"
        );
    }
}

fn chromium() -> Option<&'static str> {
    let found = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ]
    .into_iter()
    .find(|path| Path::new(path).exists());
    if found.is_none() {
        assert!(
            std::env::var_os("CI_REQUIRE_BROWSER").is_none(),
            "a browser is required here"
        );
        eprintln!("no chromium here; the page was not tried in a browser");
    }
    found
}

/// Opens the address in a headless browser of its own, with more arguments.
fn browse(program: &str, url: &str, more: &[&str]) -> Vec<u8> {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args(["--hide-scrollbars", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(more)
        .arg(url)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[test]
fn a_real_browser_shows_the_allergies_of_the_composed_patient() {
    let Some(program) = chromium() else { return };
    let runtime = runtime();
    let dom = String::from_utf8(browse(program, &serve(&runtime), &["--dump-dom"])).unwrap();
    let bar = dom
        .split("id=\"allergies\"")
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap();
    for word in [
        "ペニシリン",
        "小麦粉",
        "ヨード造影剤",
        "アナフィラキシー",
        "重度 severe",
    ] {
        assert!(bar.contains(word), "{word} is missing in {bar}");
    }
    for word in [
        "土佐 花子",
        "ワーファリン",
        "１日おき",
        "心房細動",
        "▲ H",
        "1.82",
    ] {
        assert!(dom.contains(word), "{word}");
    }

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for (name, size) in [("desktop", "1280,1500"), ("phone", "390,2600")] {
        let picture = folder.join(format!("patient-{name}.png"));
        let _ = fs::remove_file(&picture);
        let target = format!("--screenshot={}", picture.display());
        let size = format!("--window-size={size}");
        browse(program, &serve(&runtime), &[&target, &size]);
        let bytes = fs::read(&picture).unwrap();
        assert!(
            bytes.starts_with(b"\x89PNG") && bytes.len() > 20_000,
            "{name}"
        );
        println!("screenshot: {}", picture.display());
    }
}
