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

use hlincos_ssmix::summary::Allergies;
use hlincos_terminal::{Account, Materials, Provenance, View, Viewer, page};

fn composed() -> View {
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
    let account = Account {
        sites: vec!["nagoya".into(), "otemachi".into()],
        silent: vec!["osaka".into()],
        randomness: "DRBG".into(),
        link: "TLS 1.3 X25519MLKEM768 ML-DSA-65".into(),
        generation: 1,
        ..Account::default()
    };
    View::new(Materials {
        messages: &files,
        account: &account,
        provenance: &Provenance::default(),
        critical: None,
        now_unix_ms: 1_567_436_400_000,
        stale_after_days: 2,
    })
}

/// Starts a viewer on a runtime that outlives the test's body, and gives its address.
fn serve(runtime: &tokio::runtime::Runtime) -> String {
    serve_page(runtime, &composed())
}

fn serve_page(runtime: &tokio::runtime::Runtime, view: &View) -> String {
    let viewer = runtime.block_on(Viewer::start(page(view))).unwrap();
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
        "重度",
        "severe",
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
}

const WINDOWS: [(&str, (u32, u32)); 2] = [("desktop", (1280, 1500)), ("phone", (390, 2600))];
/// The red bar's background and edge, as the style says.
const RED_WASH: [u8; 3] = [0xfd, 0xec, 0xee];
const RED: [u8; 3] = [0xa3, 0x12, 0x1f];

/// Takes a picture of a page.
fn shoot(program: &str, url: &str, name: &str, (width, height): (u32, u32)) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let picture = folder.join(format!("patient-{name}.png"));
    println!("screenshot: {}", picture.display());
    let _ = fs::remove_file(&picture);
    let target = format!("--screenshot={}", picture.display());
    let size = format!("--window-size={width},{height}");
    browse(program, url, &[&target, &size]);
    picture
}

/// A picture's pixels, row by row.
struct Picture {
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let mut decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap()));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let samples = info.color_type.samples();
        assert!(samples >= 3, "a coloured picture");
        bytes.truncate(info.buffer_size());
        Self {
            width: info.width as usize,
            pixels: bytes
                .chunks_exact(samples)
                .map(|pixel| [pixel[0], pixel[1], pixel[2]])
                .collect(),
        }
    }

    fn count(&self, colour: [u8; 3]) -> usize {
        self.pixels.iter().filter(|pixel| **pixel == colour).count()
    }

    /// The rows from the first to the last that show the red bar's background over most of the
    /// width, with what is written on them.
    fn red_bar(&self) -> Picture {
        let rows: Vec<_> = self.pixels.chunks(self.width).collect();
        let is_bar = |row: &[[u8; 3]]| {
            let washed = row.iter().filter(|pixel| **pixel == RED_WASH).count();
            washed * 10 > self.width * 8
        };
        let first = rows.iter().position(|row| is_bar(row));
        let first = first.expect("there is a red bar over the width of the page");
        let last = rows.iter().rposition(|row| is_bar(row)).unwrap();
        Picture {
            width: self.width,
            pixels: rows[first..=last].concat(),
        }
    }
}

/// The composed patient with something else as the first allergy.
fn with_first_allergy(substance: &str) -> View {
    let mut view = composed();
    let Allergies::Recorded(list) = &mut view.allergies else {
        panic!("the composed patient has allergies");
    };
    assert_eq!(list[0].substance, "ペニシリン");
    list[0].substance = substance.to_owned();
    view
}

#[test]
fn a_picture_of_the_page_shows_the_allergies_in_a_red_bar_and_without_any_there_is_none() {
    let Some(program) = chromium() else { return };
    let runtime = runtime();
    let look = |view: &View, name: &str, size| {
        let url = serve_page(&runtime, view);
        Picture::read(&shoot(program, &url, name, size))
    };
    for (name, size) in WINDOWS {
        let picture = look(&composed(), name, size);
        let bar = picture.red_bar();
        let height = bar.pixels.len() / bar.width;
        assert!((60..800).contains(&height), "{name}: {height} pixels high");
        let written = bar.pixels.len() - bar.count(RED_WASH);
        assert!(written > 3_000, "{name}: {written} pixels of text");
        assert!(
            picture.count(RED) > 2 * size.0 as usize,
            "{name}: red edges"
        );

        // The same page gives the same bar; another word, as long and in the same script, another
        // one: so the glyphs of that word are in the picture, and no boxes in their place.
        let same = look(
            &with_first_allergy("ペニシリン"),
            &format!("{name}-same"),
            size,
        );
        assert!(
            same.red_bar().pixels == bar.pixels,
            "{name}: drawn twice alike"
        );
        let other = look(
            &with_first_allergy("ペニシリソ"),
            &format!("{name}-other"),
            size,
        );
        assert!(
            other.red_bar().pixels != bar.pixels,
            "{name}: the word is drawn"
        );
    }
    let none = View {
        allergies: Allergies::NotRecorded,
        ..composed()
    };
    let picture = look(&none, "desktop-none", WINDOWS[0].1);
    assert_eq!(picture.count(RED_WASH), 0, "no record, no red bar");
}
