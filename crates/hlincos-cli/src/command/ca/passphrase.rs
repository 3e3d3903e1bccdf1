//! Where passphrases of private keys come from.

use std::io::IsTerminal;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hlincos_authority::Passphrase;
use zeroize::Zeroizing;

/// How the passphrase of the authority's keys is given.
#[derive(clap::Args)]
pub(super) struct PassphraseArgs {
    /// A file whose first line is the passphrase of the authority's keys; mode 0600.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passphrase_env", "no_passphrase"])]
    passphrase_file: Option<PathBuf>,
    /// The environment variable that holds the passphrase.
    #[arg(long, value_name = "NAME", conflicts_with = "no_passphrase")]
    passphrase_env: Option<String>,
    /// The keys have no passphrase: for trying out, and where the disk itself is locked.
    #[arg(long)]
    no_passphrase: bool,
}

impl PassphraseArgs {
    /// Whether anything was said.
    pub(super) fn is_given(&self) -> bool {
        self.passphrase_file.is_some() || self.passphrase_env.is_some() || self.no_passphrase
    }

    /// The passphrase for keys that are there; asks at a terminal when the key wants one.
    pub(super) fn of_old_keys(&self, locked: bool) -> anyhow::Result<Passphrase> {
        if self.is_given() {
            return self.given();
        }
        if !locked {
            return Ok(None);
        }
        if !std::io::stdin().is_terminal() {
            bail!(
                "the authority's key is under a passphrase; give --passphrase-file or --passphrase-env"
            );
        }
        ask("Passphrase of the authority's keys: ").map(Some)
    }

    /// The passphrase for new keys; asks twice at a terminal.
    pub(super) fn of_new_keys(&self) -> anyhow::Result<Passphrase> {
        if self.is_given() {
            return self.given();
        }
        if !std::io::stdin().is_terminal() {
            bail!(
                "give --passphrase-file or --passphrase-env; --no-passphrase leaves the keys open"
            );
        }
        let first = ask("New passphrase of the authority's keys: ")?;
        if first != ask("The same again: ")? {
            bail!("the two are not alike; nothing was made");
        }
        check(first).map(Some)
    }

    fn given(&self) -> anyhow::Result<Passphrase> {
        if let Some(path) = &self.passphrase_file {
            return check(from_file(path)?).map(Some);
        }
        if let Some(name) = &self.passphrase_env {
            let value = std::env::var_os(name);
            let value = value.with_context(|| format!("there is no variable {name}"))?;
            return check(Zeroizing::new(value.into_vec())).map(Some);
        }
        Ok(None)
    }
}

fn from_file(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let shown = path.display();
    let cannot = || format!("the passphrase file {shown} cannot be read");
    let meta = std::fs::metadata(path).with_context(cannot)?;
    if meta.permissions().mode() & 0o077 != 0 {
        bail!("others may read the passphrase file {shown}; run: chmod 600 {shown}");
    }
    let bytes = Zeroizing::new(std::fs::read(path).with_context(cannot)?);
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Zeroizing::new(line.to_vec()))
}

fn ask(prompt: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let typed = Zeroizing::new(rpassword::prompt_password(prompt)?);
    Ok(Zeroizing::new(typed.as_bytes().to_vec()))
}

fn check(passphrase: Zeroizing<Vec<u8>>) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    if passphrase.is_empty() {
        bail!("the passphrase is empty; --no-passphrase says that none is wanted");
    }
    Ok(passphrase)
}
