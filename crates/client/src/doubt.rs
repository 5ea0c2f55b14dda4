//! Whether an order may have been made, judged after each try under one key.
//!
//! A try of which nothing was heard may have been stored, or may be yet: from then on only an accepted order,
//! or a refusal of the order itself, says what became of it. That the engine is busy or cannot reach its
//! store says nothing about the tries before.

use api_types::Problem;

use crate::Error;
use crate::transport::{Arrival, Failed};

/// Codes of 5xx answers that say for certain: this very try has stored nothing.
const STORED_NOTHING: [&str; 5] = [
    "store_unavailable",
    "store_full",
    "queue_full",
    "chain_unavailable",
    "stopping",
];

/// What a failed try leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No order comes of any try under the key.
    Refused,
    /// None comes of this one; the tries before are as they were.
    NothingNew,
    /// One may come of this one.
    InDoubt,
}

/// What one failed try says.
pub(crate) fn judge(failed: &Failed) -> Verdict {
    match (&failed.error, failed.arrival) {
        (Error::Refused(problem), _) => judge_refusal(problem),
        (_, Arrival::Never) => Verdict::NothingNew,
        (_, Arrival::Perhaps) => Verdict::InDoubt,
    }
}

fn judge_refusal(Problem { status, code, .. }: &Problem) -> Verdict {
    match status {
        // The gateway gives these only after it could look the key up, and for good.
        409 | 422 => Verdict::Refused,
        500.. if !STORED_NOTHING.contains(&&**code) => Verdict::InDoubt,
        _ => Verdict::NothingNew,
    }
}
