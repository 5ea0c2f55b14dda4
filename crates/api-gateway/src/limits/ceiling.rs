//! Enforces a limit on a count that only the store knows exactly, without asking it every time.
//!
//! The store's last count plus everything admitted since is never less than the true count, because
//! meanwhile orders only end. So the store is asked again only once this bound reaches the limit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An upper bound of a count. A clone is a handle to the same bound.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ceiling(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The store's last count plus what was on its way then, and when.
    known: Option<(u64, Duration)>,
    /// Admitted since then.
    admitted: u64,
    /// Admitted, and not yet stored or refused by the store.
    in_flight: u64,
}

/// A place within the limit. If it is dropped, it is free again.
#[derive(Debug)]
pub(crate) struct Room {
    ceiling: Ceiling,
    is_taken: bool,
}

impl Room {
    /// The order that the place was for is stored, or may be.
    pub(crate) fn take(mut self) {
        self.is_taken = true;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.ceiling.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if self.is_taken {
            return;
        }
        if state.admitted > 0 {
            state.admitted -= 1;
        } else if let Some((count, _)) = &mut state.known {
            *count = count.saturating_sub(1);
        }
    }
}

/// A question to the store under way.
#[derive(Debug)]
#[must_use]
pub(crate) struct Asking {
    in_flight: u64,
    admitted: u64,
}

impl Ceiling {
    fn state(&self) -> MutexGuard<'_, State> {
        // Plain numbers: a panic leaves none half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits one if the bound is below `limit` and was confirmed after `since`; if not, the store
    /// may know better.
    pub(crate) fn admit(&self, limit: u64, since: Duration) -> Option<Room> {
        let mut state = self.state();
        let (count, at) = state.known?;
        if at < since || count.saturating_add(state.admitted) >= limit {
            return None;
        }
        state.admitted += 1;
        state.in_flight += 1;
        Some(Room {
            ceiling: self.clone(),
            is_taken: false,
        })
    }

    /// Whether the bound is known to be below `limit`.
    pub(crate) fn is_below(&self, limit: u64) -> bool {
        let state = self.state();
        let bound = state
            .known
            .map(|(count, _)| count.saturating_add(state.admitted));
        bound.is_some_and(|bound| bound < limit)
    }

    /// Must be called before the store is asked.
    pub(crate) fn ask(&self) -> Asking {
        let state = self.state();
        Asking {
            in_flight: state.in_flight,
            admitted: state.admitted,
        }
    }

    /// The store's answer to a question asked at `at`.
    pub(crate) fn answer(&self, asking: &Asking, count: u64, at: Duration) {
        let mut state = self.state();
        state.known = Some((count.saturating_add(asking.in_flight), at));
        state.admitted = state.admitted.saturating_sub(asking.admitted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVER: Duration = Duration::ZERO;

    fn told(ceiling: &Ceiling, count: u64) {
        let asking = ceiling.ask();
        ceiling.answer(&asking, count, EVER);
    }

    #[test]
    fn nothing_is_let_in_before_the_store_was_asked() {
        assert!(Ceiling::default().admit(10, EVER).is_none());
    }

    #[test]
    fn no_more_than_the_limit_is_let_in_between_two_questions() {
        let ceiling = Ceiling::default();
        told(&ceiling, 2);

        let let_in: Vec<Room> = (0..10).filter_map(|_| ceiling.admit(5, EVER)).collect();

        assert_eq!(let_in.len(), 3);
    }

    #[test]
    fn what_is_on_its_way_while_the_store_is_asked_counts() {
        let ceiling = Ceiling::default();
        told(&ceiling, 0);
        let _before = ceiling.admit(2, EVER).expect("room for one");
        let asking = ceiling.ask();
        let _meanwhile = ceiling.admit(2, EVER).expect("room for another");

        ceiling.answer(&asking, 0, EVER);

        assert!(ceiling.admit(2, EVER).is_none());
    }

    #[test]
    fn what_was_turned_back_makes_room() {
        let ceiling = Ceiling::default();
        told(&ceiling, 0);
        let turned_back = ceiling.admit(1, EVER).expect("room for one");
        assert!(ceiling.admit(1, EVER).is_none());

        drop(turned_back);

        let taken = ceiling.admit(1, EVER).expect("room again");
        taken.take();
        assert!(ceiling.admit(1, EVER).is_none());
    }

    #[test]
    fn an_old_answer_is_not_trusted() {
        let ceiling = Ceiling::default();
        told(&ceiling, 0);

        assert!(ceiling.admit(5, Duration::from_secs(1)).is_none());
    }
}
