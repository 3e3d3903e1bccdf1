//! Whether this machine lets us make namespaces and TUN devices, and why not.

use std::io;

/// Why the TUN emulator does not run here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoTun {
    /// Namespaces and TUN are Linux's.
    #[error("network namespaces need Linux")]
    NotLinux,
    /// The process lacks rights.
    #[error("this process lacks {0}: run as root")]
    NotAllowed(&'static str),
    /// The device is absent or closed.
    #[error(
        "/dev/net/tun does not open ({0}): load the module `tun`, or give the container the device"
    )]
    NoDevice(#[source] io::Error),
    /// The program `ip` is missing.
    #[error("the program `ip` does not start ({0}): install iproute2")]
    NoIp(#[source] io::Error),
}

/// A command of `ip` that failed.
#[derive(Debug, thiserror::Error)]
#[error("`{command}` failed: {message}")]
pub struct IpError {
    /// What was asked for.
    pub(super) command: String,
    /// What it answered.
    pub(super) message: String,
}

/// Tells what is missing, without making anything.
#[cfg(target_os = "linux")]
pub(crate) fn unavailable() -> Option<NoTun> {
    use rustix::thread::CapabilitySet;

    // A process whose capabilities cannot be read has none that help.
    let held =
        rustix::thread::capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    if !held.contains(CapabilitySet::NET_ADMIN) {
        return Some(NoTun::NotAllowed("CAP_NET_ADMIN"));
    }
    if !held.contains(CapabilitySet::SYS_ADMIN) {
        return Some(NoTun::NotAllowed("CAP_SYS_ADMIN"));
    }
    let mut options = std::fs::OpenOptions::new();
    if let Err(error) = options.read(true).write(true).open("/dev/net/tun") {
        return Some(NoTun::NoDevice(error));
    }
    let version = std::process::Command::new("ip").arg("-V").output();
    version.err().map(NoTun::NoIp)
}

/// Tells what is missing, without making anything.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unavailable() -> Option<NoTun> {
    Some(NoTun::NotLinux)
}
