//! Which cluster the store belongs to.

use domain::transaction::Blockhash;
use ports::cluster::{Adopts, Bound, ClusterId, Mode, Rebound};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// Open orders are counted only where the store has no cluster: they are of version 0.1.0 then.
const BIND: &str = "-- bind_cluster
with adopted as materialized (
    select case when s.cluster_mode is null then (
        select count(*) from orders o
        where o.ended_at is null
          and ($3 or exists (select from order_attempts a where a.order_id = o.id and a.dead_at is null))
    ) else 0 end as unsettled
    from engine_state s
),
bound as (
    update engine_state s
    set cluster_mode = $1, cluster_genesis = $2
    from adopted
    where s.cluster_mode is null and adopted.unsettled = 0
    returning s.id
)
select s.cluster_mode, s.cluster_genesis, adopted.unsettled, exists (select from bound) as is_bound
from engine_state s, adopted";

/// The store's cluster is this one from now on, unless it has one.
pub(crate) async fn bind(db: &Db, cluster: &ClusterId) -> Result<Bound, Failure> {
    let (mode, genesis) = columns(cluster);
    let adopts_nothing = cluster.mode.adopts() == Adopts::Nothing;
    loop {
        let found = db
            .write(
                BIND,
                &[
                    (&mode, Type::TEXT),
                    (&genesis, Type::BYTEA),
                    (&adopts_nothing, Type::BOOL),
                ],
            )
            .await?;
        let row = found.first().ok_or_else(no_state)?;
        if rows::column(row, "is_bound")? {
            return Ok(Bound::Fits);
        }
        match (stored(row)?, rows::number(row, "unsettled")?) {
            (Some(stored), _) if stored == *cluster => return Ok(Bound::Fits),
            (Some(stored), _) => return Ok(Bound::Other(stored)),
            // Another process was quicker: it is told next time.
            (None, 0) => {}
            (None, orders) => return Ok(Bound::Unsettled { orders }),
        }
    }
}

const READ: &str = "-- read_cluster
select cluster_mode, cluster_genesis from engine_state";

const REBIND: &str = "-- rebind_cluster
with clock as materialized (
    select now_ms() as now
),
open as materialized (
    select count(*) as orders from orders where ended_at is null
),
alive as materialized (
    select count(*) as workers from workers w, clock where w.seen_at > clock.now - $5
),
bound as (
    update engine_state s
    set cluster_mode = $1, cluster_genesis = $2
    from open, alive
    where open.orders = 0 and alive.workers = 0
      and s.cluster_mode is not distinct from $3 and s.cluster_genesis is not distinct from $4
    returning s.id
),
forgotten_assets as (
    delete from assets where exists (select from bound)
),
forgotten_pools as (
    delete from found_pools where exists (select from bound)
),
forgotten_highs as (
    delete from pair_highs where exists (select from bound)
),
forgotten_looks as (
    delete from volume_looks where exists (select from bound)
),
forgotten_volumes as (
    delete from volume_minutes where exists (select from bound)
),
forgotten_checkpoints as (
    delete from checkpoints where exists (select from bound)
),
forgotten_uses as (
    delete from wallet_use where exists (select from bound)
),
noted as (
    insert into audit_log (at, actor, action, detail)
    select clock.now, $6, 'rebind', $7 from bound, clock
)
select open.orders, alive.workers, exists (select from bound) as is_bound from open, alive";

/// The store's cluster is this one from now on, unless something goes on in it.
pub(crate) async fn rebind(db: &Db, cluster: &ClusterId, actor: &str) -> Result<Rebound, Failure> {
    let (mode, genesis) = columns(cluster);
    let lease_ms = db.lease_ms();
    loop {
        let found = db.read(READ, &[]).await?;
        let former = stored(found.first().ok_or_else(no_state)?)?;
        if former == Some(*cluster) {
            return Ok(Rebound::Done { former });
        }
        let before = former.as_ref().map(columns);
        let (former_mode, former_genesis) = before.unzip();
        let detail = cluster.audited(former);
        let found = db
            .write(
                REBIND,
                &[
                    (&mode, Type::TEXT),
                    (&genesis, Type::BYTEA),
                    (&former_mode, Type::TEXT),
                    (&former_genesis, Type::BYTEA),
                    (&lease_ms, Type::INT8),
                    (&actor, Type::TEXT),
                    (&detail, Type::TEXT),
                ],
            )
            .await?;
        let row = found.first().ok_or_else(no_state)?;
        match (rows::number(row, "orders")?, rows::number(row, "workers")?) {
            _ if rows::column(row, "is_bound")? => return Ok(Rebound::Done { former }),
            // It was bound anew between the two statements.
            (0, 0) => {}
            (0, workers) => return Ok(Rebound::WorkersAlive { workers }),
            (orders, _) => return Ok(Rebound::OrdersOpen { orders }),
        }
    }
}

fn columns(cluster: &ClusterId) -> (&'static str, &[u8]) {
    (cluster.mode.name(), cluster.genesis.bytes())
}

fn stored(row: &Row) -> Result<Option<ClusterId>, Failure> {
    let Some(mode) = rows::column::<Option<&str>>(row, "cluster_mode")? else {
        return Ok(None);
    };
    let genesis: Blockhash = rows::blockhash(rows::column(row, "cluster_genesis")?)?;
    let mode = Mode::parse(mode)
        .ok_or_else(|| Failure::unreadable("the cluster's mode", mode, "no such mode"))?;
    Ok(Some(ClusterId { mode, genesis }))
}

fn no_state() -> Failure {
    Failure::unreadable("the cluster", "engine_state", "it has no row")
}
