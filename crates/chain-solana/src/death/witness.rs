//! Whether an endpoint's votes count.
//!
//! Some public endpoints tell the slot in place of the height, which is far higher: to them every transaction is long
//! past its end. So what an endpoint tells of heights must fit together. What one endpoint says is never compared
//! with what another says, since either may be wrong.

use std::time::Duration;

use domain::transaction::Height;

use super::BLOCKHASH_BLOCKS;
use crate::rpc::{At, Blockhash, EpochInfo, Slot};

/// Whoever showed nothing new for longer is not there.
const HEARD_WITHIN: Duration = Duration::from_secs(60);
/// How long a liar is not heard: the first time, and at most.
const BAN_MIN: Duration = Duration::from_secs(10 * 60);
const BAN_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Heights that fit together but for so many blocks do no harm: a transaction is spared twice as many.
const TOLERANCE: u64 = 16;

/// One endpoint in the eyes of the court. Moments are those of one clock that never goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Witness {
    /// Where it said to stand, each of one bank.
    bank: Option<Standing>,
    blockhash: Option<Standing>,
    newest: Slot,
    heard_at: Option<Duration>,
    is_foreign: bool,
    lie: Option<Ban>,
}

/// Slot and height of one bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    slot: Slot,
    height: Height,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ban {
    told_at: Duration,
    length: Duration,
}

/// What an endpoint said that cannot be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// There cannot be more blocks than slots.
    #[error("it tells the height {height} at slot {slot}")]
    HeightAboveSlot {
        /// The slot that it told.
        slot: Slot,
        /// The height that it told.
        height: Height,
    },
    /// Between two banks there cannot be more blocks than slots, and not fewer than none.
    #[error(
        "it tells the height {height} at slot {slot}, and by the last valid height of its blockhash {by_blockhash} at \
         slot {blockhash_slot}"
    )]
    HeightsApart {
        /// The slot that it told.
        slot: Slot,
        /// The height that it told.
        height: Height,
        /// The slot of its newest blockhash.
        blockhash_slot: Slot,
        /// The height that belongs to that blockhash.
        by_blockhash: Height,
    },
}

impl Witness {
    /// The endpoint told where it stands.
    pub fn shows(&mut self, info: &EpochInfo, now: Duration) -> Result<(), Lie> {
        let standing = Standing {
            slot: info.slot,
            height: info.height,
        };
        self.bank = Some(standing);
        if info.height.get() > info.slot.get() {
            let lie = Lie::HeightAboveSlot {
                slot: info.slot,
                height: info.height,
            };
            return Err(self.bans(lie, now));
        }
        self.check(standing.slot, now)
    }

    /// The endpoint gave its newest blockhash.
    pub fn gives(&mut self, answer: &At<Blockhash>, now: Duration) -> Result<(), Lie> {
        let last_valid = answer.value.last_valid_height.get();
        self.blockhash = Some(Standing {
            slot: answer.slot,
            height: Height::new(last_valid.saturating_sub(BLOCKHASH_BLOCKS)),
        });
        self.check(answer.slot, now)
    }

    /// The endpoint shows another cluster, whose votes say nothing about this one.
    pub const fn is_of_another_cluster(&mut self) {
        self.is_foreign = true;
    }

    /// Whether what it tells of heights was held against each other since its last lie.
    #[must_use]
    pub const fn has_compared_heights(&self) -> bool {
        self.bank.is_some() && self.blockhash.is_some()
    }

    /// Whether it said something lately that it had not said before, and nothing that cannot be true.
    #[must_use]
    pub fn is_qualified(&self, now: Duration) -> bool {
        let is_heard = |at: Duration| now.saturating_sub(at) <= HEARD_WITHIN;
        !self.is_disqualified(now) && self.heard_at.is_some_and(is_heard)
    }

    /// Whether it lied lately, or shows another cluster. Whatever it says does not count, nor that it says nothing.
    #[must_use]
    pub fn is_disqualified(&self, now: Duration) -> bool {
        let is_banned = |ban: Ban| now < ban.told_at.saturating_add(ban.length);
        self.is_foreign || self.lie.is_some_and(is_banned)
    }

    /// When it told its last lie. What it said until then does not count, ever.
    #[must_use]
    pub fn lied_at(&self) -> Option<Duration> {
        self.lie.map(|ban| ban.told_at)
    }

    fn check(&mut self, slot: Slot, now: Duration) -> Result<(), Lie> {
        if let (Some(bank), Some(blockhash)) = (self.bank, self.blockhash)
            && !fit(bank, blockhash)
        {
            let lie = Lie::HeightsApart {
                slot: bank.slot,
                height: bank.height,
                blockhash_slot: blockhash.slot,
                by_blockhash: blockhash.height,
            };
            return Err(self.bans(lie, now));
        }
        if slot > self.newest {
            self.newest = slot;
            self.heard_at = Some(now);
        }
        Ok(())
    }

    fn bans(&mut self, lie: Lie, now: Duration) -> Lie {
        // A lie during a ban is the same one, told again.
        let length = match self.lie {
            Some(ban) if self.is_disqualified(now) => ban.length,
            Some(ban) => (ban.length * 2).min(BAN_MAX),
            None => BAN_MIN,
        };
        self.lie = Some(Ban {
            told_at: now,
            length,
        });
        // It may tell the truth the next time, which must not be measured by this.
        (self.bank, self.blockhash) = (None, None);
        lie
    }
}

/// Whether two banks can be of one chain.
fn fit(one: Standing, other: Standing) -> bool {
    let (low, high) = match one.slot <= other.slot {
        true => (one, other),
        false => (other, one),
    };
    let slots = high.slot.get() - low.slot.get();
    let (low, high) = (low.height.get(), high.height.get());
    high.saturating_add(TOLERANCE) >= low
        && high <= low.saturating_add(slots).saturating_add(TOLERANCE)
}
