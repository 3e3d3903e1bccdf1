//! The one door through which something that depends on a secret is seen.

use crate::mask::Mask;

/// Tells an outcome that may be known to everyone.
///
/// Tests under valgrind declare the outcome known here, and so find every branch elsewhere.
#[inline(never)]
pub(crate) fn tell(outcome: Mask) -> bool {
    let told = [outcome.bit()];
    #[cfg(test)]
    let told = tests::known(told);
    told[0] == 1
}

#[cfg(test)]
mod tests;
