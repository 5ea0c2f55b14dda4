//! The work of an execution, one file per stage: plain work that knows nothing about states. An
//! error says whether another try may help.

pub(crate) mod build;
pub(crate) mod landing;
pub(crate) mod limits;
mod revert;
pub(crate) mod route;
pub(crate) mod settle;
pub(crate) mod word;

use domain::event::{Failure, FailureCode};

/// Why a stage failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StageError {
    /// Another execution may succeed.
    #[error("{}", .0.reason)]
    Transient(Failure),
    /// No further execution can succeed.
    #[error("{}", .0.reason)]
    Permanent(Failure),
}

impl StageError {
    /// What failed.
    pub(crate) const fn failure(&self) -> &Failure {
        match self {
            Self::Transient(failure) | Self::Permanent(failure) => failure,
        }
    }

    pub(crate) fn transient(code: FailureCode, reason: impl Into<String>) -> Self {
        Self::Transient(failure(code, reason))
    }

    pub(crate) fn permanent(code: FailureCode, reason: impl Into<String>) -> Self {
        Self::Permanent(failure(code, reason))
    }
}

pub(crate) fn failure(code: FailureCode, reason: impl Into<String>) -> Failure {
    let reason = reason.into();
    Failure {
        code,
        reason,
        landing: None,
        paid_lamports: None,
    }
}
