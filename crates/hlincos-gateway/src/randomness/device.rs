//! A hardware generator behind a device file, such as `/dev/hwrng`.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use hlincos_sharing::{Randomness, RandomnessError, RandomnessGrade};

use super::SourceError;

/// A character device that is not the kernel's generator.
///
/// Security: physical as far as the device is; whoever names it in the configuration vouches.
pub(super) struct Device(File);

impl Device {
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let unusable = |why: String| SourceError::Unusable {
            path: path.to_owned(),
            why,
        };
        let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
        let meta = file
            .metadata()
            .map_err(|error| unusable(error.to_string()))?;
        if !meta.file_type().is_char_device() {
            return Err(unusable(
                "it is no device; for a file of random numbers write file: before its path".into(),
            ));
        }
        let number = (
            rustix::fs::major(meta.rdev()),
            rustix::fs::minor(meta.rdev()),
        );
        if KERNEL_MEMORY_DEVICES.contains(&number) {
            return Err(SourceError::KernelGenerator(path.to_owned()));
        }
        Ok(Self(file))
    }
}

impl Randomness for Device {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        self.0.read_exact(out).map_err(|_| RandomnessError::Silent)
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Physical
    }
}

/// `/dev/zero`, `/dev/full`, `/dev/random`, `/dev/urandom` by whatever name (Linux, devices.txt).
const KERNEL_MEMORY_DEVICES: [(u32, u32); 4] = [(1, 5), (1, 7), (1, 8), (1, 9)];
