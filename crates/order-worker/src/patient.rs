//! Keeps orders that have fired and wait for their own minimum from filling a worker. They come back again and again, and
//! before everybody's starts: together they look for no more than a part of the time that all slots have.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Of so many slots' time looks take one's.
const SHARE: u32 = 4;
/// How long a look is taken to last before any was measured.
const FIRST_GUESS: Duration = Duration::from_millis(50);

/// When the next of them may look.
#[derive(Debug)]
pub(crate) struct Patient {
    slots: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next_at: Duration,
    /// How long the last look took.
    lasts: Duration,
}

impl Patient {
    pub(crate) fn new(slots: u32) -> Self {
        Self {
            slots: slots.max(1),
            state: Mutex::new(State {
                next_at: Duration::ZERO,
                lasts: FIRST_GUESS,
            }),
        }
    }

    /// Whether one of them may look now. Whoever may says afterwards how long it took.
    pub(crate) fn may_look(&self, now: Duration) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now < state.next_at {
            return false;
        }
        state.next_at = now + state.lasts * SHARE / self.slots;
        true
    }

    pub(crate) fn has_looked(&self, took: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.lasts = took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many looks begin in a minute of those that all ask in every millisecond.
    fn looks_in_a_minute(slots: u32, took: Duration) -> u32 {
        let patient = Patient::new(slots);
        let mut looks = 0;
        for millis in 0..60_000 {
            if patient.may_look(Duration::from_millis(millis)) {
                patient.has_looked(took);
                looks += 1;
            }
        }
        looks
    }

    #[test]
    fn looks_take_a_quarter_of_all_slots_time() {
        for (slots, most) in [(1, 15), (8, 120)] {
            let looks = looks_in_a_minute(slots, SECOND);
            assert!((most..=most + 1).contains(&looks), "{looks} of {slots}");
        }
    }

    #[test]
    fn looks_that_take_no_time_wait_for_nothing() {
        assert!(looks_in_a_minute(4, Duration::ZERO) > 50_000);
    }
}
