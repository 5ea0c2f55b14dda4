//! Asking the chain, with a limit to its patience.

use std::time::Duration;

use ports::chain::Error;
use tokio::time::timeout;

/// A chain that needs longer for one answer counts as down.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What the chain answers, or that it did not do so in time.
pub(crate) async fn in_time<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let no_answer = || Error::Unavailable("no answer in time".to_owned());
    timeout(PATIENCE, call)
        .await
        .unwrap_or_else(|_| Err(no_answer()))
}
