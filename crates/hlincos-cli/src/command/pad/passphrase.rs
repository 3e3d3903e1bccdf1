//! Passphrases from a file or from standard input; never from the command line.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use anyhow::{Context, bail};
use zeroize::Zeroizing;

const BYTES_MIN: usize = 12;

/// Reads a passphrase: the first line of a file, or of standard input.
pub(super) fn read(file: Option<&Path>, whose: &str) -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    match file {
        Some(path) => {
            let file = std::fs::File::open(path);
            let file = file.with_context(|| {
                format!("the passphrase file {} cannot be read", path.display())
            })?;
            std::io::BufReader::new(file).read_line(&mut line)?;
        }
        None => {
            if std::io::stdin().is_terminal() {
                eprint!("passphrase {whose} (it is shown; a file hides it: --passphrase-file): ");
            }
            std::io::stdin().lock().read_line(&mut line)?;
        }
    }
    let passphrase = Zeroizing::new(line.trim_end_matches(['\n', '\r']).to_owned());
    if passphrase.len() < BYTES_MIN {
        bail!("the passphrase {whose} is shorter than {BYTES_MIN} bytes; choose a longer one");
    }
    Ok(passphrase)
}
