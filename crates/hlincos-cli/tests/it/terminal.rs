//! A clinician at a terminal: real servers, a real browser (Playwright with the system's Chromium).

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::cluster::{COMPOSED_PATIENT, Cluster, append, program};

const PASSPHRASE: &str = "correct horse battery";

/// A running terminal.
struct Terminal {
    child: Child,
    url: String,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    fn start(cluster: &Cluster) -> Self {
        let mut child = program()
            .args(["terminal", "--headless", "--json", "--config"])
            .arg(cluster.path("terminal/terminal.toml"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            url: told["url"].as_str().unwrap().to_owned(),
        }
    }

    fn address(&self) -> &str {
        self.url["http://".len()..].split('/').next().unwrap()
    }

    /// One plain request with headers of one's own; gives the status line.
    fn ask(&self, path: &str, host: &str, more: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nConnection: close\r\nHost: {host}\r\n{more}\r\n"
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    }
}

/// A browser that does one step at a time.
struct Browser {
    child: Child,
    steps: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The end of its input ends it, and the browser with it.
        self.steps = None;
        let _ = self.child.wait();
    }
}

impl Browser {
    fn start() -> Option<Self> {
        Self::with("script")
    }

    /// `None` where there is none, and none is required.
    fn with(script: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("../../target/browser/bin/python3");
        let chromium = Path::new("/usr/bin/chromium");
        let has_playwright = Command::new(&python)
            .args(["-c", "import playwright"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !has_playwright || !chromium.exists() {
            assert!(
                std::env::var_os("CI_REQUIRE_BROWSER").is_none(),
                "a browser is required here"
            );
            eprintln!("no browser here; the terminal was not tried in one");
            return None;
        }
        let mut child = Command::new(python)
            .arg(root.join("tests/terminal.py"))
            .arg(chromium)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Self {
            steps: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        })
    }

    #[track_caller]
    fn step(&mut self, step: Value) -> Value {
        writeln!(self.steps.as_mut().unwrap(), "{step}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer to {step}"))
    }

    #[track_caller]
    fn open(&mut self, url: &str) -> Value {
        self.step(json!({ "do": "open", "url": url }))
    }

    #[track_caller]
    fn fill(&mut self, into: &str, text: &str) -> Value {
        self.step(json!({ "do": "fill", "into": into, "text": text }))
    }

    #[track_caller]
    fn click(&mut self, on: &str) -> Value {
        self.step(json!({ "do": "click", "on": on }))
    }

    #[track_caller]
    fn until(&mut self, selector: &str) -> Value {
        self.step(json!({ "do": "until", "selector": selector }))
    }

    #[track_caller]
    fn picture(&mut self, name: &str) {
        let path = picture(name);
        self.step(json!({ "do": "picture", "path": path }));
        println!("screenshot: {}", path.display());
    }

    /// Chooses the passphrase of a terminal that has none yet.
    #[track_caller]
    fn choose_passphrase(&mut self, terminal: &Terminal) -> Value {
        let told = self.open(&terminal.url);
        assert_eq!(told["url"], "/locked");
        self.fill("#passphrase", PASSPHRASE);
        self.fill("#again", PASSPHRASE);
        self.click("button.main")
    }

    #[track_caller]
    fn query(&mut self, patient: &str) -> Value {
        self.fill("#patient", patient);
        self.click("button.main")
    }
}

fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("terminal-{name}"))
}

#[track_caller]
fn says(told: &Value, words: &[&str]) {
    let text = told["text"].as_str().unwrap();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[track_caller]
fn says_not(told: &Value, word: &str) {
    let text = told["text"].as_str().unwrap();
    assert!(!text.contains(word), "{word:?} is in: {text}");
}

/// The composed patient at two facilities, and one with broken characters and documents.
fn store(cluster: &Cluster) -> PathBuf {
    let store = cluster.path("store");
    let composed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed/1318814790");
    copy(&composed, &store.join("1318814790"));
    let patient = "1318814790/000/078/0000781126";
    let basics = store.join(format!("{patient}/-/ADT-00"));
    fs::create_dir_all(&basics).unwrap();
    let broken = b"MSH|^~\\&|HIS123|SEND|GW|RCV|20190901||ADT^A08^ADT_A01|1|P|2.5||||||~ISO IR87||ja|ISO 2022-1994\r\
        PID|1||0000781126^^^^PI||\x1b$B\xff\xff\x1b(B^TARO^^^^^L^I||19510311|M\r";
    let name = "0000781126_-_ADT-00_999999999999999_20190901101530000_-_1";
    fs::write(basics.join(name), broken).unwrap();
    let document = format!(
        "{patient}/20190901/^紹介状^99ZL01^57133-1^紹介状^LN/0000781126_20190901_57133-1_1_20190901101530000_01_1"
    );
    let folder = store.join(document);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("letter.pdf"), b"%PDF-1.4\n%%EOF\n").unwrap();
    // Somebody else with the same identifier, at another hospital.
    let other = store.join("9999999999/000/078/0000781126/-/ADT-00");
    fs::create_dir_all(&other).unwrap();
    let plain = broken.map(|byte| if byte == 0xff { b'!' } else { byte });
    fs::write(other.join(name), plain).unwrap();
    store
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A cluster whose gateway has a QUIC door, and whose terminal notices a dead link fast.
fn cluster() -> Cluster {
    let cluster = Cluster::with(|cluster| {
        let door = UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        append(
            &cluster.path("gateway/gateway.toml"),
            &format!("quic = \"{door}\""),
        );
        let config = cluster.path("terminal/terminal.toml");
        let text = fs::read_to_string(&config).unwrap();
        let text = text
            .replace(
                "[link]",
                "[link]\nkeep_alive_s = 1\nidle_s = 3\ngive_up_after_s = 8",
            )
            .replace("[facilities]", "[facilities]\n1318814790 = \"高知例病院\"");
        fs::write(&config, text).unwrap();
        append(&config, &format!("quic = \"{door}\""));
    });
    let store = store(&cluster);
    let ran = cluster.backup(&store);
    // Broken records are told as such: done, but look.
    assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
    cluster
}

#[test]
fn a_clinician_unlocks_asks_reads_loses_the_link_and_reads_on() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let mut cluster = cluster();
    let terminal = Terminal::start(&cluster);

    // The first start asks for a passphrase, twice, and long enough.
    browser.open(&terminal.url);
    browser.fill("#passphrase", "short");
    browser.fill("#again", "short");
    says(&browser.click("button.main"), &["12文字以上"]);
    browser.picture("choose.png");
    browser.fill("#passphrase", PASSPHRASE);
    browser.fill("#again", PASSPHRASE);
    says(&browser.click("button.main"), &["患者を照会"]);
    let told = browser.until("#link .dot.warm");
    says(&told, &["接続中（QUIC"]);
    browser.picture("search.png");

    // A question; wide digits are the same digits.
    let told = browser.query("００００７８１１２５");
    assert_eq!(told["url"], "/patient/1");
    assert!(told["allergies"].as_str().unwrap().contains("red"));
    assert_eq!(told["red"], "rgb(163, 18, 31)");
    says(
        &told,
        &[
            "土佐 花子",
            "ペニシリン",
            "アナフィラキシー",
            "ワーファリン",
            "高知例病院",
            "世代 1",
            "▲ H",
        ],
    );
    says_not(&told, "Penicillin");
    browser.picture("patient-ja.png");

    // The other language: no request, no script needed.
    let told = browser.click("label[for=lang-en]");
    says(
        &told,
        &[
            "Allergies and contraindications",
            "every other day",
            "severe",
        ],
    );
    says_not(&told, "アレルギー・禁忌");
    browser.picture("patient-en.png");
    let told = browser.step(json!({ "do": "print", "path": picture("patient.pdf") }));
    assert!(told["pdf"].as_u64().unwrap() > 10_000);
    assert_eq!(
        (&told["buttons"], &told["sticky"]),
        (&json!(0), &json!("static"))
    );
    browser.click("label[for=lang-ja]");

    // On a phone nothing is cut off.
    let told = browser.step(json!({ "do": "size", "width": 390, "height": 844 }));
    assert_eq!(told["overflow"], 0);
    browser.picture("patient-phone.png");
    browser.step(json!({ "do": "size", "width": 1280, "height": 1000 }));

    // The link is cut: the second click and the full record need none.
    cluster.gateway = None;
    let told = browser.click("nav.on-page a[href='#prescriptions']");
    says(&told, &["ワーファリン"]);
    let told = browser.click("#record a.button");
    assert_eq!(told["url"], "/patient/1/record");
    says(&told, &["2019-09-01", "OMP-01", "OML-11"]);
    let told = browser.click("a[href*='/record/']:has-text('OMP-01')");
    says(&told, &["RXE", "現行", "ワーファリン"]);
    browser.picture("record.png");

    // A new question says what is being retried, and offers the sealed copy.
    browser.until("#link .dot.down");
    browser.click("button[formaction='/search']");
    let told = browser.query(COMPOSED_PATIENT);
    says(
        &told,
        &[
            "ゲートウェイに接続できません",
            "再試行しています",
            "封印された写しを開く",
        ],
    );
    browser.picture("unreachable.png");
    let told = browser.click("a[href='/patient/1?offline=1']");
    assert!(told["warnings"].as_str().unwrap().contains("封印した写し"));
    says(&told, &["ペニシリン"]);
    browser.picture("offline.png");

    // And back.
    cluster.start_gateway();
    browser.until("#link .dot.warm");
    browser.click("button[formaction='/search']");
    let told = browser.query(COMPOSED_PATIENT);
    assert_eq!(told["warnings"], "");
    says(&told, &["ペニシリン"]);

    // Locked: nothing of the patient is on the screen, and nothing is served.
    let told = browser.click("button[formaction='/lock']");
    assert_eq!(told["url"], "/locked");
    says_not(&told, "土佐");
    let base = format!("http://{}", terminal.address());
    assert_eq!(browser.open(&format!("{base}/patient/2"))["url"], "/locked");
    browser.fill("#passphrase", "wrong");
    let told = browser.click("button.main");
    says(&told, &["パスフレーズが違います（連続1回）", "1秒後"]);
    browser.fill("#passphrase", "wrong again");
    let told = browser.click("button.main");
    let text = told["text"].as_str().unwrap();
    assert!(
        text.contains("待ってください") || text.contains("連続2回"),
        "{text}"
    );
    browser.picture("wrong-passphrase.png");
    // The delay is the product's; the test goes on when it is over.
    let told = loop {
        browser.fill("#passphrase", PASSPHRASE);
        let told = browser.click("button.main");
        if told["url"] != "/unlock" {
            break told;
        }
    };
    assert_eq!(told["url"], "/patient/2", "back where it was locked");
    says(&told, &["ペニシリン"]);
}

#[test]
fn what_cannot_be_shown_is_told_with_the_next_step() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let mut cluster = cluster();
    let terminal = Terminal::start(&cluster);
    browser.choose_passphrase(&terminal);
    browser.until("#link .dot.warm");
    let again = "button[formaction='/search']";

    says(
        &browser.query("0000000001"),
        &["この患者の記録は見つかりません", "患者IDの桁数"],
    );
    browser.click(again);

    // Two people, one identifier: never one of them by chance.
    let told = browser.query("0000781126");
    says(
        &told,
        &["別人です", "高知例病院 (1318814790)", "9999999999"],
    );
    browser.picture("several.png");
    let told = browser.click("button[value='1318814790']");
    // Broken characters are shown as broken; an allergy that nobody recorded is not "none".
    says(
        &told,
        &[
            "\u{FFFD}",
            "アレルギーの記録がありません",
            "文字コードに誤り",
        ],
    );
    assert!(told["allergies"].as_str().unwrap().contains("grey"));
    browser.picture("broken.png");

    // Documents come when they are asked for, as attachments.
    browser.click("a[href$='/documents']");
    let told = browser.click("button.main");
    says(&told, &["紹介状", "PDF"]);
    browser.picture("documents.png");
    let told = browser.step(json!({ "do": "download", "on": "a[href*='/document/']" }));
    assert_eq!(
        told["name"], "document-0.pdf",
        "no patient in a file's name"
    );

    // Fewer than k sites.
    cluster.kill_site(0);
    cluster.kill_site(1);
    browser.click(again);
    let told = browser.query(COMPOSED_PATIENT);
    says(
        &told,
        &["応答する拠点が足りません", "記録は失われていません"],
    );
}

#[test]
fn a_token_works_once_and_other_hosts_and_sites_are_refused() {
    let cluster = Cluster::start();
    let terminal = Terminal::start(&cluster);
    let address = terminal.address().to_owned();
    assert!(address.starts_with("127.0.0.1:"));
    let path = &terminal.url[format!("http://{address}").len()..];
    let foreign = "Sec-Fetch-Site: same-site\r\n";
    assert!(terminal.ask(path, "evil.example", "").contains("421"));
    assert!(terminal.ask("/", &address, foreign).contains("403"));
    assert!(terminal.ask("/", &address, "").contains("404"), "no cookie");
    assert!(terminal.ask(path, &address, "").contains("303"));
    assert!(terminal.ask(path, &address, "").contains("404"), "spent");
}

#[test]
fn an_idle_screen_locks_by_itself() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let cluster = cluster();
    let config = cluster.path("terminal/terminal.toml");
    let text = fs::read_to_string(&config).unwrap();
    let text = text
        .replace("lock_after_s = 300", "lock_after_s = 2")
        .replace("offline = true", "offline = false");
    fs::write(&config, text).unwrap();
    let terminal = Terminal::start(&cluster);
    browser.choose_passphrase(&terminal);
    let told = browser.query(COMPOSED_PATIENT);
    assert!(
        told["url"].as_str().unwrap().starts_with("/patient/"),
        "{told}"
    );
    // Nobody moves: the page itself goes to the lock.
    let told = browser.until("#passphrase");
    assert_eq!(told["url"], "/locked");
    says_not(&told, "ペニシリン");
}

#[test]
fn without_script_and_without_a_mouse_the_first_screen_is_whole() {
    let Some(mut browser) = Browser::with("no script") else {
        return;
    };
    let cluster = cluster();
    let terminal = Terminal::start(&cluster);
    browser.choose_passphrase(&terminal);
    let told = browser.query(COMPOSED_PATIENT);
    assert!(told["allergies"].as_str().unwrap().contains("red"));
    says(&told, &["ペニシリン", "ワーファリン", "心房細動", "世代 1"]);
    says_not(&told, "Penicillin");
    says(
        &browser.click("label[for=lang-en]"),
        &["Allergies and contraindications"],
    );
    // The language goes along to the next page, and the keyboard meets the way past the bar first.
    let told = browser.click("button[formaction='/search']");
    says(&told, &["Look a patient up"]);
    browser.query(COMPOSED_PATIENT);
    let focus: Vec<String> = (0..2)
        .map(|_| browser.step(json!({ "do": "key", "key": "Tab" })))
        .map(|told| told["focus"].as_str().unwrap().to_owned())
        .collect();
    assert!(focus.iter().any(|place| place == "skip"), "{focus:?}");
}
