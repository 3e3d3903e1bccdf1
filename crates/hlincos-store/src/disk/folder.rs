//! The real disk: one folder of the file system, locked for this process.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, FlockOperation};
use rustix::io::Errno;

use super::{Disk, DiskFile};

/// Keeps the files of a store in one folder; the lock on it goes when this is dropped.
#[derive(Debug)]
pub struct FolderDisk {
    path: PathBuf,
    folder: File,
    _lock: File,
}

#[derive(Debug)]
struct FolderFile(File);

impl FolderDisk {
    /// Opens the folder, making it if it is not there, closes it to other users and locks it.
    ///
    /// # Errors
    /// `WouldBlock` when another process holds it; else whatever the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        // A folder that a power loss can take away would take the store with it.
        let made = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty());
        let made = made.take_while(|folder| !folder.is_dir()).count();
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        for parent in path.canonicalize()?.ancestors().skip(1).take(made) {
            File::open(parent)?.sync_all()?;
        }
        let folder = File::open(path)?;
        if folder.metadata()?.permissions().mode() & 0o777 != 0o700 {
            folder.set_permissions(Permissions::from_mode(0o700))?;
        }
        let lock = options()
            .create(true)
            .truncate(false)
            .open(path.join("lock"))?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self {
            path: path.to_owned(),
            folder,
            _lock: lock,
        })
    }
}

impl Disk for FolderDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in self.path.read_dir()? {
            // A name that is not UTF-8 is none of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = options().create_new(true).open(self.path.join(name))?;
        Ok(Arc::new(FolderFile(file)))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(FolderFile(options().open(self.path.join(name))?)))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        self.folder.sync_all()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::fs::fstatvfs(&self.folder)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

impl DiskFile for FolderFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    /// Growing takes the room at once where the file system can, so that a later write into it
    /// does not find the disk full.
    fn set_length(&self, length: u64) -> io::Result<()> {
        let held = self.length()?;
        if length > held {
            let taken =
                rustix::fs::fallocate(&self.0, FallocateFlags::empty(), held, length - held);
            match taken {
                Err(Errno::OPNOTSUPP) => {}
                taken => return Ok(taken?),
            }
        }
        self.0.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}
