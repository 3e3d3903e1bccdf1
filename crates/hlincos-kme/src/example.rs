//! The configuration that `init` writes.

use std::fmt::Write as _;

use crate::credentials::{InitOptions, kme_name};

/// `kme.toml` with every line explained.
pub(crate) fn example(options: &InitOptions) -> String {
    let mut text = String::from(HEAD);
    match options.control {
        Some(control) => {
            let _ = writeln!(text, "control = \"{control}\"\n");
        }
        None => text.push_str("# control = \"127.0.0.1:7490\"\n\n"),
    }
    text.push_str(LINK);
    for (at, listen) in options.listen.iter().enumerate() {
        let name = kme_name(at);
        let _ = write!(
            text,
            "\n[[kme]]\n# Its KME id, and where it listens.\nid = \"{name}\"\nlisten = \"{listen}\"\n\
             # Its certificate and key, and the authority of the applications' certificates.\n\
             certificate = \"{name}.pem\"\nkey = \"{name}.key\"\nca = \"ca.pem\"\n"
        );
        for (sae, _) in options.saes.iter().filter(|(_, kme)| *kme == at) {
            let _ = write!(
                text,
                "\n[[kme.sae]]\n# Any text. The certificate names it: among its alternative names or as its\n\
                 # common name; with certificate_name it names that instead.\nid = \"{sae}\"\n"
            );
        }
    }
    text
}

const HEAD: &str = "\
# A simulated pair of QKD key managers: `hlincos serve kme --config kme.toml`.
# The keys come from a pseudorandom generator. NO QUANTUM LINK IS BEHIND THEM.

# Page and control for people and tests, without TLS, so on this machine alone:
# a browser shows the figures, and
#   curl -H 'content-type: application/json' -d '{\"rate_bits_s\": 0}' http://ADDRESS/control
# makes an outage ({\"rate_bits_s\": null} ends it, {\"faults\": [\"size-ignored\"]} does wrong).
";

const LINK: &str = "\
# What it does wrong, as key managers in the field do; spec/qkd014.md lists the names.
# danger_fault_injection = [\"double-delivery\"]

[link]
# How much key the link makes. One of:
#   rate_bits_s = 304000      bits per second (304 kb/s: the Tokyo QKD Network of 2010, 45 km)
#   distance_km = 45          as installed systems reached at such distances
#   rate_file = \"rate.csv\"    time_s,bits_per_s: from each time on so much
rate_bits_s = 304000
# Sizes of keys in bits: when a request names none, smallest, largest.
key_size_bits = 256
min_key_size_bits = 64
max_key_size_bits = 65536
# Most keys of a request; most in stock (of key_size_bits); stock at the start.
max_key_per_request = 128
max_key_count = 1000000
initial_key_count = 1000
# Most additional slaves of a request (multicast); 0 for none.
max_sae_id_count = 8
# Most keys that wait for a slave; the oldest are dropped.
waiting_keys_max = 100000
# When the link makes no key, in seconds since the start.
# outages = [{ from_s = 60, until_s = 120 }]
# The same keys at every start, for tests only; from the operating system when absent.
# danger_seed = 1
";
