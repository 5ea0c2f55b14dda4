//! The live workers: one row each, renewed by its heartbeats.

use std::time::Duration;

use domain::{NamedWallet, WalletName, WorkerId};
use ports::worker_registry::{Beat, Heartbeat, WorkerRow};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

const ENLIST: &str = "-- enlist_worker
insert into workers (id, version, host, slots, running, limits, started_at, seen_at, wallets, wallet_names)
select $1, $2, $3, $4, $5, $6, now, now, $7, $8 from (select now_ms() as now) as clock
on conflict (id) do nothing";

/// Registers a new worker.
pub(crate) async fn enlist(db: &Db, worker: &WorkerRow) -> Result<(), Failure> {
    let id = worker.id.uuid();
    let (slots, running) = (rows::integer(worker.slots), rows::integer(worker.running));
    let wallets: Vec<String> = list(worker, |own| own.address.to_string());
    let names: Vec<String> = list(worker, |own| own.name.to_string());
    // A worker that names none may have any.
    let is_told = !wallets.is_empty();
    let (wallets, names) = (is_told.then_some(wallets), is_told.then_some(names));
    db.write(
        ENLIST,
        &[
            (&id, Type::UUID),
            (&worker.version, Type::TEXT),
            (&worker.host, Type::TEXT),
            (&slots, Type::INT4),
            (&running, Type::INT4),
            (&worker.limits, Type::TEXT),
            (&wallets, Type::TEXT_ARRAY),
            (&names, Type::TEXT_ARRAY),
        ],
    )
    .await?;
    Ok(())
}

fn list(worker: &WorkerRow, part: impl Fn(&NamedWallet) -> String) -> Vec<String> {
    worker.wallets.iter().map(part).collect()
}

/// A row that was silent for too long is not renewed, whether or not it has been marked dead. A
/// heartbeat that comes after a later one finds the worker alive and changes nothing.
const HEARTBEAT: &str = "-- renew_worker
with clock as materialized (
    select now_ms() as now
),
renewed as (
    update workers w
    set seen_at = clock.now, beat = $2, heard = $3, holding = $4, running = cardinality($4)
    from clock
    where w.id = $1 and w.seen_at > clock.now - $5 and w.beat < $2
    returning w.id
)
select (select paused from engine_state) as paused,
       (select count(*) from workers w where w.seen_at > clock.now - $5) as live
from clock
where exists (select from renewed)
   or exists (select from workers w where w.id = $1 and w.seen_at > clock.now - $5 and w.beat >= $2)";

/// Keeps a worker alive, and with it the leases that its heartbeat names.
pub(crate) async fn heartbeat(
    db: &Db,
    worker: WorkerId,
    beat: &Beat,
) -> Result<Heartbeat, Failure> {
    let (id, lease) = (worker.uuid(), db.lease_ms());
    let (number, heard) = (rows::big(beat.number), rows::big(beat.heard));
    let holding: Vec<Uuid> = beat.holding.iter().map(|order| order.uuid()).collect();
    let found = db
        .write(
            HEARTBEAT,
            &[
                (&id, Type::UUID),
                (&number, Type::INT8),
                (&heard, Type::INT8),
                (&holding, Type::UUID_ARRAY),
                (&lease, Type::INT8),
            ],
        )
        .await?;
    let Some(row) = found.first() else {
        return Ok(Heartbeat::Gone);
    };
    Ok(Heartbeat::Alive {
        paused: rows::column(row, "paused")?,
        live_workers: rows::number(row, "live")?,
    })
}

const RETIRE: &str = "-- retire_worker
delete from workers where id = $1";

/// Removes a worker; its leases end with its row, and without a row it does not count as dead.
pub(crate) async fn retire(db: &Db, worker: WorkerId) -> Result<(), Failure> {
    let id = worker.uuid();
    db.write(RETIRE, &[(&id, Type::UUID)]).await?;
    Ok(())
}

/// How long dead workers are remembered: far longer than it takes until their orders are claimed.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// A worker seen later than now was seen before the clock was set back. Its lease counts from now
/// on, so that the living keep their orders and the dead keep theirs no longer than that.
const BURY: &str = "-- bury_silent_workers
with clock as materialized (
    select now_ms() as now
),
ahead as (
    update workers w set seen_at = clock.now from clock where w.seen_at > clock.now
),
forgotten as (
    delete from workers w using clock where w.buried_at < clock.now - $2
)
update workers w
set seen_at = 0, buried_at = clock.now
from clock
where w.buried_at is null and w.seen_at <= clock.now - $1
returning w.id";

/// Marks workers that were silent for too long as dead.
pub(crate) async fn mark_silent_dead(db: &Db) -> Result<Vec<WorkerId>, Failure> {
    let (lease, remembered) = (db.lease_ms(), rows::millis(REMEMBERED));
    let found = db
        .write(BURY, &[(&lease, Type::INT8), (&remembered, Type::INT8)])
        .await?;
    found.iter().map(|row| rows::worker_id(row, "id")).collect()
}

const WORKERS: &str = "-- list_workers
select w.id, w.version, w.host, w.slots, w.running, w.limits, w.started_at, w.seen_at, w.wallets,
       w.wallet_names
from workers w
where w.seen_at > now_ms() - $1
order by w.started_at, w.id";

/// The live workers, oldest first.
pub(crate) async fn workers(db: &Db) -> Result<Vec<WorkerRow>, Failure> {
    let lease = db.lease_ms();
    let found = db.read(WORKERS, &[(&lease, Type::INT8)]).await?;
    found.iter().map(worker_row).collect()
}

fn worker_row(row: &Row) -> Result<WorkerRow, Failure> {
    Ok(WorkerRow {
        id: rows::worker_id(row, "id")?,
        version: rows::column(row, "version")?,
        host: rows::column(row, "host")?,
        slots: rows::small_number(row, "slots")?,
        running: rows::small_number(row, "running")?,
        limits: rows::column(row, "limits")?,
        wallets: wallets(row)?,
        started_at: rows::timestamp(row, "started_at")?,
        seen_at: rows::timestamp(row, "seen_at")?,
    })
}

fn wallets(row: &Row) -> Result<Vec<NamedWallet>, Failure> {
    let of = |name| Ok(rows::column::<Option<Vec<&str>>>(row, name)?.unwrap_or_default());
    let (addresses, names) = (of("wallets")?, of("wallet_names")?);
    let wallets = addresses.into_iter().zip(names);
    wallets
        .map(|(address, name)| {
            let unreadable = |error: &dyn std::error::Error| {
                Failure::unreadable("a wallet", address, error.to_string())
            };
            Ok(NamedWallet {
                name: WalletName::parse(name).map_err(|error| unreadable(&error))?,
                address: address.parse().map_err(|error| unreadable(&error))?,
            })
        })
        .collect()
}
