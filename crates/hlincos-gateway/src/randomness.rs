//! Where the coefficients of shares come from, as `gateway.toml` says.
//!
//! Nothing falls from one grade to another: a physical source that gives nothing stops the
//! backup, with the reason.

mod device;
mod rdseed;
mod spent_file;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hlincos_sharing::{Drbg, Hedged, Kernel, Randomness, RandomnessError, RandomnessGrade, Tested};
use serde::Deserialize;

use device::Device;
use rdseed::Rdseed;
use spent_file::SpentFile;

/// The section `[randomness]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomnessConfig {
    /// What the shares' coefficients are.
    #[serde(default)]
    pub grade: ConfiguredGrade,
    /// The physical source: `rdseed`, a device's path, or `file:` and the path of a file of
    /// physical random numbers.
    pub source: Option<String>,
}

/// A grade by its name in the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfiguredGrade {
    /// A generator seeded by the operating system: computational.
    #[default]
    Drbg,
    /// A physical source XOR that generator.
    Hedged,
    /// A physical source alone: information-theoretic.
    Physical,
}

/// Why a source of randomness cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The configuration names none.
    #[error("grade = \"hedged\" and \"physical\" take a source; name one in [randomness]")]
    NoSource,
    /// The configuration names one where none is used.
    #[error(
        "a source is named but grade = \"drbg\" does not use it; say \"hedged\" or \"physical\""
    )]
    Unused,
    /// The processor has no RDSEED.
    #[error("this processor has no RDSEED; name a device or a file as the source")]
    NoRdseed,
    /// The kernel's generator is named as a physical source.
    #[error("{} is the kernel's generator, a DRBG, not a physical source; say grade = \"drbg\"", .0.display())]
    KernelGenerator(PathBuf),
    /// It cannot be opened.
    #[error("the source {} cannot be used: {why}", .path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// The system's word, or ours.
        why: String,
    },
}

/// The configured source; batches draw from it side by side.
pub struct Source {
    grade: RandomnessGrade,
    physical: Option<Shared>,
}

impl Source {
    /// Opens what the configuration names; draws nothing yet.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn open(config: &RandomnessConfig) -> Result<Self, SourceError> {
        let grade = match config.grade {
            ConfiguredGrade::Drbg => RandomnessGrade::Drbg,
            ConfiguredGrade::Hedged => RandomnessGrade::Hedged,
            ConfiguredGrade::Physical => RandomnessGrade::Physical,
        };
        let physical = match (&config.source, grade) {
            (None, RandomnessGrade::Drbg) => None,
            (Some(_), RandomnessGrade::Drbg) => return Err(SourceError::Unused),
            (None, _) => return Err(SourceError::NoSource),
            (Some(name), _) => Some(Shared::new(open_physical(name)?)),
        };
        Ok(Self { grade, physical })
    }

    /// The grade of what [`Self::begin`] gives.
    #[must_use]
    pub fn grade(&self) -> RandomnessGrade {
        self.grade
    }

    /// Prepares for a batch of secrets.
    ///
    /// # Errors
    /// [`RandomnessError`] when the source gives nothing.
    ///
    /// # Panics
    /// Never: what is given has the grade that was configured.
    pub fn begin(&self) -> Result<Box<dyn Randomness>, RandomnessError> {
        let drbg = || Drbg::new(Kernel::best(), system_seed);
        let physical = self.physical.clone();
        let source: Box<dyn Randomness> = match (self.grade, physical) {
            (RandomnessGrade::Physical, Some(physical)) => Box::new(physical),
            (RandomnessGrade::Hedged, Some(physical)) => Box::new(Hedged::new(physical, drbg()?)),
            _ => Box::new(drbg()?),
        };
        assert_eq!(
            source.grade(),
            self.grade,
            "a source of the grade that is promised"
        );
        Ok(source)
    }
}

/// A seed from the operating system.
fn system_seed(seed: &mut [u8; 32]) -> Result<(), RandomnessError> {
    getrandom::fill(seed).map_err(|_| RandomnessError::Silent)
}

fn open_physical(name: &str) -> Result<Box<dyn Randomness + Send>, SourceError> {
    if name == "rdseed" {
        return Ok(Box::new(Rdseed::new()?));
    }
    match name.strip_prefix("file:") {
        Some(path) => Ok(Box::new(SpentFile::open(&PathBuf::from(path))?)),
        None => Ok(Box::new(Device::open(&PathBuf::from(name))?)),
    }
}

/// A physical source under health tests that batches share; each draw is one holder's alone.
#[derive(Clone)]
struct Shared(Arc<Mutex<Tested<Box<dyn Randomness + Send>>>>);

impl Shared {
    fn new(source: Box<dyn Randomness + Send>) -> Self {
        Self(Arc::new(Mutex::new(Tested::new(source))))
    }
}

impl Randomness for Shared {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        // A holder that panicked may have left half a draw: nothing more is given.
        let mut source = self.0.lock().map_err(|_| RandomnessError::Silent)?;
        source.fill(out)
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Physical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(grade: ConfiguredGrade, source: Option<&str>) -> Result<Source, SourceError> {
        let source = source.map(str::to_owned);
        Source::open(&RandomnessConfig { grade, source })
    }

    #[test]
    fn what_is_given_has_the_grade_that_was_asked_for_or_the_gateway_does_not_start() {
        assert!(matches!(
            open(ConfiguredGrade::Physical, None),
            Err(SourceError::NoSource)
        ));
        assert!(matches!(
            open(ConfiguredGrade::Drbg, Some("rdseed")),
            Err(SourceError::Unused)
        ));
        for name in ["/dev/random", "/dev/urandom"] {
            let refused = open(ConfiguredGrade::Physical, Some(name));
            assert!(
                matches!(refused, Err(SourceError::KernelGenerator(_))),
                "{name}"
            );
        }
        let absent = open(ConfiguredGrade::Hedged, Some("/nowhere/hwrng"));
        assert!(matches!(absent, Err(SourceError::Unusable { .. })));
        let drbg = open(ConfiguredGrade::Drbg, None).unwrap();
        assert_eq!(drbg.begin().unwrap().grade(), RandomnessGrade::Drbg);
    }

    #[test]
    fn a_file_of_random_numbers_is_drawn_from_by_all_batches_and_never_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("numbers");
        let numbers: Vec<u8> = (0..4_096_u32)
            .map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        std::fs::write(&path, &numbers).unwrap();
        let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, owner).unwrap();
        let name = format!("file:{}", path.display());
        let source = open(ConfiguredGrade::Physical, Some(&name)).unwrap();
        let (mut one, mut other) = (source.begin().unwrap(), source.begin().unwrap());
        let (mut a, mut b) = ([0; 100], [0; 100]);
        one.fill(&mut a).unwrap();
        other.fill(&mut b).unwrap();
        // The first 1,024 bytes went into the test at the start.
        assert_eq!(a, numbers[1_024..1_124]);
        assert_eq!(b, numbers[1_124..1_224]);
        assert_eq!(one.fill(&mut [0; 4_096]), Err(RandomnessError::Spent));
    }

    #[test]
    fn a_hedged_source_gives_other_bytes_each_time_and_is_graded_hedged() {
        if open(ConfiguredGrade::Physical, Some("rdseed")).is_err() {
            println!("this processor has no RDSEED: nothing was tried");
            return;
        }
        let source = open(ConfiguredGrade::Hedged, Some("rdseed")).unwrap();
        let mut hedged = source.begin().unwrap();
        let (mut one, mut other) = ([0; 64], [0; 64]);
        hedged.fill(&mut one).unwrap();
        hedged.fill(&mut other).unwrap();
        assert_ne!(one, other);
        assert_eq!(hedged.grade(), RandomnessGrade::Hedged);
    }
}
