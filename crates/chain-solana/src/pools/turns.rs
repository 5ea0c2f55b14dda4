//! Only so many have a turn at once. Whoever asked last is next: he is the likeliest to wait still, and where all ask for
//! different things each has his turn in the end. Those that may wait come after all others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The turns.
#[derive(Debug)]
pub(super) struct Turns(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    turn: oneshot::Sender<Turn>,
    may_wait: Arc<AtomicBool>,
}

impl State {
    /// Takes out who is next.
    fn next(&mut self) -> Option<Waiting> {
        let hurries = |it: &Waiting| !it.may_wait.load(Ordering::Relaxed);
        let last = self.waiting.len().checked_sub(1)?;
        let next = self.waiting.iter().rposition(hurries).unwrap_or(last);
        Some(self.waiting.remove(next))
    }
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Option<Arc<Turns>>);

impl Turns {
    pub(super) fn of(free: usize) -> Arc<Self> {
        let waiting = Vec::new();
        Arc::new(Self(Mutex::new(State { free, waiting })))
    }

    /// Waits for a turn.
    ///
    /// Cancel safety: may be dropped; another one gets the turn.
    pub(super) async fn take(self: &Arc<Self>, may_wait: Arc<AtomicBool>) -> Turn {
        let waiting = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Turn(Some(Arc::clone(self)));
            }
            state.waiting.retain(|it| !it.turn.is_closed());
            let (turn, waiting) = oneshot::channel();
            state.waiting.push(Waiting { turn, may_wait });
            waiting
        };
        // Whoever has the sender is the state, which is not gone.
        waiting.await.unwrap_or(Turn(None))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(turns) = self.0.take() else {
            return;
        };
        let mut turn = Turn(Some(Arc::clone(&turns)));
        loop {
            let next = turns.state().next();
            let Some(next) = next else {
                turn.0 = None;
                turns.state().free += 1;
                return;
            };
            match next.turn.send(turn) {
                Ok(()) => return,
                // He has gone.
                Err(back) => turn = back,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn who_asked_last_is_next_and_who_has_gone_loses_no_turn() {
        let turns = Turns::of(1);
        let take = || turns.take(Arc::default());
        let first = take().now_or_never().unwrap();
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(take())).collect();
        assert!(waiting.iter_mut().all(|it| it.now_or_never().is_none()));
        waiting.pop();

        drop(first);

        assert!(waiting[0].as_mut().now_or_never().is_none());
        let second = waiting[1].as_mut().now_or_never().unwrap();
        drop(second);
        // It has come, and nobody looks at it.
        waiting.clear();
        assert!(take().now_or_never().is_some());
    }

    #[test]
    fn who_may_wait_comes_last_unless_he_must_not_wait_any_more() {
        let turns = Turns::of(1);
        let [one, two, none] = [true, true, false].map(|it| Arc::new(AtomicBool::new(it)));
        let first = turns.take(Arc::default()).now_or_never().unwrap();
        let of = |it: &Arc<AtomicBool>| Box::pin(turns.take(Arc::clone(it)));
        let mut hurries = of(&none);
        assert!(hurries.as_mut().now_or_never().is_none());
        let mut waiting = [&one, &two].map(of);
        assert!(waiting.iter_mut().all(|it| it.now_or_never().is_none()));

        drop(first);

        let hurried = hurries.now_or_never().unwrap();
        one.store(false, Ordering::Relaxed);
        drop(hurried);
        assert!(waiting[1].as_mut().now_or_never().is_none());
        drop(waiting[0].as_mut().now_or_never().unwrap());
        assert!(waiting[1].as_mut().now_or_never().is_some());
    }
}
