//! Why a chain's file cannot be opened.

use std::path::PathBuf;

/// Why a chain cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the simulated cluster {path} is in use by another process (process id {pid})")]
    InUse { path: PathBuf, pid: String },
    #[error(
        "the simulated cluster's file was written by a newer version ({found}) than this one ({known})"
    )]
    TooNew { found: usize, known: usize },
    #[error("the simulated cluster cannot be read: {0}")]
    Unreadable(String),
    #[error("the simulated cluster's file cannot be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the simulated cluster's folder or threads are not available")]
    Io(#[from] std::io::Error),
}

impl From<sqlite_kit::OpenError> for OpenError {
    fn from(error: sqlite_kit::OpenError) -> Self {
        match error {
            sqlite_kit::OpenError::Newer { found, known } => Self::TooNew { found, known },
            sqlite_kit::OpenError::Sql(error) => error.into(),
            sqlite_kit::OpenError::Thread(error) => error.into(),
        }
    }
}
