//! The instructions to compute with, each where the machine has them.

use core::fmt;

use crate::exchange::is_supersingular;
use crate::exponents::Exponents;
use crate::field::{Fp, Portable};
#[cfg(target_arch = "x86_64")]
use crate::field::{adx, adx::Adx, ifma, ifma::Ifma};
use crate::walk::{Course, walk};

/// Instructions to compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kernel(Path);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Path {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Adx,
    #[cfg(target_arch = "x86_64")]
    Ifma,
}

impl Path {
    const ALL: &[Self] = &[
        Self::Portable,
        #[cfg(target_arch = "x86_64")]
        Self::Adx,
        #[cfg(target_arch = "x86_64")]
        Self::Ifma,
    ];

    fn is_there(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Adx => adx::is_there(),
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => ifma::is_there(),
        }
    }
}

impl Kernel {
    /// Works on every machine.
    pub const PORTABLE: Self = Self(Path::Portable);

    /// The fastest that this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// All that this machine has, the fastest last.
    pub fn available() -> impl Iterator<Item = Self> {
        Path::ALL
            .iter()
            .filter(|path| path.is_there())
            .map(|path| Self(*path))
    }

    /// Its name: `portable`, `adx` or `ifma`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Path::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Path::Adx => "adx",
            #[cfg(target_arch = "x86_64")]
            Path::Ifma => "ifma",
        }
    }

    pub(crate) fn walk(self, exponents: &Exponents, start: &Fp, course: &mut impl Course) -> Fp {
        match self.0 {
            Path::Portable => walk::<Portable>(exponents, start, course),
            #[cfg(target_arch = "x86_64")]
            Path::Adx => walk::<Adx>(exponents, start, course),
            #[cfg(target_arch = "x86_64")]
            Path::Ifma => walk::<Ifma>(exponents, start, course),
        }
    }

    pub(crate) fn is_supersingular(self, coefficient: &Fp) -> bool {
        match self.0 {
            Path::Portable => is_supersingular::<Portable>(coefficient),
            #[cfg(target_arch = "x86_64")]
            Path::Adx => is_supersingular::<Adx>(coefficient),
            #[cfg(target_arch = "x86_64")]
            Path::Ifma => is_supersingular::<Ifma>(coefficient),
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
