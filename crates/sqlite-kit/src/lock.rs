//! The file that keeps a second process out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Held while this value lives. The operating system keeps the lock: it ends with the process,
/// however that ends, and a file left behind means nothing.
#[derive(Debug)]
pub struct Lock {
    was_there: bool,
    _file: File,
}

/// Why a lock cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("the process {pid} has it")]
    InUse { pid: String },
    #[error("the lock file or its folder cannot be used")]
    Unusable(#[from] io::Error),
}

impl Lock {
    /// Takes the lock, and writes this process' id into its file. Creates the file and its folder
    /// if they are missing.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let was_there = path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = holder(&mut file);
                return Err(LockError::InUse { pid });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        leave_pid(&mut file)?;
        Ok(Self {
            was_there,
            _file: file,
        })
    }

    /// Whether another process has held this lock before.
    #[must_use]
    pub const fn was_there(&self) -> bool {
        self.was_there
    }
}

fn leave_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    file.flush()
}

fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    match file.take(32).read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => pid.trim().to_owned(),
        _ => "(unknown)".to_owned(),
    }
}
