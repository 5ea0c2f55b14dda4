//! How long a request waits for the store and for the chain: if no answer comes in time, the error says what may have
//! happened.

use std::time::Duration;

use ports::chain;

use crate::error::{ApiError, Code, Result};

/// A store that has not answered a read by then counts as down.
const READ_PATIENCE: Duration = Duration::from_secs(5);
/// A store that has not confirmed a write by then may still do so: the client is told to repeat.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
/// A chain that has not answered a question by then counts as away.
const CHAIN_PATIENCE: Duration = Duration::from_secs(5);
/// What an operator does to a simulated cluster may have to land first.
const CHAIN_ACT_PATIENCE: Duration = Duration::from_secs(15);
/// When to ask the chain again.
const RETRY_CHAIN: Duration = Duration::from_secs(2);

/// Waits for a read.
pub(crate) async fn read<T>(answer: impl Future<Output = ports::Result<T>>) -> Result<T> {
    match tokio::time::timeout(READ_PATIENCE, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => {
            tracing::warn!("the store did not answer within {READ_PATIENCE:?}");
            Err(ApiError::store_unavailable())
        }
    }
}

/// Waits for the outcome of a write.
pub(crate) async fn write<T>(outcome: impl Future<Output = ports::Result<T>>) -> Result<T> {
    match tokio::time::timeout(WRITE_PATIENCE, outcome).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => {
            tracing::warn!("the store did not confirm a write within {WRITE_PATIENCE:?}");
            Err(ApiError::outcome_unknown())
        }
    }
}

/// Waits for the end of another request with the same idempotency key. If it does not end in time,
/// nobody knows its outcome.
pub(crate) async fn sibling<T>(end: impl Future<Output = T>) -> Result<T> {
    let patience = tokio::time::timeout(WRITE_PATIENCE, end);
    patience.await.map_err(|_| ApiError::outcome_unknown())
}

/// Waits for what the chain knows.
pub(crate) async fn chain<T>(
    answer: impl Future<Output = std::result::Result<T, chain::Error>>,
) -> Result<T> {
    match tokio::time::timeout(CHAIN_PATIENCE, answer).await {
        Ok(answer) => answer.map_err(ApiError::from),
        Err(_) => {
            tracing::warn!("the chain did not answer within {CHAIN_PATIENCE:?}");
            Err(chain_unavailable("the chain does not answer"))
        }
    }
}

/// Waits for what an operator does to a simulated cluster.
pub(crate) async fn chain_act<T>(
    outcome: impl Future<Output = std::result::Result<T, chain::Error>>,
) -> Result<T> {
    match tokio::time::timeout(CHAIN_ACT_PATIENCE, outcome).await {
        Ok(outcome) => outcome.map_err(ApiError::from),
        Err(_) => {
            tracing::warn!("the chain did not confirm an act within {CHAIN_ACT_PATIENCE:?}");
            Err(chain_unavailable(
                "the chain did not confirm in time; it may have done it",
            ))
        }
    }
}

/// What a chain says of a refusal is about the request alone.
impl From<chain::Error> for ApiError {
    fn from(error: chain::Error) -> Self {
        match error {
            chain::Error::Refused(why) => Self::new(Code::InvalidRequest, why),
            chain::Error::Unavailable(_) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the chain gave no usable answer");
                chain_unavailable("the chain does not answer")
            }
        }
    }
}

pub(crate) fn chain_unavailable(detail: &'static str) -> ApiError {
    ApiError::new(Code::ChainUnavailable, detail).retry_after(RETRY_CHAIN)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::error::Code;

    #[tokio::test(start_paused = true)]
    async fn no_answer_in_time_is_a_refusal_that_says_what_may_have_happened() {
        let read = read::<()>(pending()).await.expect_err("it never comes");
        let write = write::<()>(pending()).await.expect_err("it never comes");

        assert_eq!(read.code(), Code::StoreUnavailable);
        assert_eq!(write.code(), Code::OutcomeUnknown);
    }
}
