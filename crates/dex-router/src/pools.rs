//! Pools as the router sees them: read from the chain, all of a venue's in one slot.

use std::fmt::Debug;
use std::sync::Arc;

use amm::token::TransferFee;
use amm::{ChainTime, Pool};
use async_trait::async_trait;
use domain::route::PoolRef;
use domain::{BaseUnits, Mint, Venue};

/// What a venue has for a pair, as one slot shows it.
#[derive(Debug, Clone)]
pub struct PairPools {
    pub slot: u64,
    /// The chain's time in that slot: fees and openings are judged by it.
    pub now: ChainTime,
    /// What the token program keeps of a transfer of the first and of the second mint asked for.
    pub transfer_fees: (TransferFee, TransferFee),
    pub pools: Vec<FoundPool>,
}

/// A pool, or why it cannot be used.
#[derive(Debug, Clone)]
pub struct FoundPool {
    pub pool: PoolRef,
    pub state: Result<Arc<Pool>, String>,
}

/// What a pool holds of the two mints asked for, where that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    pub first: BaseUnits,
    pub second: BaseUnits,
}

/// The chain gave no usable answer, or none in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Where pools are found and read.
///
/// Promises:
/// 1. All pools of an answer stand in one slot, and are no older than the settings allow.
/// 2. A pair is the same both ways, but for the order of what is told of its mints.
/// 3. Who asks for the same pools at the same moment shares one request.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait PoolSource: Send + Sync + Debug {
    /// A venue's pools of a pair.
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable>;

    /// What these pools hold, in their order.
    async fn depths(
        &self,
        pools: &[PoolRef],
        pair: (Mint, Mint),
    ) -> Result<Vec<Option<Depth>>, Unavailable>;
}
