//! Keeps what was found out about the cluster.

use domain::Asset;
use domain::route::PoolRef;
use ports::directory::{POOLS_KEPT_FOR, POOLS_MAX, VenuePair};
use rusqlite::params;

use super::{Batch, Write};
use crate::error::Fault;
use crate::reading::columns::millis;

/// Keeps the facts of a mint, unless they are kept already.
#[derive(Debug)]
pub(crate) struct KeepAsset(pub(crate) Asset);

impl Write for KeepAsset {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        let Asset {
            mint,
            decimals,
            program,
        } = self.0;
        batch
            .db
            .prepare_cached(
                "-- keep_asset
                 insert or ignore into assets (mint, decimals, program) values (?1, ?2, ?3)",
            )?
            .execute(params![mint.address().bytes(), decimals, program.name()])?;
        Ok(())
    }
}

/// Keeps where a pair's pools are, and forgets pairs that nobody has kept for long.
#[derive(Debug)]
pub(crate) struct KeepPools {
    pub(crate) pair: VenuePair,
    pub(crate) pools: Vec<PoolRef>,
}

impl Write for KeepPools {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        let now = batch.now.as_millis();
        batch
            .db
            .prepare_cached("-- forget_found_pools\ndelete from found_pools where found_at < ?1")?
            .execute([now.saturating_sub(millis(POOLS_KEPT_FOR))])?;
        self.pools.truncate(POOLS_MAX);
        let (low, high) = self.pair.mints();
        batch
            .db
            .prepare_cached(
                "-- keep_found_pools
                 insert or replace into found_pools (venue, low, high, found_at, pools)
                 values (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                self.pair.venue().name(),
                low.address().bytes(),
                high.address().bytes(),
                now,
                serde_json::to_string(&self.pools)?,
            ])?;
        Ok(())
    }
}
