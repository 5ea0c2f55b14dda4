//! What a wallet has spent in a day, by quarter hours, so that one row says it and the oldest of it goes by itself.

use crate::amount::BaseUnits;
use crate::time::Timestamp;

/// A quarter of an hour.
pub const QUARTER_MS: i64 = 15 * 60 * 1_000;
/// The quarters of a day, and the one that is under way: a day is the last 24 h to 24 h 15 min.
pub const QUARTERS: usize = 97;
/// A clock that is set back by no more than this many quarters changes nothing; one that is set back further makes all
/// that is counted new, or it would count until the clock has caught up.
const SET_BACK_MAX: i64 = 4;

/// The quarter, since 1970, that a time is in.
#[must_use]
pub const fn quarter_of(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(QUARTER_MS)
}

/// What is counted of one purpose of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletUse {
    /// The newest quarter that anything was counted in.
    pub newest: i64,
    /// Quarter `q` is at place `q mod 97`.
    pub quarters: [u128; QUARTERS],
    /// What transactions that are not settled may still spend.
    pub live: u128,
    /// What settled ones have taken, ever.
    pub settled: u128,
    /// The newest slot of those that filled.
    pub slot: u64,
}

impl Default for WalletUse {
    fn default() -> Self {
        Self {
            newest: 0,
            quarters: [0; QUARTERS],
            live: 0,
            settled: 0,
            slot: 0,
        }
    }
}

impl WalletUse {
    /// What the day that ends with this quarter has seen.
    #[must_use]
    pub fn used(&self, quarter: i64) -> u128 {
        let kept = self.newest.saturating_sub(span());
        let first = kept.max(quarter.saturating_sub(span()));
        let counted = (first..=self.newest).map(|it| self.quarters[place(it)]);
        counted.fold(0, u128::saturating_add)
    }

    /// Counts what a transaction may spend that is stored in this quarter.
    pub fn count(&mut self, quarter: i64, spent: u64, live: u64) {
        if quarter < self.newest.saturating_sub(SET_BACK_MAX) {
            let all = self.used(self.newest);
            self.quarters = [0; QUARTERS];
            self.quarters[place(quarter)] = all;
            self.newest = quarter;
        }
        if quarter > self.newest {
            let gone = (quarter - self.newest).min(span() + 1);
            for offset in 0..gone {
                self.quarters[place(quarter - offset)] = 0;
            }
            self.newest = quarter;
        }
        let counted = &mut self.quarters[place(quarter)];
        *counted = counted.saturating_add(spent.into());
        self.live = self.live.saturating_add(live.into());
    }

    /// Puts what a transaction took, which was stored in this quarter, in the place of what it might have taken.
    pub fn settle(&mut self, quarter: i64, might: (u64, u64), took: super::Paid) {
        let (spent, live) = might;
        // A clock that was set back has moved it.
        let quarter = quarter.min(self.newest);
        if quarter >= self.newest.saturating_sub(span()) {
            let counted = &mut self.quarters[place(quarter)];
            *counted = counted
                .saturating_add(took.spent.into())
                .saturating_sub(spent.into());
        }
        self.live = self.live.saturating_sub(live.into());
        self.settled = self.settled.saturating_add(took.out.into());
    }

    /// When so much fits under the limit, if nothing else is spent meanwhile; never where it is more than the limit.
    #[must_use]
    pub fn room_at(
        &self,
        now: Timestamp,
        limit: BaseUnits,
        wanted: BaseUnits,
    ) -> Option<Timestamp> {
        let room = limit.get().checked_sub(wanted.get())?;
        let first = quarter_of(now);
        let last = self.newest.max(first) + span() + 1;
        let mut quarters = first..=last;
        let quarter = quarters.find(|it| self.used(*it) <= u128::from(room))?;
        let begins = Timestamp::from_millis(quarter.saturating_mul(QUARTER_MS));
        Some(begins.max(now))
    }
}

/// How many quarters before the one under way count.
fn span() -> i64 {
    i64::try_from(QUARTERS).unwrap_or(i64::MAX) - 1
}

fn place(quarter: i64) -> usize {
    let quarters = i64::try_from(QUARTERS).unwrap_or(i64::MAX);
    usize::try_from(quarter.rem_euclid(quarters)).unwrap_or(0)
}
