//! Faults on order, for tests in the same process: what happens to the next transactions sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::transaction::Height;

/// What shall happen to the next transactions. Each kind has a count of its own, so one may be held and lose its reply
/// too.
#[derive(Debug, Default)]
pub struct Planned {
    armed: AtomicBool,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    lost_replies: usize,
    dropped: usize,
    held: usize,
    held_until: u64,
}

/// What happens to one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fault {
    /// Accepted, but the reply is lost.
    pub(super) reply_is_lost: bool,
    /// Accepted, and forgotten.
    pub(super) is_dropped: bool,
    /// Executed at this height and no earlier.
    pub(super) held_until: Option<u64>,
}

impl Planned {
    /// The next `count` transactions are accepted, but the replies are lost.
    pub fn lose_next_replies(&self, count: usize) {
        self.change(|plan| plan.lost_replies = count);
    }

    /// The next `count` transactions are accepted and then forgotten.
    pub fn drop_next(&self, count: usize) {
        self.change(|plan| plan.dropped = count);
    }

    /// The next `count` transactions are executed at this height and no earlier.
    pub fn hold_next_until(&self, count: usize, height: Height) {
        self.change(|plan| {
            plan.held = count;
            plan.held_until = height.get();
        });
    }

    pub(super) fn take(&self) -> Fault {
        if !self.armed.load(Ordering::Acquire) {
            return Fault::default();
        }
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = Fault {
            reply_is_lost: take_one(&mut plan.lost_replies),
            is_dropped: take_one(&mut plan.dropped),
            held_until: take_one(&mut plan.held).then_some(plan.held_until),
        };
        let left = plan.lost_replies + plan.dropped + plan.held;
        self.armed.store(left > 0, Ordering::Release);
        fault
    }

    fn change(&self, change: impl FnOnce(&mut Plan)) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut plan);
        self.armed.store(true, Ordering::Release);
    }
}

fn take_one(left: &mut usize) -> bool {
    let taken = *left > 0;
    *left = left.saturating_sub(1);
    taken
}
