//! What a transaction offers for each compute unit: by what others lately paid who write the same accounts, within
//! what the operator allows.
//!
//! A price per unit ([`MicroLamports`]) and a total ([`Lamports`]) are different types. The cap is a total, and it
//! stands above everything.

use std::sync::Arc;
use std::time::Duration;

use amm::Address;
use domain::FeeLevel;
use domain::fee::{FeeRank, UnitPrice};
use ports::Clock;
use tokio::time::timeout;

use crate::build::budget::LAMPORTS_PER_SIGNATURE;
use crate::build::work::UNITS_MAX;
use crate::recent_by::RecentBy;
use crate::rpc::{Error, FEE_KEYS_MAX, Lamports, MicroLamports, Rpc, Slot};

/// What is offered where nobody competes.
pub const UNIT_PRICE_MIN: UnitPrice = match UnitPrice::new(10_000) {
    Some(price) => price,
    None => UnitPrice::ZERO,
};
/// The same as the chain takes it.
const FLOOR: MicroLamports = MicroLamports::new(UNIT_PRICE_MIN.get());
/// Ten lamports for each unit: no market asks for more, an endpoint that says so is wrong.
const CEILING: MicroLamports = MicroLamports::new(10_000_000);
/// How long one answer serves whoever writes the same accounts: some slots. It tells of 150.
const USED_FOR: Duration = Duration::from_secs(2);
/// How long it serves where the endpoint does not answer.
const USED_IN_NEED_FOR: Duration = Duration::from_secs(60);
/// An order does not wait longer for it.
const PATIENCE: Duration = Duration::from_millis(500);

/// The least prices at which these accounts were written in each of the last slots, the lowest first. Slots in which
/// nobody paid any are left out.
pub(crate) type Landed = Arc<[MicroLamports]>;

/// What the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeePolicy {
    /// Of orders that name none.
    pub level: FeeLevel,
    /// The most that one transaction pays, its signature included.
    pub most: Lamports,
}

/// The fees of one wallet's transactions.
#[derive(Debug)]
pub(crate) struct Fees {
    rpc: Arc<dyn Rpc>,
    policy: FeePolicy,
    recent: RecentBy<Arc<[Address]>, Landed, Error>,
}

impl Fees {
    /// Nothing is asked yet.
    pub(crate) fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, policy: FeePolicy) -> Self {
        Self {
            rpc,
            policy,
            recent: RecentBy::new(clock, USED_FOR),
        }
    }

    /// What to offer for each unit, after so many transactions of the order that went by without landing. `written`
    /// are the accounts that others want to write too.
    pub(crate) async fn price(
        &self,
        level: Option<FeeLevel>,
        deaths: u32,
        written: &Arc<[Address]>,
    ) -> MicroLamports {
        match level.unwrap_or(self.policy.level).raised(deaths) {
            FeeLevel::Priced(price) => MicroLamports::new(price.get()),
            FeeLevel::Ranked(rank) => percentile(rank, &self.landed(written).await),
        }
    }

    /// What landed lately; nothing where nobody can tell.
    pub(crate) async fn landed(&self, written: &Arc<[Address]>) -> Landed {
        let (rpc, keys) = (Arc::clone(&self.rpc), Arc::clone(written));
        let ask = async move {
            let keys = &keys[..keys.len().min(FEE_KEYS_MAX)];
            Ok(paid(rpc.prioritization_fees(keys).await?))
        };
        match timeout(PATIENCE, self.recent.get(Arc::clone(written), ask)).await {
            Ok(Ok(landed)) => landed,
            // Offering too little costs a try and nothing else; an order is not kept from trading for it.
            Ok(Err(_)) | Err(_) => {
                let known = self.recent.known(written, USED_IN_NEED_FOR);
                known.unwrap_or_default()
            }
        }
    }

    /// The most that may be offered for each of so many units.
    pub(crate) fn capped(&self, price: MicroLamports, units: u32) -> MicroLamports {
        price.min(most_for(self.policy.most, units))
    }
}

fn paid(landed: Vec<(Slot, MicroLamports)>) -> Landed {
    let prices = landed.into_iter().map(|(_, price)| price);
    let mut paid: Vec<_> = prices.filter(|price| price.get() > 0).collect();
    paid.sort_unstable();
    paid.into()
}

/// What a level offers where these prices landed.
fn percentile(rank: FeeRank, paid: &[MicroLamports]) -> MicroLamports {
    let percent = match rank {
        FeeRank::Low => 25,
        FeeRank::Medium => 50,
        FeeRank::High => 75,
        FeeRank::Urgent => 90,
    };
    // The least price that is at least as high as so many of a hundred.
    let place = (paid.len() * percent).div_ceil(100).saturating_sub(1);
    let price = paid.get(place).copied().unwrap_or(FLOOR);
    price.clamp(FLOOR, CEILING)
}

/// The highest price at which so many units and one signature cost no more than this.
fn most_for(most: Lamports, units: u32) -> MicroLamports {
    let units = u128::from(units.clamp(1, UNITS_MAX));
    let room = u128::from(most.get().saturating_sub(LAMPORTS_PER_SIGNATURE));
    let price = room * 1_000_000 / units;
    MicroLamports::new(u64::try_from(price).unwrap_or(u64::MAX))
}

/// How many of a hundred prices that landed a price is no lower than; absent where none did.
pub(crate) fn standing(price: MicroLamports, landed: &[MicroLamports]) -> Option<u8> {
    let below = landed.iter().filter(|it| **it <= price).count();
    let percent = (below * 100).checked_div(landed.len())?;
    u8::try_from(percent).ok()
}

#[cfg(test)]
mod tests;
