//! Whether the server answers at all. One call without an answer says nothing about the server
//! while other calls get theirs: it may wait for a lock, or have too much to read.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// If calls wait this long and nobody gets an answer, the server is probed.
const DOUBT: Duration = Duration::from_secs(1);

/// What this process knows about the server.
#[derive(Debug)]
pub(crate) struct Liveness {
    began: Instant,
    /// Milliseconds from the start to the last answer that anybody got.
    answered_ms: AtomicU64,
    /// Calls that wait for an answer now, and since when there has always been at least one.
    waiting: AtomicUsize,
    waiting_since_ms: AtomicU64,
    /// Set when nobody got an answer: nobody waits for the server until it answers a probe.
    away: AtomicBool,
}

impl Liveness {
    /// A server without known problems.
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            answered_ms: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            waiting_since_ms: AtomicU64::new(0),
            away: AtomicBool::new(false),
        }
    }

    /// Counts a call that waits for an answer, until the returned value is dropped.
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            // Before this call nobody was waiting, so the server has not been silent.
            self.waiting_since_ms
                .store(self.now_ms(), Ordering::Relaxed);
        }
        Waiting(&self.waiting)
    }

    /// The server answered some call.
    pub(crate) fn answered(&self) {
        self.answered_ms.fetch_max(self.now_ms(), Ordering::Relaxed);
    }

    /// A call that began then got no answer: if no other call has got one since, the server is
    /// down.
    pub(crate) fn unanswered(&self, since: Instant) {
        let since_ms = millis(since.saturating_duration_since(self.began));
        if self.answered_ms.load(Ordering::Relaxed) > since_ms {
            tracing::debug!("PostgreSQL does not answer one call but answers others");
        } else if !self.away.swap(true, Ordering::Relaxed) {
            tracing::warn!("PostgreSQL does not answer; failing calls at once until it does");
        }
    }

    /// The server answered a probe.
    pub(crate) fn is_back(&self) {
        self.answered();
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("PostgreSQL answers again");
        }
    }

    /// Whether the server counts as down.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Whether the server should be probed.
    pub(crate) fn is_in_doubt(&self) -> bool {
        let answered_ms = self.answered_ms.load(Ordering::Relaxed);
        let silent_since_ms = answered_ms.max(self.waiting_since_ms.load(Ordering::Relaxed));
        let silent_ms = self.now_ms().saturating_sub(silent_since_ms);
        self.is_away() || (self.waiting.load(Ordering::Relaxed) > 0 && silent_ms > millis(DOUBT))
    }

    fn now_ms(&self) -> u64 {
        millis(self.began.elapsed())
    }
}

/// A call that waits for an answer.
#[derive(Debug)]
pub(crate) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn a_call_without_an_answer_beside_others_with_one_makes_nobody_fail() {
        let liveness = Liveness::new();
        let _slow = liveness.waiting();
        let began = Instant::now();
        tokio::time::advance(CALL / 2).await;
        liveness.answered();
        tokio::time::advance(CALL / 2).await;

        liveness.unanswered(began);

        assert!(!liveness.is_away());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_answers_nobody_is_away_until_it_answers() {
        let liveness = Liveness::new();
        let _call = liveness.waiting();
        let began = Instant::now();
        tokio::time::advance(CALL).await;

        liveness.unanswered(began);

        assert!(liveness.is_away() && liveness.is_in_doubt());
        liveness.is_back();
        assert!(!liveness.is_away() && !liveness.is_in_doubt());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_asked_only_while_somebody_waits_for_it() {
        let liveness = Liveness::new();
        tokio::time::advance(CALL).await;
        assert!(!liveness.is_in_doubt());

        let call = liveness.waiting();
        assert!(!liveness.is_in_doubt());
        tokio::time::advance(CALL).await;

        assert!(liveness.is_in_doubt());
        drop(call);
        assert!(!liveness.is_in_doubt());
    }
}
