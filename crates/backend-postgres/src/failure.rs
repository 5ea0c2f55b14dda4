//! What PostgreSQL's errors mean for the caller.

use std::error::Error as StdError;
use std::sync::Arc;

use deadpool_postgres::PoolError;
use ports::Error;
use tokio_postgres::error::SqlState;

const STORE: &str = "PostgreSQL";

/// Why a call failed; cheap to give to every caller of a batch.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// Nothing was changed; a later try may work.
    Unavailable(Cause),
    /// The write may have happened.
    OutcomeUnknown(Cause),
    /// The server is full; nothing was changed.
    Full(Cause),
    /// Too many calls of this kind at once.
    Busy,
    /// The server refused the statement for its content, or the stored data is unreadable.
    Corrupt(Cause),
    /// Rolled back because of another transaction: the same call may work again.
    Rollback(Cause),
    /// Another transaction inserted a row that must be unique: one by one, the requests show which
    /// lost.
    Duplicate(Cause),
}

/// An error shared by the callers of a batch.
pub(crate) type Cause = Arc<dyn StdError + Send + Sync>;

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Shared(Cause);

/// No answer came in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
pub(crate) struct TooLate(pub(crate) std::time::Duration);

/// The server does not answer at the moment; see [`crate::db::Db`].
#[derive(Debug, thiserror::Error)]
#[error("the server has not answered lately")]
pub(crate) struct Away;

/// The task that should have answered has ended.
#[derive(Debug, thiserror::Error)]
#[error("the store is being closed")]
pub(crate) struct Stopped;

/// Stored text that is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{what} of {of} cannot be read")]
pub(crate) struct Unreadable {
    pub(crate) what: &'static str,
    pub(crate) of: String,
    #[source]
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// No connection was available: nothing was sent.
    pub(crate) fn unconnected(error: PoolError) -> Self {
        Self::Unavailable(Arc::new(error))
    }

    /// A read that got no answer or an error.
    pub(crate) fn read(error: tokio_postgres::Error) -> Self {
        match Self::write(error) {
            Self::OutcomeUnknown(cause) | Self::Rollback(cause) => Self::Unavailable(cause),
            other => other,
        }
    }

    /// A write that got no answer or an error.
    pub(crate) fn write(error: tokio_postgres::Error) -> Self {
        let code = error.code().cloned();
        let cause: Cause = Arc::new(error);
        let Some(code) = code else {
            // The server did not answer: the connection broke.
            return Self::OutcomeUnknown(cause);
        };
        match code {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
                Self::Rollback(cause)
            }
            SqlState::UNIQUE_VIOLATION => Self::Duplicate(cause),
            SqlState::DISK_FULL | SqlState::OUT_OF_MEMORY => Self::Full(cause),
            // The server itself says that it rolled back.
            SqlState::QUERY_CANCELED
            | SqlState::LOCK_NOT_AVAILABLE
            | SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::TOO_MANY_CONNECTIONS => Self::Unavailable(cause),
            // The session was ended, perhaps during the commit.
            SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => Self::OutcomeUnknown(cause),
            other if is_refusal(other.code()) => Self::Corrupt(cause),
            _ => Self::OutcomeUnknown(cause),
        }
    }

    /// A read failed after a write of the same call that was made: the caller must not believe that
    /// nothing was written.
    pub(crate) fn after_a_write(self) -> Self {
        match self {
            Self::Unavailable(cause) | Self::Rollback(cause) => Self::OutcomeUnknown(cause),
            other => other,
        }
    }

    /// No answer to a write within the limit.
    pub(crate) fn silent_write(limit: std::time::Duration) -> Self {
        Self::OutcomeUnknown(Arc::new(TooLate(limit)))
    }

    /// No answer to a read, or no connection, within the limit.
    pub(crate) fn silent(limit: std::time::Duration) -> Self {
        Self::Unavailable(Arc::new(TooLate(limit)))
    }

    /// Stored text that is not valid.
    pub(crate) fn unreadable(
        what: &'static str,
        of: impl std::fmt::Display,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Corrupt(Arc::new(Unreadable {
            what,
            of: of.to_string(),
            source: Some(source.into()),
        }))
    }

    /// Whether its connection may be in the middle of something.
    pub(crate) const fn spoils_connection(&self) -> bool {
        matches!(self, Self::OutcomeUnknown(_) | Self::Unavailable(_))
    }
}

/// Errors in the content of a statement: data, constraints, syntax. Trying again does not cure
/// them.
fn is_refusal(code: &str) -> bool {
    ["22", "23", "42", "0A"]
        .iter()
        .any(|class| code.starts_with(class))
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) | Failure::Rollback(cause) => {
                Self::unavailable(STORE, Shared(cause))
            }
            Failure::OutcomeUnknown(cause) => Self::outcome_unknown(STORE, Shared(cause)),
            Failure::Full(cause) => Self::full(STORE, Shared(cause)),
            Failure::Busy => Self::Busy { what: STORE },
            Failure::Corrupt(cause) | Failure::Duplicate(cause) => {
                Self::corrupt(STORE, Shared(cause))
            }
        }
    }
}
