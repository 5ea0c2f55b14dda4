//! The work of an order's life, one file per stage: plain work that knows nothing of states. An error
//! carries the decision whether trying again may help.

pub(crate) mod build;
pub(crate) mod route;
pub(crate) mod settle;

use domain::event::{Failure, FailureCode};

/// Why a stage did not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StageError {
    /// Another execution may go better.
    #[error("{}", .0.reason)]
    Transient(Failure),
    /// No further execution can go better.
    #[error("{}", .0.reason)]
    Permanent(Failure),
}

impl StageError {
    pub(crate) fn transient(code: FailureCode, reason: impl Into<String>) -> Self {
        Self::Transient(failure(code, reason))
    }

    pub(crate) fn permanent(code: FailureCode, reason: impl Into<String>) -> Self {
        Self::Permanent(failure(code, reason))
    }
}

pub(crate) fn failure(code: FailureCode, reason: impl Into<String>) -> Failure {
    let reason = reason.into();
    Failure { code, reason }
}
