//! How long a request waits for the store: if no answer comes in time, the error says what may have
//! happened.

use std::time::Duration;

use crate::error::{ApiError, Result};

/// A store that has not answered a read by then counts as down.
const READ_PATIENCE: Duration = Duration::from_secs(5);
/// A store that has not confirmed a write by then may still do so: the client is told to repeat.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);

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
