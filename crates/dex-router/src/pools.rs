//! Pools as the router sees them: read from the chain, all of a venue's in one slot.

use std::fmt::Debug;
use std::sync::Arc;

use amm::token::{Obstacle, TransferFee};
use amm::{ChainTime, Pool};
use async_trait::async_trait;
use domain::route::PoolRef;
use domain::{Address, Asset, BaseUnits, Mint, Venue};

use crate::room::Table;

/// What a venue has for a pair, as one slot shows it. A clone shares the pools.
#[derive(Debug, Clone)]
pub struct PairPools {
    pub slot: u64,
    /// The chain's time in that slot: fees and openings are judged by it.
    pub now: ChainTime,
    /// What must be known of the first and of the second mint asked for, where they were read.
    pub mints: Option<(MintFacts, MintFacts)>,
    pub pools: Arc<[FoundPool]>,
    /// A pool that opens within so many seconds of the chain's time is priced as it is when it opens: what is sent now
    /// lands then.
    pub lead_seconds: u64,
}

/// The longest time before its opening at which a pool is priced as it is then.
pub const LEAD_SECONDS_MAX: u64 = 1;

/// What must be known of a mint, beside what never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MintFacts {
    /// What the token program keeps of a transfer now.
    pub transfer_fee: TransferFee,
    /// Whether somebody may make more of it.
    pub is_mintable: bool,
    /// Whether somebody may freeze the accounts of those who hold it.
    pub is_freezable: bool,
    /// The extension that keeps it from being traded, where it has one.
    pub obstacle: Option<Obstacle>,
}

/// A pool, or why it cannot be used.
#[derive(Debug, Clone)]
pub struct FoundPool {
    pub pool: PoolRef,
    pub state: Result<Arc<Pool>, String>,
    /// What it holds, where that could be read.
    pub holds: Option<Holds>,
}

/// What a pool holds of its two mints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds(pub [(Mint, BaseUnits); 2]);

impl Holds {
    /// How much of one of them.
    #[must_use]
    pub fn of(&self, mint: Mint) -> Option<BaseUnits> {
        let mut both = self.0.iter();
        both.find(|(held, _)| *held == mint)
            .map(|(_, amount)| *amount)
    }
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
/// 4. Which pools there are may have been found a while ago: pools that were born since then may be missing, until
///    somebody tells of them or `search_anew` has looked.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait PoolSource: Send + Sync + Debug {
    /// A venue's pools of a pair.
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable>;

    /// The same, for what is looked at beside an order's own pair: a search that this needs waits until no other one does.
    async fn pools_beside(
        &self,
        venue: Venue,
        pair: (Mint, Mint),
    ) -> Result<PairPools, Unavailable> {
        self.pools(venue, pair).await
    }

    /// Says that a pair's pools are not what they were taken for: they are looked for again before they are read the
    /// next time, but not every moment.
    fn doubt(&self, pair: (Mint, Mint));

    /// Searches for pools of these pairs where what is known of them was found a while ago. Returns whether anything was.
    async fn search_anew(&self, _pairs: &[(Mint, Mint)]) -> Result<bool, Unavailable> {
        Ok(false)
    }

    /// Whether the wallet that pays has its usual account of an asset; `None` is the wallet that is used unasked. What
    /// nobody can tell is not there.
    async fn has_account(&self, _wallet: Option<Address>, _asset: Asset) -> bool {
        false
    }

    /// What stands in the lookup tables that transactions may use.
    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }

    /// Follows the pools of these pairs from now on, as many as can be followed: what is told of them is seen in
    /// `version`, and ends `news`. Where somebody tells of births, pools of these tokens that are born are looked at at
    /// once.
    fn watch(&self, _pairs: &[(Mint, Mint)], _tokens: &[Mint]) {}

    /// A number that differs once a pool of the pair may have changed; absent where nobody tells of all of them.
    fn version(&self, _pair: (Mint, Mint)) -> Option<u64> {
        None
    }

    /// Waits until there may be another version. May never end.
    async fn news(&self) {
        std::future::pending::<()>().await;
    }

    /// Whether somebody tells of changes at all.
    fn is_told(&self) -> bool {
        false
    }

    /// The token that most of the pools known share with both of a pair, beside these; nothing where none is known.
    fn third(&self, _pair: (Mint, Mint), _beside: &[Mint]) -> Option<Mint> {
        None
    }
}
