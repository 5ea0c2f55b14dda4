//! Stopping: a soft request first, a hard one when that takes too long, and a count of who still runs.

use std::future::Future;

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// Made once in `main`, cloned into everything that runs. Soft: take no more work, finish what runs.
/// Hard: drop everything; what was stored is enough for another process to go on.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
}

impl Shutdown {
    /// A fresh one: nobody has asked to stop.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everything to finish.
    pub fn request_soft(&self) {
        self.soft.cancel();
    }

    /// Ends everything now.
    pub fn request_hard(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Whether stopping was asked for.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Waits until stopping is asked for.
    pub fn soft(&self) -> WaitForCancellationFuture<'_> {
        self.soft.cancelled()
    }

    /// Waits until everything must end.
    pub fn hard(&self) -> WaitForCancellationFuture<'_> {
        self.hard.cancelled()
    }

    /// Runs a background task until it ends or the hard request comes. A task marked essential by its
    /// caller asks the rest to stop when it ends early; see [`Shutdown::spawn_essential`].
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let hard = self.hard.clone();
        self.tracker.spawn(async move {
            hard.run_until_cancelled_owned(task).await;
        });
    }

    /// Runs a background task without which the process is of no use: when it ends before anybody asked
    /// to stop, the process stops.
    pub fn spawn_essential(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let shutdown = self.clone();
        let guard = EndsEarly {
            shutdown: self.clone(),
            name,
        };
        self.tracker.spawn(async move {
            // Dropped also when the task panics.
            let _guard = guard;
            shutdown.hard.run_until_cancelled(task).await;
        });
    }

    /// Waits until every background task has ended.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

struct EndsEarly {
    shutdown: Shutdown,
    name: &'static str,
}

impl Drop for EndsEarly {
    fn drop(&mut self) {
        if !self.shutdown.is_stopping() {
            tracing::error!(
                task = self.name,
                "the task {} ended early; stopping",
                self.name
            );
            self.shutdown.request_soft();
        }
    }
}
