//! How much of a pair is traded, as far as looks at its pools show it: what their vaults gained and lost of the asset sold.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::amount::BaseUnits;
use crate::order::VolumeFactor;

/// The mean is that of at most so many minutes, the running one not among them.
pub const MINUTES_MAX: u32 = 60;
/// Before so many minutes were looked at there is no mean.
pub const MINUTES_NEEDED: u32 = 10;

/// What the pools of a pair held of the asset sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultLook {
    pub slot: u64,
    /// Each pool once.
    pub held: Vec<(Address, BaseUnits)>,
}

impl VaultLook {
    /// What was traded since an earlier look, at least. What a new pool begins with is no trade, and what is gone with an
    /// old one is none either.
    #[must_use]
    pub fn change_since(&self, earlier: &Self) -> BaseUnits {
        let changes = self.held.iter().filter_map(|(pool, held)| {
            let mut before = earlier.held.iter();
            let (_, before) = before.find(|(it, _)| it == pool)?;
            Some(held.get().abs_diff(before.get()))
        });
        BaseUnits::new(changes.fold(0, u64::saturating_add))
    }
}

/// What was traded of a pair lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// In the running minute.
    pub running: BaseUnits,
    /// Minutes of the last hour that were looked at, and what was traded in all of them.
    pub minutes: u32,
    pub total: u128,
}

/// Why there is no mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    /// So many minutes more must be looked at.
    Minutes(u32),
    /// Nothing was traded.
    Trades,
}

impl Default for Volume {
    /// Nobody has looked yet.
    fn default() -> Self {
        Self {
            running: BaseUnits::new(0),
            minutes: 0,
            total: 0,
        }
    }
}

impl Volume {
    /// What is missing of a mean.
    #[must_use]
    pub const fn lacks(&self) -> Option<Lacking> {
        if self.minutes < MINUTES_NEEDED {
            Some(Lacking::Minutes(MINUTES_NEEDED - self.minutes))
        } else if self.total == 0 {
            Some(Lacking::Trades)
        } else {
            None
        }
    }

    /// Whether the running minute has reached so many times the mean.
    #[must_use]
    pub fn has_spiked(&self, factor: VolumeFactor) -> bool {
        self.lacks().is_none() && factor.is_reached_by(self.running.get(), self.total, self.minutes)
    }

    /// The mean of a minute, truncated; `None` where there is none.
    #[must_use]
    pub fn mean(&self) -> Option<BaseUnits> {
        if self.lacks().is_some() {
            return None;
        }
        let mean = self.total / u128::from(self.minutes);
        Some(BaseUnits::new(u64::try_from(mean).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(held: &[(u8, u64)]) -> VaultLook {
        let held = held.iter();
        let held = held.map(|(pool, held)| (Address::new([*pool; 32]), BaseUnits::new(*held)));
        VaultLook {
            slot: 1,
            held: held.collect(),
        }
    }

    fn volume(running: u64, minutes: u32, total: u128) -> Volume {
        Volume {
            running: BaseUnits::new(running),
            minutes,
            total,
        }
    }

    #[test]
    fn gains_and_losses_of_each_pool_count_and_new_pools_do_not() {
        let before = look(&[(1, 100), (2, 50), (3, 7)]);
        let now = look(&[(1, 130), (2, 45), (4, 1_000)]);

        assert_eq!(now.change_since(&before).get(), 35);
        assert_eq!(before.change_since(&before).get(), 0);
        let all = look(&[(1, u64::MAX), (2, u64::MAX)]);
        let none = look(&[(1, 0), (2, 0)]);
        assert_eq!(all.change_since(&none).get(), u64::MAX);
    }

    #[test]
    fn there_is_no_mean_before_ten_minutes_and_none_without_trades() {
        assert_eq!(volume(9, 9, 90).lacks(), Some(Lacking::Minutes(1)));
        assert_eq!(volume(9, 10, 0).lacks(), Some(Lacking::Trades));
        assert_eq!(volume(9, 10, 0).mean(), None);
        assert_eq!(volume(0, 10, 101).mean(), Some(BaseUnits::new(10)));
    }

    #[test]
    fn a_minute_spikes_at_so_many_times_the_mean() {
        let twice = VolumeFactor::parse("2").unwrap();

        assert!(volume(20, 10, 100).has_spiked(twice));
        assert!(!volume(19, 10, 100).has_spiked(twice));
        assert!(!volume(1_000, 9, 90).has_spiked(twice));
        assert!(!volume(1_000, 10, 0).has_spiked(twice));
    }
}
