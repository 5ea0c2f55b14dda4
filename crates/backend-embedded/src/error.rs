//! SQLite's failures, by what the caller can do about them.

use std::sync::Arc;

use rusqlite::ErrorCode;

/// The name of this backend in errors.
pub(crate) const STORE: &str = "the embedded store";

/// Why a statement, or the reading of its rows, failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Fault {
    #[error("SQLite failed")]
    Sql(#[source] Arc<rusqlite::Error>),
    #[error("a row's JSON is unreadable")]
    Json(#[source] Arc<serde_json::Error>),
    #[error("{what} holds a value that makes no sense")]
    Senseless { what: &'static str },
    /// The commit itself failed, but its data may be on the disk.
    #[error("a commit failed")]
    Commit(#[source] Arc<rusqlite::Error>),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(Arc::new(error))
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(Arc::new(error))
    }
}

impl Fault {
    /// A failed commit: its outcome is unknown only if the disk failed during the write.
    pub(crate) fn at_commit(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::SystemIoFailure) => Self::Commit(Arc::new(error)),
            _ => Self::from(error),
        }
    }

    /// Whether the same commands may succeed one by one. A commit of unknown outcome is not
    /// repeated.
    pub(crate) const fn is_worth_splitting(&self) -> bool {
        !matches!(self, Self::Commit(_))
    }
}

impl From<Fault> for ports::Error {
    fn from(fault: Fault) -> Self {
        let code = match &fault {
            Fault::Sql(error) => error.sqlite_error_code(),
            Fault::Json(_) | Fault::Senseless { .. } => None,
            Fault::Commit(_) => return Self::outcome_unknown(STORE, fault),
        };
        match code {
            Some(ErrorCode::DiskFull) => Self::full(STORE, fault),
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::unavailable(STORE, fault),
            // The rest means a file that is not a store, or a defect: waiting cures neither.
            _ => Self::corrupt(STORE, fault),
        }
    }
}

/// No answer came within the store's time limit.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", .0.as_secs())]
pub(crate) struct TimedOut(pub(crate) std::time::Duration);
