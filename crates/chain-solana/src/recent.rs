//! An answer that serves whoever asks within a while: one question at a time, also where it fails.

use std::sync::Arc;
use std::time::Duration;

use ports::Clock;

use crate::recent_by::RecentBy;

/// The newest answer to one question.
#[derive(Debug)]
pub(crate) struct Recent<T: Clone, E: Clone>(RecentBy<(), T, E>);

impl<T, E> Recent<T, E>
where
    T: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// Nothing is asked yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, used_for: Duration) -> Self {
        Self(RecentBy::new(clock, used_for))
    }

    /// The last answer, or a new one where it was asked for too long ago. No error is kept.
    ///
    /// Cancel safety: may be dropped; whoever shares the question goes on with it.
    pub(crate) async fn get(
        &self,
        ask: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E> {
        self.0.get((), ask).await
    }
}
