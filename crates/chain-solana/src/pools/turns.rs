//! Only so many have a turn at once. Whoever asked last is next: he is the likeliest to wait still, and where all ask for
//! different things each has his turn in the end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The turns.
#[derive(Debug)]
pub(super) struct Turns(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    waiting: Vec<oneshot::Sender<Turn>>,
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
    pub(super) async fn take(self: &Arc<Self>) -> Turn {
        let waiting = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Turn(Some(Arc::clone(self)));
            }
            state.waiting.retain(|it| !it.is_closed());
            let (sender, waiting) = oneshot::channel();
            state.waiting.push(sender);
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
            let next = turns.state().waiting.pop();
            let Some(next) = next else {
                turn.0 = None;
                turns.state().free += 1;
                return;
            };
            match next.send(turn) {
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
        let first = turns.take().now_or_never().unwrap();
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(turns.take())).collect();
        assert!(waiting.iter_mut().all(|it| it.now_or_never().is_none()));
        waiting.pop();

        drop(first);

        assert!(waiting[0].as_mut().now_or_never().is_none());
        let second = waiting[1].as_mut().now_or_never().unwrap();
        drop(second);
        // It has come, and nobody looks at it.
        waiting.clear();
        assert!(turns.take().now_or_never().is_some());
    }
}
