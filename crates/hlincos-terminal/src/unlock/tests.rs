use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vector {
    passphrase: String,
    line: String,
    expect: String,
    key: Option<String>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_vector_of_the_second_hand_holds() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/terminal-passphrase");
    let mut tried = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let vector: Vector = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let told = match Verifier::parse(&vector.line) {
            None => ("malformed", None),
            Some(verifier) => match verifier.check(vector.passphrase.as_bytes()) {
                None => ("wrong", None),
                Some(key) => ("unlocked", Some(hex(&*key))),
            },
        };
        assert_eq!(
            told,
            (vector.expect.as_str(), vector.key),
            "{}",
            path.display()
        );
        tried += 1;
    }
    assert!(tried >= 10, "{tried}");
}

#[test]
fn a_passphrase_is_chosen_once_and_opens_again_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = PassphraseFile::new(folder.path().join("terminal.pass"));
    assert!(!file.is_set());
    file.choose("正しい馬の電池".as_bytes()).unwrap();
    assert!(file.is_set());
    let mode = fs::metadata(&file.0).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = file.unlock("正しい馬の電池".as_bytes()).unwrap();
    assert_eq!(key, file.unlock("正しい馬の電池".as_bytes()).unwrap());
    assert!(matches!(file.unlock(b"wrong"), Err(UnlockError::Wrong)));
    assert!(file.choose(b"another one").is_err(), "never overwritten");
    let text = fs::read_to_string(&file.0).unwrap();
    assert!(!text.contains(&hex(&*key)), "the key is not in the file");
}

#[test]
fn a_file_that_others_can_read_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = PassphraseFile::new(folder.path().join("terminal.pass"));
    file.choose(b"long enough to be one").unwrap();
    fs::set_permissions(&file.0, fs::Permissions::from_mode(0o644)).unwrap();
    let error = file
        .unlock(b"long enough to be one")
        .unwrap_err()
        .to_string();
    assert!(error.contains("chmod 600"), "{error}");
}
