//! Finishes every write that a call has begun, whether or not its client stays.
//!
//! The server drops a request's future when the connection breaks. If that dropped a write, the
//! store would have it and nobody would announce it. So everything between a write and its
//! announcement runs in a task of its own, and a broken connection loses only the answer.

use std::sync::Arc;
use std::time::Duration;

use ports::Shutdown;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::error::{ApiError, Result};

/// Writes under way at once, each with a body of up to 64 KiB. Connections do not bound them,
/// because a client may open and break many while a store stalls.
const UNDER_WAY_MAX: usize = 4_096;
/// A call that finds no room within this time is refused; nothing was begun.
const ROOM_PATIENCE: Duration = Duration::from_secs(5);

/// The writes that one gateway has under way.
#[derive(Debug)]
pub(crate) struct Acts {
    shutdown: Shutdown,
    room: Arc<Semaphore>,
    under_way: TaskTracker,
}

impl Acts {
    /// None is under way yet. The hard request ends all of them.
    #[must_use]
    pub(crate) fn new(shutdown: &Shutdown) -> Self {
        Self {
            shutdown: shutdown.clone(),
            room: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            under_way: TaskTracker::new(),
        }
    }

    /// Runs work that changes the store and announces the change.
    ///
    /// Cancel safety: before there is room, nothing is done; from then on everything is.
    pub(crate) async fn run_to_end<T: Send + 'static>(
        &self,
        act: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let room = Arc::clone(&self.room).acquire_owned();
        let room = match tokio::time::timeout(ROOM_PATIENCE, room).await {
            Ok(Ok(room)) => room,
            Ok(Err(_)) => return Err(ApiError::stopping()),
            Err(_) => return Err(ApiError::store_unavailable()),
        };
        let shutdown = self.shutdown.clone();
        let task = async move {
            let _room = room;
            tokio::select! {
                biased;
                () = shutdown.hard() => Err(ApiError::outcome_unknown()),
                outcome = act => outcome,
            }
        };
        // On this thread's own runtime, which outlives the task: see `Self::end`.
        let task = self.under_way.spawn(task.in_current_span());
        task.await.unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a write's task panicked or was aborted"
            );
            Err(ApiError::outcome_unknown())
        })
    }

    /// Begins nothing more and waits until everything under way has ended, or for this long. Until
    /// then the server's threads, on which the tasks run, must stay.
    pub(crate) async fn end(&self, limit: Duration) {
        self.room.close();
        self.under_way.close();
        if tokio::time::timeout(limit, self.under_way.wait())
            .await
            .is_err()
        {
            let count = self.under_way.len();
            tracing::warn!(
                count,
                "{count} writes are not confirmed; they may be stored"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::sync::oneshot;
    use tokio::task::unconstrained;

    use super::*;
    use crate::error::Code;

    #[tokio::test(start_paused = true)]
    async fn an_act_goes_on_when_nobody_waits_for_it_any_more() {
        let acts = Acts::new(&Shutdown::new());
        let (store, answer) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();

        let mut act = Box::pin(acts.run_to_end(async move {
            answer.await.expect("the store answers");
            tell.send("told").expect("the test listens");
            Ok(())
        }));
        assert!((&mut act).now_or_never().is_none());
        drop(act);
        store.send(()).expect("the act waits");

        assert_eq!(told.await, Ok("told"));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_waits_for_what_is_under_way_and_lets_nothing_new_begin() {
        let acts = Acts::new(&Shutdown::new());
        let (store, answer) = oneshot::channel::<()>();
        let act = acts.run_to_end(async move {
            answer.await.expect("the store answers");
            Ok("done")
        });
        tokio::pin!(act);
        assert!((&mut act).now_or_never().is_none());

        let mut end = Box::pin(acts.end(Duration::from_secs(6)));
        assert!((&mut end).now_or_never().is_none());
        let refused = acts.run_to_end(async { Ok(()) }).await;
        store.send(()).expect("the act waits");
        end.await;

        assert_eq!(refused.expect_err("too late").code(), Code::Stopping);
        assert_eq!(act.await.expect("it was begun"), "done");
    }

    #[tokio::test(start_paused = true)]
    async fn an_act_that_the_hard_request_cuts_short_has_an_unknown_outcome() {
        let shutdown = Shutdown::new();
        let acts = Acts::new(&shutdown);
        let act = acts.run_to_end(std::future::pending::<Result<()>>());
        tokio::pin!(act);
        assert!((&mut act).now_or_never().is_none());

        shutdown.request_hard();

        let cut_short = act.await.expect_err("it cannot have ended");
        assert_eq!(cut_short.code(), Code::OutcomeUnknown);
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_room_for_so_many_acts_and_no_more() {
        let acts = Acts::new(&Shutdown::new());
        for _ in 0..UNDER_WAY_MAX {
            let act = acts.run_to_end(std::future::pending::<Result<()>>());
            assert!(unconstrained(act).now_or_never().is_none());
        }

        let refused = acts.run_to_end(async { Ok(()) }).await;

        let refused = refused.expect_err("there is no room");
        assert_eq!(refused.code(), Code::StoreUnavailable);
    }
}
