//! Whether an order may have been made, decided after each try under one key.
//!
//! A try without an answer may have been stored, or may still be. From then on only an accepted
//! order, or a refusal of the order itself, tells what became of it. That the engine is busy or
//! cannot reach its store says nothing about earlier tries.

use api_types::Problem;

use crate::Error;
use crate::transport::{Arrival, Failed};

/// Codes of 5xx answers that say for certain that this try has stored nothing.
const STORED_NOTHING: [&str; 5] = [
    "store_unavailable",
    "store_full",
    "queue_full",
    "chain_unavailable",
    "stopping",
];

/// What a failed try proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No try under the key makes an order.
    Refused,
    /// This try makes none; earlier tries are as before.
    NothingNew,
    /// This try may make one.
    InDoubt,
}

/// What one failed try proves.
pub(crate) fn judge(failed: &Failed) -> Verdict {
    match (&failed.error, failed.arrival) {
        (Error::Refused(problem), _) => judge_refusal(problem),
        (_, Arrival::Never) => Verdict::NothingNew,
        (_, Arrival::Perhaps) => Verdict::InDoubt,
    }
}

fn judge_refusal(Problem { status, code, .. }: &Problem) -> Verdict {
    match status {
        // The gateway answers with these only after it has looked the key up, and they are final.
        409 | 422 => Verdict::Refused,
        500.. if !STORED_NOTHING.contains(&&**code) => Verdict::InDoubt,
        _ => Verdict::NothingNew,
    }
}
