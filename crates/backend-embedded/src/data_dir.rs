//! The folder that the embedded store lives in, and the lock that keeps a second process out of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "engine.lock";
pub(crate) const DATABASE_FILE: &str = "engine.db";

/// The folder, locked for as long as this value lives. The lock is the operating system's: it ends with
/// the process, however that ends, and a file left behind means nothing.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    was_used: bool,
    _lock: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("the data folder {} is in use by the process {pid}", .path.display())]
    InUse { path: PathBuf, pid: String },
    #[error("the data folder {} cannot be used", .path.display())]
    Unusable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl DataDir {
    /// Creates the folder where it is missing, and locks it.
    pub fn lock(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(unusable)?;
        let was_used = path.join(LOCK_FILE).exists();
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK_FILE))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DataDirError::InUse {
                    path: path.to_owned(),
                    pid: holder(&mut lock),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        leave_pid(&mut lock).map_err(unusable)?;
        Ok(Self {
            path: path.to_owned(),
            was_used,
            _lock: lock,
        })
    }

    /// Whether an engine has held this folder before.
    pub(crate) fn was_used(&self) -> bool {
        self.was_used
    }

    /// The store's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE_FILE)
    }
}

fn leave_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())?;
    lock.flush()
}

fn holder(lock: &mut File) -> String {
    let mut pid = String::new();
    match lock.take(32).read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => pid.trim().to_owned(),
        _ => "(unknown)".to_owned(),
    }
}
