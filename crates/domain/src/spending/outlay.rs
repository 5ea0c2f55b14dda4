//! What one transaction may spend. What it did spend says the event that settles it: `event/paid.rs`.

use serde::{Deserialize, Serialize};

use super::{NoRoom, Purpose, WalletUse, quarter_of};
use crate::address::Address;
use crate::amount::BaseUnits;
use crate::asset::Mint;
use crate::time::Timestamp;

/// What a transaction may take out of a wallet at most: stored with it, each purpose once, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlay {
    /// Whose key has signed it.
    pub wallet: Address,
    pub items: Vec<Item>,
}

/// What it may take for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub purpose: Purpose,
    /// What counts against a limit.
    pub spent: BaseUnits,
    /// What the wallet must be able to pay until the transaction is settled: of SOL also fees and deposits.
    pub live: BaseUnits,
    /// What a day may take, by the worker that stores the transaction.
    #[serde(skip)]
    pub limit: Option<BaseUnits>,
    /// What the wallet was seen to hold, where that is judged.
    #[serde(skip)]
    pub means: Option<Means>,
}

/// What a wallet was seen to hold of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// All that a transaction could spend.
    pub held: BaseUnits,
    /// What settled transactions had taken in all, read before the balance was: whatever was settled since then may be
    /// in the balance, or not.
    pub settled: u128,
}

/// What a settled transaction took for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// What counts against a limit.
    pub spent: u64,
    /// What left the balance.
    pub out: u64,
}

impl Item {
    /// What is counted of this purpose, judged by nothing.
    #[must_use]
    pub const fn new(purpose: Purpose, spent: BaseUnits, live: BaseUnits) -> Self {
        Self {
            purpose,
            spent,
            live,
            limit: None,
            means: None,
        }
    }

    /// Whether there is room for it beside what is counted already, for a transaction stored at this time.
    pub fn fits(&self, counted: &WalletUse, at: Timestamp) -> Result<(), NoRoom> {
        let wanted = u128::from(self.spent.get());
        if let Some(limit) = self.limit {
            let used = counted.used(quarter_of(at));
            if used.saturating_add(wanted) > u128::from(limit.get()) {
                return Err(NoRoom::Limit {
                    purpose: self.purpose,
                    limit,
                    used: units(used),
                    wanted: self.spent,
                    room_at: counted.room_at(at, limit, self.spent),
                });
            }
        }
        match (self.means, self.purpose) {
            (Some(means), Purpose::Token(mint)) => self.is_held(&means, mint, counted),
            _ => Ok(()),
        }
    }

    fn is_held(&self, means: &Means, mint: Mint, counted: &WalletUse) -> Result<(), NoRoom> {
        let since = counted.settled.saturating_sub(means.settled);
        let promised = counted.live.saturating_add(since);
        let needed = promised.saturating_add(self.live.get().into());
        if needed <= u128::from(means.held.get()) {
            return Ok(());
        }
        Err(NoRoom::Promised {
            mint,
            held: means.held,
            promised: units(promised),
            wanted: self.live,
        })
    }
}

fn units(amount: u128) -> BaseUnits {
    BaseUnits::new(u64::try_from(amount).unwrap_or(u64::MAX))
}
