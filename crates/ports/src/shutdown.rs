//! Stopping: first a soft request, then a hard one if that takes too long; counts the tasks that
//! still run.

use std::future::Future;

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// Made once in `main`, cloned into every task. Soft: take no more work, finish what is begun.
/// Hard: drop everything; another process can continue from what is stored.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
}

impl Shutdown {
    /// A new one: nobody has asked to stop.
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

    /// Whether somebody has asked to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Waits until somebody asks to stop.
    pub fn soft(&self) -> WaitForCancellationFuture<'_> {
        self.soft.cancelled()
    }

    /// Waits until everything must end at once.
    pub fn hard(&self) -> WaitForCancellationFuture<'_> {
        self.hard.cancelled()
    }

    /// Runs a background task until it ends or the hard request comes. If the process is useless
    /// without it, use [`Shutdown::spawn_essential`].
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let hard = self.hard.clone();
        self.tracker.spawn(async move {
            hard.run_until_cancelled_owned(task).await;
        });
    }

    /// Runs a background task until it ends or somebody asks to stop: one that has nothing to finish.
    pub fn spawn_until_soft(&self, task: impl Future<Output = ()> + Send + 'static) {
        let soft = self.soft.clone();
        self.spawn(async move {
            soft.run_until_cancelled_owned(task).await;
        });
    }

    /// Runs a background task without which the process is useless: if it ends before anybody has
    /// asked to stop, the process stops.
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
            // Dropped even if the task panics.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_with_nothing_to_finish_holds_up_no_stop() {
        let shutdown = Shutdown::new();
        shutdown.spawn_until_soft(std::future::pending());

        shutdown.request_soft();

        shutdown.finished().await;
    }
}
