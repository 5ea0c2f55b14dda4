//! Calls to a cluster that gave no answer.

use std::sync::Arc;
use std::time::Duration;

use solana_transaction_error::TransactionError;

use super::{Failure, Slot};

/// Why a call gave no answer. Each variant is a different thing for a caller to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No answer, or none for the moment: a time-out, a lost connection, a failing node. Ask again, or another.
    #[error("the cluster's endpoint did not answer")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The endpoint has had enough: leave it alone for so long, where it says how long.
    #[error("the cluster's endpoint refuses more requests for now")]
    TooManyRequests {
        /// What it asked for.
        retry_after: Option<Duration>,
    },
    /// The node is not as far as the question. Wait, or ask another.
    #[error("the node is behind the cluster")]
    Behind(Lag),
    /// The node does not hold what was asked for, or not any more. Nothing follows from it.
    #[error("the node does not hold what was asked for: {message} ({code})")]
    NotHeld {
        /// The protocol's number.
        code: i64,
        /// The node's words.
        message: String,
    },
    /// The endpoint never answers this. Do not ask it again.
    #[error("the endpoint does not offer this: {0}")]
    Unsupported(String),
    /// A transaction that would fail was not taken.
    #[error("the transaction would fail: {failure}")]
    Preflight {
        /// What with.
        failure: Failure,
        /// What its programs logged.
        logs: Vec<String>,
    },
    /// The question itself is wrong, whoever is asked: a defect of ours.
    #[error("the request is refused: {0}")]
    Refused(String),
    /// The answer is not what the protocol says, or larger than anything it should be.
    #[error("the endpoint's answer to {method} makes no sense: {reason}")]
    Malformed {
        /// What was asked.
        method: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An error with a number that has no meaning here.
    #[error("the endpoint answered with error {code}: {message}")]
    Other {
        /// The protocol's number.
        code: i64,
        /// The node's words.
        message: String,
    },
}

/// How far a node lags, as it tells itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// It does not know how far.
    Unknown,
    /// So many slots behind the cluster.
    Slots(u64),
    /// It stands at this slot, which is before the one asked for.
    StandsAt(Slot),
}

impl Error {
    /// No answer, with its cause.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(Arc::from(cause.into()))
    }

    /// Whether a transaction sent with this answer may have arrived all the same.
    #[must_use]
    pub const fn may_have_arrived(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Preflight { failure, .. } => {
                matches!(failure, Failure::Known(TransactionError::AlreadyProcessed))
            }
            _ => true,
        }
    }
}

/// An error with its causes, which alone say what went wrong with a connection.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}
