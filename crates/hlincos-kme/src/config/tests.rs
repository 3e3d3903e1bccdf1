//! What `init` writes can be read, and what cannot be right is refused.

use super::*;

fn text(link: &str, more: &str) -> String {
    let kme = |id: &str, sae: &str| {
        format!(
            "[[kme]]\nid = \"{id}\"\nlisten = \"127.0.0.1:0\"\ncertificate = \"c\"\nkey = \"k\"\nca = \"a\"\n[[kme.sae]]\nid = \"{sae}\"\n"
        )
    };
    format!("{more}\n[link]\n{link}\n{}{}", kme("a", "x"), kme("b", "y"))
}

fn checked(text: &str) -> Result<(), ConfigError> {
    let config = Config::from_toml(text, Path::new("/folder")).unwrap();
    config.check()?;
    config.link.rate().map(drop)
}

#[test]
fn a_pair_with_a_rate_is_right() {
    assert!(checked(&text("rate_bits_s = 304000", "")).is_ok());
    assert!(checked(&text("distance_km = 45.0", "control = \"[::1]:0\"")).is_ok());
}

#[test]
fn what_does_not_fit_is_told() {
    let rate = "rate_bits_s = 1\n";
    let refused = |link: &str, more: &str| checked(&text(link, more)).unwrap_err().to_string();
    assert!(refused("", "").contains("one of rate_bits_s"));
    assert!(refused("rate_bits_s = 1\ndistance_km = 1.0", "").contains("one of rate_bits_s"));
    assert!(refused("distance_km = -1.0", "").contains("distance"));
    assert!(refused("rate_bits_s = 99999999999", "").contains("at most"));
    assert!(refused("rate_file = \"none.csv\"", "").contains("/folder/none.csv"));
    for sizes in [
        "key_size_bits = 100",
        "min_key_size_bits = 0",
        "min_key_size_bits = 512",
        "max_key_size_bits = 128",
        "max_key_size_bits = 8388608",
    ] {
        assert!(
            refused(&format!("{rate}{sizes}"), "").contains("multiples of 8"),
            "{sizes}"
        );
    }
    for counts in [
        "max_key_per_request = 0",
        "max_key_count = 0",
        "waiting_keys_max = 0",
    ] {
        assert!(
            refused(&format!("{rate}{counts}"), "").contains("at least 1"),
            "{counts}"
        );
    }
    assert!(refused(rate, "control = \"0.0.0.0:1\"").contains("this machine"));
    let alike = text(rate, "").replace("\"y\"", "\"x\"");
    assert!(checked(&alike).unwrap_err().to_string().contains("twice"));
    let (one, _) = text(rate, "")
        .rsplit_once("[[kme]]")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert!(
        checked(&one)
            .unwrap_err()
            .to_string()
            .contains("two [[kme]]")
    );
}

#[test]
fn faults_and_words_that_nobody_knows_are_refused() {
    let rate = "rate_bits_s = 1\n";
    let faults = |list: &str| text(rate, &format!("danger_fault_injection = {list}"));
    assert!(Config::from_toml(&faults("[\"html-401\", \"slow\"]"), Path::new("")).is_ok());
    assert!(Config::from_toml(&faults("[\"lies\"]"), Path::new("")).is_err());
    assert!(Config::from_toml(&text(rate, "speed = 1"), Path::new("")).is_err());
}

#[test]
fn a_rate_file_is_found_beside_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rate.csv"), "time_s,bits_per_s\n0,7\n").unwrap();
    let text = text("rate_file = \"rate.csv\"", "");
    let config = Config::from_toml(&text, folder.path()).unwrap();
    let rate = config.link.rate().unwrap();
    assert_eq!(rate.at(std::time::Duration::from_secs(9)), 7);
}
