//! Gives the store to a cluster.

use domain::transaction::Blockhash;
use ports::cluster::{Adopts, Bound, ClusterId, Mode, Rebound};
use rusqlite::{Connection, params};

use super::operate::log;
use super::{Batch, Write};
use crate::error::Fault;
use crate::reading::start::unfinished;

/// A process asks whether the store is its cluster's.
#[derive(Debug)]
pub(crate) struct Bind(pub(crate) ClusterId);

impl Write for Bind {
    type Answer = Bound;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Bound, Fault> {
        let own = self.0;
        match stored(&batch.db)? {
            Some(stored) if stored == own => return Ok(Bound::Fits),
            Some(stored) => return Ok(Bound::Other(stored)),
            None => {}
        }
        // Of version 0.1.0: every later one binds the store before it accepts anything.
        let unsettled = match own.mode.adopts() {
            Adopts::Unsubmitted => unfinished(&batch.db)?,
            Adopts::Nothing => open_orders(&batch.db)?,
        };
        if unsettled > 0 {
            return Ok(Bound::Unsettled { orders: unsettled });
        }
        store(&batch.db, own)?;
        Ok(Bound::Fits)
    }
}

/// An operator gives the store to another cluster.
#[derive(Debug)]
pub(crate) struct Rebind {
    pub(crate) cluster: ClusterId,
    pub(crate) actor: String,
}

impl Write for Rebind {
    type Answer = Rebound;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Rebound, Fault> {
        let former = stored(&batch.db)?;
        if former == Some(self.cluster) {
            return Ok(Rebound::Done { former });
        }
        let orders = open_orders(&batch.db)?;
        if orders > 0 {
            return Ok(Rebound::OrdersOpen { orders });
        }
        let workers = batch.workers_alive();
        if workers > 0 {
            return Ok(Rebound::WorkersAlive { workers });
        }
        store(&batch.db, self.cluster)?;
        forget_the_former(&batch.db)?;
        let detail = self.cluster.audited(former);
        log(batch, &self.actor, "rebind", None, Some(&detail))?;
        Ok(Rebound::Done { former })
    }
}

fn stored(db: &Connection) -> Result<Option<ClusterId>, Fault> {
    let (mode, genesis) = db.query_row(
        "-- read_cluster\nselect cluster_mode, cluster_genesis from engine where id = 1",
        [],
        |row| {
            let columns: (Option<String>, Option<[u8; 32]>) = (row.get(0)?, row.get(1)?);
            Ok(columns)
        },
    )?;
    match (mode, genesis) {
        (None, None) => Ok(None),
        (Some(mode), Some(genesis)) => Ok(Some(ClusterId {
            mode: Mode::parse(&mode).ok_or(Fault::Senseless { what: "a mode" })?,
            genesis: Blockhash::new(genesis),
        })),
        _ => Err(Fault::Senseless { what: "a cluster" }),
    }
}

fn store(db: &Connection, cluster: ClusterId) -> Result<(), Fault> {
    db.execute(
        "-- bind_cluster
         update engine set cluster_mode = ?1, cluster_genesis = ?2 where id = 1",
        params![cluster.mode.name(), cluster.genesis.bytes()],
    )?;
    Ok(())
}

/// What was found out about one cluster says nothing about another.
fn forget_the_former(db: &Connection) -> Result<(), Fault> {
    db.execute("-- forget_assets\ndelete from assets", [])?;
    db.execute("-- forget_all_found_pools\ndelete from found_pools", [])?;
    db.execute("-- forget_all_pair_highs\ndelete from pair_highs", [])?;
    db.execute("-- forget_all_volume_looks\ndelete from volume_looks", [])?;
    db.execute("-- forget_all_volumes\ndelete from volume_minutes", [])?;
    db.execute("-- forget_checkpoints\ndelete from checkpoints", [])?;
    db.execute("-- forget_wallet_uses\ndelete from wallet_use", [])?;
    Ok(())
}

fn open_orders(db: &Connection) -> Result<u64, Fault> {
    let orders: i64 = db.query_row(
        "-- count_open_orders
         select count(*) from orders indexed by orders_by_end where end_status is null",
        [],
        |row| row.get(0),
    )?;
    Ok(u64::try_from(orders).unwrap_or(0))
}
