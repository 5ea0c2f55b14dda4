//! What one transaction may spend, and what it did spend.

use serde::{Deserialize, Serialize};

use super::{NoRoom, Purpose, WalletUse, quarter_of};
use crate::address::Address;
use crate::amount::BaseUnits;
use crate::asset::Mint;
use crate::event::EventData;
use crate::quote::Fill;
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

    /// What a settled transaction took of this, by the event that settled it. Where an event says nothing of an
    /// amount, it is what the transaction might have taken.
    #[must_use]
    pub fn paid(&self, settled: &EventData) -> Paid {
        let (sold, fees) = match settled {
            EventData::Confirmed { fill } => (sold(fill), fees(fill)),
            EventData::RetryScheduled { failure, .. } | EventData::Failed { failure } => {
                (None, Some(failure.paid_lamports.unwrap_or(0)))
            }
            _ => (None, Some(0)),
        };
        let is_fill = matches!(settled, EventData::Confirmed { .. });
        match self.purpose {
            Purpose::Fees => Paid {
                spent: fees.unwrap_or(self.spent.get()),
                out: 0,
            },
            Purpose::Token(mint) => {
                let spent = match (is_fill, sold) {
                    (false, _) => 0,
                    (true, Some((of, amount))) if of == mint => amount,
                    (true, Some(_)) => 0,
                    (true, None) => self.spent.get(),
                };
                let lamports = match mint == Mint::SOL {
                    true => fees.unwrap_or_default(),
                    false => 0,
                };
                Paid {
                    spent,
                    out: spent.saturating_add(lamports),
                }
            }
        }
    }
}

/// What was sold of which token: the swaps that begin with it.
fn sold(fill: &Fill) -> Option<(Mint, u64)> {
    let mint = fill.route.asset_in().mint;
    let legs = fill.route.legs().iter();
    let amounts = legs.filter(|leg| leg.asset_in.mint == mint);
    let sum = amounts.map(|leg| leg.amount_in.get());
    sum.reduce(u64::saturating_add).map(|sum| (mint, sum))
}

/// Fees, and rent that did not return.
fn fees(fill: &Fill) -> Option<u64> {
    let receipt = fill.receipt.as_ref()?;
    let paid = receipt
        .fee_lamports
        .saturating_add(receipt.rent_paid_lamports);
    Some(paid.saturating_sub(receipt.rent_returned_lamports))
}

fn units(amount: u128) -> BaseUnits {
    BaseUnits::new(u64::try_from(amount).unwrap_or(u64::MAX))
}
