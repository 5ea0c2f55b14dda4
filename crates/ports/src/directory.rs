//! What was found out about the cluster once and serves every process of a store: the facts of mints that no token
//! list names, and where the pools of a pair are.
//!
//! Nothing here decides anything: pools are read from the chain and checked before each use, and whatever is missing
//! is looked for on the chain again.
//!
//! Promises of every [`Directory`]:
//! 1. An asset that was kept is known for ever, to every process. Its first facts stay.
//! 2. The pools of a pair are those kept last, with their age by the store's own clock. A clock that was set back
//!    makes them new, never older than they are.
//! 3. Once the store is given to another cluster, nothing of the former one is known any more.
//! 4. What nobody has kept again for a day may be forgotten, assets excepted.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::route::PoolRef;
use domain::{Asset, Mint, Venue};

use crate::Result;

/// The most pools that are kept of one venue and pair.
pub const POOLS_MAX: usize = 256;
/// How long what is not kept again stays.
pub const POOLS_KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A venue's pools of two mints, whichever of them comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VenuePair {
    venue: Venue,
    low: Mint,
    high: Mint,
}

impl VenuePair {
    /// A venue and a pair in any order.
    #[must_use]
    pub fn new(venue: Venue, (one, other): (Mint, Mint)) -> Self {
        Self {
            venue,
            low: one.min(other),
            high: one.max(other),
        }
    }

    /// The venue.
    #[must_use]
    pub const fn venue(&self) -> Venue {
        self.venue
    }

    /// The mint with the lower address, then the other one.
    #[must_use]
    pub const fn mints(&self) -> (Mint, Mint) {
        (self.low, self.high)
    }
}

/// Where the pools of a pair were when they were last looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPools {
    pub pools: Vec<PoolRef>,
    /// How long ago that was.
    pub age: Duration,
}

/// What was found out about the cluster. See the module's promises.
///
/// Cancel safety: reads may be dropped; a write that is dropped may have happened.
#[async_trait]
pub trait Directory: Send + Sync + Debug {
    /// The facts of a mint that was kept before.
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>>;

    /// Keeps the facts of a mint.
    async fn keep_asset(&self, asset: &Asset) -> Result<()>;

    /// The pools that were kept last.
    async fn pools(&self, pair: &VenuePair) -> Result<Option<KnownPools>>;

    /// Keeps where a pair's pools are, at most [`POOLS_MAX`].
    async fn keep_pools(&self, pair: &VenuePair, pools: &[PoolRef]) -> Result<()>;
}
