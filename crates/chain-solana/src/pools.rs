//! Pools as they stand on the chain: found by their tokens, and read together, all of one slot.
//!
//! A pool is known by its address and by the accounts that its price follows from ([`Candidate`]). Those of a venue are
//! read with one request ([`snapshot::Snapshots`]), together with the chain's clock: fees and openings are judged by
//! the chain's time, never by ours. [`PoolReader`] is what others ask.

mod accounts;
mod ahead;
mod aside;
pub mod candidate;
pub mod discovery;
mod elsewhere;
mod finder;
mod listed;
mod pairs;
pub mod reader;
pub mod reading;
mod searches;
pub mod snapshot;
mod turns;

use std::collections::BTreeSet;
use std::sync::Arc;

use amm::snapshot::ReadError;
use amm::{Address, Pool, Program};

use crate::rpc::{Error, View};

pub use candidate::Candidate;
pub use elsewhere::Elsewhere;
pub use reader::PoolReader;
pub use reading::Reading;
pub use snapshot::{Snapshot, Snapshots};

/// Pools that were read, with what they were read from.
#[derive(Debug, Clone)]
pub struct Read {
    /// All that was read.
    pub snapshot: Arc<Snapshot>,
    /// What each candidate has become, in their order.
    pub pools: Vec<ReadPool>,
}

/// A candidate that was read.
#[derive(Debug, Clone)]
pub struct ReadPool {
    /// Whose pool it is.
    pub program: Program,
    /// The pool.
    pub address: Address,
    /// Mints of its first and second token.
    pub mints: (Address, Address),
    /// What it holds of them, where its vaults could be read.
    pub held: Option<(u64, u64)>,
    /// The pool, or why there is none.
    pub pool: Result<Arc<Pool>, ReadError>,
}

/// Reads these pools with one request. What they need must fit into one; see [`snapshot::ADDRESSES_MAX`].
pub async fn read(
    snapshots: &Snapshots,
    candidates: &[Candidate],
    view: View,
) -> Result<Read, Error> {
    read_beside(snapshots, candidates, view, None).await
}

/// The same from another endpoint than this one, where there is one.
async fn read_beside(
    snapshots: &Snapshots,
    candidates: &[Candidate],
    view: View,
    beside: Option<usize>,
) -> Result<Read, Error> {
    let needed = candidates.iter().flat_map(|it| it.accounts.iter().copied());
    let needed: BTreeSet<Address> = needed.collect();
    let snapshot = snapshots.take_beside(needed, view, beside).await?;
    Ok(Read {
        pools: candidates.iter().map(|it| it.look(&*snapshot)).collect(),
        snapshot,
    })
}

#[cfg(test)]
mod tests;
