//! Two readers, one meaning: every subcomponent of every field, as sent and with its escapes
//! undone, as an independent reader has it.
//!
//! The other reader is `spec/reference/message.py`: Python's ISO-2022-JP codec and PyPI's hl7. It
//! runs in an environment of its own in `target/second-reader`, which `.ci/run` makes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hlincos_ssmix::characters::decode;
use hlincos_ssmix::hl7::{self, Message, Segment};
use hlincos_ssmix::write::{Header, name};
use serde_json::Value;

use crate::cluster::hlincos;
use crate::samples::{composed, outside};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Python that has PyPI's hl7; `None` when this machine has none, which CI does not allow.
fn python() -> Option<PathBuf> {
    let python = root().join("target/second-reader/bin/python3");
    let ran = Command::new(&python).args(["-c", "import hl7"]).output();
    if ran.is_ok_and(|ran| ran.status.success()) {
        return Some(python);
    }
    assert!(
        std::env::var_os("CI_REQUIRE_SECOND_READER").is_none(),
        "target/second-reader has no Python with the package hl7"
    );
    eprintln!(
        "no second reader: `python3 -m venv target/second-reader && target/second-reader/bin/pip install hl7==0.4.5` makes one"
    );
    None
}

/// What two right readers may show differently: the code points of six characters of JIS X 0208.
/// spec/ssmix-message.md, section 3.
fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{301C}' => '\u{FF5E}',
        '\u{2212}' => '\u{FF0D}',
        '\u{2016}' => '\u{2225}',
        '\u{A2}' => '\u{FFE0}',
        '\u{A3}' => '\u{FFE1}',
        '\u{AC}' => '\u{FFE2}',
        '\u{2014}' => '\u{2015}',
        other => other,
    };
    text.chars().map(fold).collect()
}

/// A subcomponent as the other reader lists it: as sent, and with its escapes undone where that
/// is not the same.
fn leaf(sent: &str, plain: &str) -> Value {
    let (sent, plain) = (folded(sent), folded(plain));
    if sent == plain {
        Value::from(sent)
    } else {
        Value::from(vec![sent, plain])
    }
}

/// The name and the fields of a segment: repetitions of components of subcomponents.
fn tree(segment: Segment<'_>) -> Value {
    let list = |values: Vec<Value>| Value::Array(values);
    let verbatim = |text: &str| list(vec![list(vec![list(vec![leaf(text, text)])])]);
    let is_msh = segment.name() == "MSH";
    // The other reader has no explicit null: two quotes are a text there.
    let part = |value: hl7::Value<'_>| {
        let undone = if value.is_null() {
            value.raw().to_owned()
        } else {
            value.text()
        };
        leaf(value.raw(), &undone)
    };
    let fields = (1..=segment.field_count()).map(|number| {
        let field = segment.field(number);
        if is_msh && number <= 2 {
            return verbatim(field.raw());
        }
        let of_component = |component: hl7::Value<'_>| {
            let parts = component.subcomponents();
            list(parts.map(part).collect())
        };
        let of_repetition =
            |repetition: hl7::Value<'_>| list(repetition.components().map(of_component).collect());
        list(field.every_repetition().map(of_repetition).collect())
    });
    list(
        std::iter::once(verbatim(segment.name()))
            .chain(fields)
            .collect(),
    )
}

/// Folds what the other reader found as what we did.
fn fold_all(value: &mut Value) {
    match value {
        Value::String(text) => *text = folded(text),
        Value::Array(values) => values.iter_mut().for_each(fold_all),
        _ => {}
    }
}

/// What was compared.
#[derive(Debug, Default)]
struct Compared {
    messages: usize,
    fields: usize,
    /// Those whose text has an escape.
    escapes: usize,
    /// Paths of files that neither reader takes for a message.
    others: Vec<PathBuf>,
}

impl Compared {
    fn count(&mut self, value: &Value, depth: usize) {
        if let Value::Array(values) = value {
            self.fields += if depth == 0 { values.len() } else { 0 };
            self.escapes += usize::from(depth == 4);
            values.iter().for_each(|value| self.count(value, depth + 1));
        }
    }
}

/// Compares all files of folders.
fn compare(python: &Path, folders: &[PathBuf]) -> Compared {
    let script = root().join("spec/reference/message.py");
    let mut reader = Command::new(python)
        .arg(script)
        .args(folders)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut compared = Compared::default();
    for line in BufReader::new(reader.stdout.take().unwrap()).lines() {
        let mut line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let path = PathBuf::from(line["path"].as_str().unwrap());
        let shown = path.display();
        let bytes = std::fs::read(&path).unwrap();
        let message = Message::of(decode(&bytes).text);
        if let Some(why) = line["why"].as_str() {
            assert!(!message.begins_with_msh(), "only we read {shown}: {why}");
            compared.others.push(path);
            continue;
        }
        let theirs = line["segments"].as_array_mut().unwrap();
        assert_eq!(
            message.segments().len(),
            theirs.len(),
            "segments of {shown}"
        );
        for (own, their) in message.segments().map(tree).zip(theirs) {
            fold_all(their);
            assert_eq!(&own, their, "{shown}");
            compared.count(&own, 0);
        }
        compared.messages += 1;
    }
    assert!(reader.wait().unwrap().success(), "the other reader failed");
    compared
}

#[test]
fn an_independent_reader_finds_the_same_in_the_samples() {
    let Some(python) = python() else { return };
    let own = compare(&python, &[composed().join("1318814790")]);
    assert_eq!((own.messages, own.others.len()), (5, 0));
    if let Some(samples) = outside("nho-sample") {
        let found = compare(&python, &[samples.join("sampleData")]);
        assert_eq!((found.messages, found.others.len()), (21, 1));
    }
}

/// Compares ten thousand messages of a profile; every other file is a document.
fn compare_generated(profile: &str, patients: &str) {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let store = store.to_str().unwrap();
    let ran = hlincos(&[
        "generate",
        store,
        "--profile",
        profile,
        "--patients",
        patients,
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let found = compare(&python, &[store.into()]);
    let others = found.others.len();
    eprintln!(
        "{profile}: {} messages, {} fields equal, {others} documents",
        found.messages, found.fields
    );
    assert!(found.messages >= 10_000, "only {}", found.messages);
    for path in &found.others {
        // Documents lie below a data type's folder, which holds `^`.
        assert!(path.to_string_lossy().contains('^'), "{}", path.display());
    }
}

#[test]
fn an_independent_reader_finds_the_same_in_ten_thousand_messages_of_the_usual_kinds() {
    compare_generated("plain", "120");
}

#[test]
fn an_independent_reader_finds_the_same_in_ten_thousand_messages_of_every_kind() {
    compare_generated("full", "60");
}

/// Escapes as HL7 v2.5 has them, in messages by hand; and others by the project's own writer.
#[test]
fn an_independent_reader_undoes_the_same_escapes_under_any_delimiters() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let escaped = [
        r"a\F\b\S\c\T\d\R\e\E\f",
        r"\H\bold\N\ not",
        r"one\.br\two\.ce\three\.sp2\four\.sk3\five",
        r"\X41\\X4A4B\",
        r"\E\F\E\ is no separator",
        "土佐\\T\\花子",
    ];
    let mut names = 0..;
    let mut write = |bytes: &[u8]| {
        let name = format!("{}", names.next().unwrap());
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    for text in escaped {
        let message = format!("MSH|^~\\&|H\rNTE|1||{text}^b~{text}&{text}||{text}\r");
        write(&hlincos_ssmix::encode::encode(&message).unwrap());
        // Other delimiters; the usual ones are plain text there.
        let redefined = format!("MSH#*!\\%#H\rNTE#1##{text}*|^~&!{text}%x\r");
        write(&hlincos_ssmix::encode::encode(&redefined).unwrap());
    }
    let texts = ["a|b^c&d~e\\f", "\\F\\", "髙橋 ① ﾔﾏ 😀", "x\r\ny", "\"\""];
    for text in texts {
        let mut message = hlincos_ssmix::write::Message::begin(&Header::default());
        message
            .segment(name("NTE"))
            .text(1, text)
            .subcomponents(3, &[&[&[text, "1"], &[text]], &[&[text]]]);
        write(&message.finish().bytes);
    }
    let found = compare(&python, &[folder.path().to_owned()]);
    assert_eq!(found.messages, 2 * escaped.len() + texts.len());
    assert!(found.escapes > 40, "{found:?}");
}
