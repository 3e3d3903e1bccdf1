//! The one door through which something that depends on a secret is seen.

use subtle::Choice;

/// Tells an outcome that may be known to everyone.
///
/// Tests under valgrind declare the outcome known here, and so find every branch elsewhere.
#[inline(never)]
pub(crate) fn tell(outcome: Choice) -> bool {
    let told = [outcome.unwrap_u8()];
    #[cfg(test)]
    let told = crate::tests::watched::known(told);
    told[0] == 1
}
