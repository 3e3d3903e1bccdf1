//! The time.

use std::time::{Duration, SystemTime};

/// Since 1970 (UTC).
pub(crate) fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}
