//! Block heights: computed from the clock, without a task that counts, and never lower than before, even after
//! a restart.
//!
//! A mark on disk is a few blocks ahead of every height ever shown, and a restart begins at the mark. No
//! height beyond the mark is shown: a caller who needs one waits until the mark has moved.
//!
//! **Invariant:** once a height was shown, no transaction whose last valid height is below it can land or
//! become visible later. The ledger's writer pins the height before it judges a batch, and unpins it only
//! after the batch is committed *and* published; meanwhile everybody is shown the pinned height. So when a
//! height above a transaction's last valid one is shown, no batch that judged it valid is open, and every
//! later batch is pinned at the shown height or above, where the transaction is refused. Without the pin, a
//! batch judged at height 150 could be committed at 151, after a worker had seen 151, found nothing, and
//! signed a second transaction.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::Clock;

/// How far ahead of the present the mark is set. A restart skips as many blocks, and a waiting transaction
/// lives 150 of them, so it is little; but enough that the mark is written rarely.
const AHEAD: u64 = 16;
/// With fewer blocks left than this the mark is moved, before anybody has to wait for it.
const LOW: u64 = AHEAD / 2;

/// Tells the height.
#[derive(Debug)]
pub(crate) struct Blocks {
    clock: Arc<dyn Clock>,
    started: Duration,
    first: u64,
    block_time: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The highest height ever shown.
    shown: u64,
    /// The mark on disk.
    mark: u64,
    pinned: Option<u64>,
    /// Whether a move of the mark was asked for.
    asked: bool,
}

/// The answer to a look at the height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Height(u64),
    /// It can be shown, and the mark should be moved soon. Said once per move.
    HeightMarkLow(u64),
    /// It cannot be shown before the mark is moved.
    BeyondMark,
}

impl Blocks {
    /// Goes on from the mark on disk.
    pub(crate) fn from_mark(clock: Arc<dyn Clock>, block_time: Duration, mark: u64) -> Self {
        Self {
            started: clock.monotonic(),
            clock,
            first: mark,
            block_time,
            state: Mutex::new(State {
                shown: mark,
                mark,
                pinned: None,
                asked: false,
            }),
        }
    }

    /// The height now, where it may be shown.
    pub(crate) fn look(&self) -> Look {
        let mut state = self.lock();
        let height = state
            .pinned
            .unwrap_or_else(|| self.by_clock().max(state.shown));
        if height > state.mark {
            return Look::BeyondMark;
        }
        state.shown = height;
        if state.mark - height < LOW && !state.asked {
            state.asked = true;
            return Look::HeightMarkLow(height);
        }
        Look::Height(height)
    }

    /// Holds the height for a batch until the pin is dropped.
    pub(crate) fn pin(&self) -> Pin<'_> {
        let mut state = self.lock();
        let height = self.by_clock().max(state.shown);
        state.pinned = Some(height);
        let mark = (state.mark < height + LOW).then_some(height + AHEAD);
        Pin {
            blocks: self,
            height,
            mark,
        }
    }

    /// When a height will be reached, on the monotonic clock.
    pub(crate) fn time_of(&self, height: u64) -> Duration {
        let blocks = u32::try_from(height.saturating_sub(self.first)).unwrap_or(u32::MAX);
        self.started
            .saturating_add(self.block_time.saturating_mul(blocks))
    }

    fn by_clock(&self) -> u64 {
        let elapsed = self.clock.monotonic().saturating_sub(self.started);
        let blocks = elapsed.as_nanos() / self.block_time.as_nanos().max(1);
        self.first
            .saturating_add(u64::try_from(blocks).unwrap_or(u64::MAX))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The height stands still while this lives.
#[derive(Debug)]
pub(crate) struct Pin<'a> {
    blocks: &'a Blocks,
    pub(crate) height: u64,
    /// Where the mark must be moved to, in the batch's own transaction; `None` while it is far enough.
    pub(crate) mark: Option<u64>,
}

impl Pin<'_> {
    /// The mark this pin asked for is on disk.
    pub(crate) fn mark_is_written(&self) {
        if let Some(mark) = self.mark {
            self.blocks.lock().mark = mark;
        }
    }
}

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        let mut state = self.blocks.lock();
        state.pinned = None;
        state.asked = false;
    }
}

#[cfg(test)]
mod tests;
