//! What can go wrong with a backend, by what the caller can do about it.

use std::error::Error as StdError;

type Source = Box<dyn StdError + Send + Sync>;

/// A backend's failure. "Not found" and "another writer won" are outcomes, not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It did not answer, and nothing was changed. Try again later.
    #[error("{what} is unavailable")]
    Unavailable {
        what: &'static str,
        #[source]
        source: Source,
    },
    /// A write got no answer: it may have happened, or may still happen. Repeat exactly the same
    /// call (same ids) to learn which.
    #[error("the outcome of a write to {what} is unknown")]
    OutcomeUnknown {
        what: &'static str,
        #[source]
        source: Source,
    },
    /// It is full: a disk, a memory limit. Nothing was changed.
    #[error("{what} is full")]
    Full {
        what: &'static str,
        #[source]
        source: Source,
    },
    /// Too many calls of this kind are waiting; other kinds are answered. Nothing was changed. Try
    /// again a little later.
    #[error("{what} has too many of these calls waiting")]
    Busy { what: &'static str },
    /// The backend holds data that this program cannot read. A person must look.
    #[error("{what} holds something unreadable")]
    Corrupt {
        what: &'static str,
        #[source]
        source: Source,
    },
}

impl Error {
    /// The backend `what` did not answer, and nothing was changed.
    pub fn unavailable(what: &'static str, source: impl Into<Source>) -> Self {
        Self::Unavailable {
            what,
            source: source.into(),
        }
    }

    /// A write to `what` got no answer.
    pub fn outcome_unknown(what: &'static str, source: impl Into<Source>) -> Self {
        Self::OutcomeUnknown {
            what,
            source: source.into(),
        }
    }

    /// The backend `what` is full.
    pub fn full(what: &'static str, source: impl Into<Source>) -> Self {
        Self::Full {
            what,
            source: source.into(),
        }
    }

    /// The backend `what` holds unreadable data.
    pub fn corrupt(what: &'static str, source: impl Into<Source>) -> Self {
        Self::Corrupt {
            what,
            source: source.into(),
        }
    }

    /// Whether a later try may succeed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::Corrupt { .. })
    }
}

/// The result of asking a backend.
pub type Result<T> = std::result::Result<T, Error>;
