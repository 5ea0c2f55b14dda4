//! What signs and sends goes through a process's valve, which is open only as long as the process knows that no halt
//! stands.
//!
//! The process asks the store again and again, and each answer that nobody has halted keeps the valve open for
//! [`LEAVE`] from the moment it was asked. So no process sends anything that long after a halt is stored, whether it
//! has heard of it, is cut off from the store, or was frozen meanwhile: who halts waits [`LEAVE`] and knows it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::Clock;

/// How long one answer of the store lets a process sign and send.
pub const LEAVE: Duration = Duration::from_secs(2);

/// A process's valve.
#[derive(Debug)]
pub struct Valve {
    clock: Arc<dyn Clock>,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    open: Open,
    /// Held shut, until the store is asked after this moment.
    held_until: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Open {
    Until(Duration),
    Always,
}

impl Valve {
    /// Shut until it is opened.
    #[must_use]
    pub fn shut_at_first(clock: Arc<dyn Clock>) -> Self {
        Self::of(clock, Open::Until(Duration::ZERO))
    }

    /// Open for ever, for those whom nobody can halt.
    #[must_use]
    pub fn open(clock: Arc<dyn Clock>) -> Self {
        Self::of(clock, Open::Always)
    }

    fn of(clock: Arc<dyn Clock>, open: Open) -> Self {
        let (state, _) = watch::channel(State {
            open,
            held_until: None,
        });
        Self { clock, state }
    }

    /// Lets things through for [`LEAVE`] from when the store was asked, and no longer.
    pub fn open_since(&self, asked_at: Duration) {
        let until = Open::Until(asked_at.saturating_add(LEAVE));
        self.state.send_if_modified(|state| {
            let lets_go = state.held_until.is_some_and(|held| asked_at > held);
            if lets_go {
                state.held_until = None;
            }
            let is_later = until > state.open;
            state.open = state.open.max(until);
            is_later || lets_go
        });
    }

    /// Lets nothing through from now on; what is on its way is dropped.
    pub fn shut(&self) {
        self.state.send_modify(|state| {
            state.open = Open::Until(Duration::ZERO);
        });
    }

    /// Lets nothing through, whatever the store says, until [`Self::let_go_after`].
    pub fn hold_shut(&self) {
        let held = Some(Duration::MAX);
        self.state.send_modify(|state| state.held_until = held);
    }

    /// The store knows of the halt since this moment: whatever it says to who asks later decides again.
    pub fn let_go_after(&self, stored_at: Duration) {
        self.state.send_modify(|state| {
            state.held_until = state.held_until.map(|_| stored_at);
        });
    }

    /// Whether anything is let through now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let state = *self.state.borrow();
        self.left_of(state) != Some(Duration::ZERO)
    }

    /// Does something that leaves the process; nothing where the valve is shut, or shuts before it is done.
    ///
    /// Cancel safety: as that of what is done.
    pub async fn pass<T>(&self, leaving: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.until_shut() => None,
            done = leaving => Some(done),
        }
    }

    /// Waits until something is let through.
    ///
    /// Cancel safety: may be dropped.
    pub async fn until_open(&self) {
        let mut told = self.state.subscribe();
        loop {
            let state = *told.borrow_and_update();
            if self.left_of(state) != Some(Duration::ZERO) || told.changed().await.is_err() {
                return;
            }
        }
    }

    async fn until_shut(&self) {
        let mut told = self.state.subscribe();
        loop {
            let state = *told.borrow_and_update();
            let running_out = async {
                match self.left_of(state) {
                    Some(left) => self.clock.sleep(left).await,
                    None => std::future::pending().await,
                }
            };
            if self.left_of(state) == Some(Duration::ZERO) {
                return;
            }
            tokio::select! {
                biased;
                changed = told.changed() => if changed.is_err() {
                    return;
                },
                () = running_out => {}
            }
        }
    }

    /// How long it is still open; for ever where that is not said.
    fn left_of(&self, state: State) -> Option<Duration> {
        match state.open {
            _ if state.held_until.is_some() => Some(Duration::ZERO),
            Open::Until(until) => Some(until.saturating_sub(self.clock.monotonic())),
            Open::Always => None,
        }
    }
}

#[cfg(test)]
mod tests;
