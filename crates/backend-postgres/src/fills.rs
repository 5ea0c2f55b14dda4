//! What transactions brought and cost, oldest first, from the index of settled ones.
//!
//! A transaction's event gets its time before it is committed, so an earlier one may become visible later. A page
//! therefore ends before the beginning of the oldest transaction of the database that has written and has not ended.
//! The look at these comes first: what ends meanwhile is visible to the reading after it.

use std::time::Duration;

use async_trait::async_trait;
use domain::{OrderId, Seq, Timestamp};
use ports::fills::{FillFilter, FillPage, Place, Settled, SettledPage, Settlement};
use ports::finality::{Finality, Vanished};
use ports::{Fills, Result as Answer};
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::finality::json;
use crate::list_desk::Asker;
use crate::rows;
use crate::store::PgStore;

/// What a step looks at beyond those missing, where some may not pass the filter: twice as many as the one before.
const STEP: usize = 500;
const LAST_STEP: usize = 2_500;
/// If the steps take longer, the page ends with what it has.
const TIME: Duration = Duration::from_secs(2);

#[async_trait]
impl Fills for PgStore {
    async fn settled(&self, filter: &FillFilter, page: FillPage) -> Answer<SettledPage> {
        let filter = filter.clone();
        let read = move |db: std::sync::Arc<Db>, asker: Asker| async move {
            settled(&db, &filter, page, &asker).await
        };
        Ok(self.lists().read(read).await?)
    }

    async fn corrections(&self) -> Answer<u64> {
        let found = self.db().read(CORRECTIONS, &[]).await?;
        let counted = found.first();
        Ok(counted.map_or(Ok(0), |row| rows::number(row, "corrections"))?)
    }
}

const CORRECTIONS: &str = "-- count_corrected_fills
select (select count(*) from finalities where fill is not null)
     + (select count(*) from vanished where dead_at is not null) as corrections";

/// Sessions of other roles hide what they do: then everything of the last seconds may be under way, twice as long as a
/// call is waited for. The server's own processes have no role, and record nothing.
const WRITTEN_UP_TO: &str = "-- find_oldest_write
select least(floor(extract(epoch from statement_timestamp()) * 1000)::int8,
             (select floor(extract(epoch from min(a.xact_start)) * 1000)::int8
              from pg_stat_activity a
              where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_xid is not null),
             (select floor(extract(epoch from statement_timestamp()) * 1000)::int8 - 10000
              from pg_stat_activity a
              where a.datname = current_database() and a.usesysid is not null
                and a.query = '<insufficient privilege>'
              limit 1)) as up_to";

const SETTLED: &str = r#"-- list_settled
select e.order_id, e.seq, e.at, e.executions, f.fits, o.client,
       case when f.fits then e.data end as data,
       case when f.fits then o.terms end as terms,
       n.slot as final_slot, n.at as final_at, n.fill as final_fill, v.at as vanished_at, v.dead_at
from (select order_id, seq, at, executions, status, data
      from order_events
      where (status = 4 or (status in (0, 5) and position('"paid_lamports"' in data) > 0))
        and (at, order_id, seq) > ($1, $2, $3) and at < $4
      order by at, order_id, seq
      limit $5) as e
join orders o on o.id = e.order_id
cross join lateral (
    select (e.status = 4 or $6)
       and ($7::text is null or o.client = $7)
       and ($8::text is null or o.token_in = $8)
       and ($9::text is null or o.token_out = $9)
       and ($10::text is null or coalesce(o.wallet = $10, $11)) as fits
) as f
left join finalities n on n.order_id = e.order_id and e.status = 4
left join vanished v on v.order_id = e.order_id and e.status = 4
order by e.at, e.order_id, e.seq"#;

async fn settled(
    db: &Db,
    filter: &FillFilter,
    page: FillPage,
    asker: &Asker,
) -> Result<SettledPage, Failure> {
    let began = Instant::now();
    let found = db.read_list(WRITTEN_UP_TO, &[]).await?;
    let up_to: i64 = found
        .first()
        .map_or(Ok(0), |row| rows::column(row, "up_to"))?;
    let up_to = filter.to.map_or(up_to, |to| to.as_millis().min(up_to));
    let mut gathered = SettledPage {
        reached: page.after,
        ..SettledPage::default()
    };
    let (mut looked_at, mut step) = (0, beyond(filter));
    loop {
        let missing = page.limit - gathered.settlements.len();
        let look = (missing + step).min(page.look - looked_at);
        let found = read(db, filter, gathered.reached, up_to, look).await?;
        looked_at += found.len();
        let is_full = take(&found, missing, &mut gathered)?;
        gathered.is_last = !is_full && found.len() < look;
        let is_enough = looked_at >= page.look || began.elapsed() >= TIME || asker.is_gone();
        if is_full || gathered.is_last || is_enough {
            return Ok(gathered);
        }
        step = (step * 2).clamp(STEP, LAST_STEP);
    }
}

fn beyond(filter: &FillFilter) -> usize {
    match filter.takes_all() {
        true => 0,
        false => STEP,
    }
}

async fn read(
    db: &Db,
    filter: &FillFilter,
    after: Option<Place>,
    up_to: i64,
    look: usize,
) -> Result<Vec<Row>, Failure> {
    // Before everything of the first moment.
    let start = (filter.from.map_or(0, Timestamp::as_millis), Uuid::nil(), -1);
    let behind = after.map(|it| (it.at.as_millis(), it.order.uuid(), seq_column(it.seq)));
    let (at, order, seq) = behind.map_or(start, |behind| behind.max(start));
    let with_reverts = filter.settled == Settled::All;
    let client = filter.client.as_ref().map(domain::ClientId::as_str);
    let sold = filter.mint_in.map(domain::Mint::column);
    let bought = filter.mint_out.map(domain::Mint::column);
    let wallet = filter.wallet.map(|it| it.wallet.to_string());
    let or_unnamed = filter.wallet.is_some_and(|it| it.or_unnamed);
    let look = rows::limit(look);
    db.read_list(
        SETTLED,
        &[
            (&at, Type::INT8),
            (&order, Type::UUID),
            (&seq, Type::INT4),
            (&up_to, Type::INT8),
            (&look, Type::INT8),
            (&with_reverts, Type::BOOL),
            (&client, Type::TEXT),
            (&sold, Type::TEXT),
            (&bought, Type::TEXT),
            (&wallet, Type::TEXT),
            (&or_unnamed, Type::BOOL),
        ],
    )
    .await
}

fn seq_column(seq: Seq) -> i32 {
    rows::integer(seq.get())
}

/// Takes what passes the filter, until so many are there; returns whether they are.
fn take(found: &[Row], missing: usize, page: &mut SettledPage) -> Result<bool, Failure> {
    let mut taken = 0;
    for row in found {
        if taken == missing {
            return Ok(true);
        }
        let place = Place {
            at: rows::timestamp(row, "at")?,
            order: OrderId::new(rows::column(row, "order_id")?),
            seq: Seq::new(rows::small_number(row, "seq")?),
        };
        page.reached = Some(place);
        if rows::column::<Option<bool>>(row, "fits")? != Some(true) {
            continue;
        }
        // One that a newer version wrote fails the page: without it no sum would be right.
        if let Some(settlement) = settlement(row)? {
            taken += 1;
            page.settlements.push(settlement);
        }
    }
    Ok(taken == missing)
}

fn settlement(row: &Row) -> Result<Option<Settlement>, Failure> {
    let event = rows::event(row)?;
    let terms: &str = rows::column(row, "terms")?;
    let terms = serde_json::from_str(terms)
        .map_err(|error| Failure::unreadable("the terms", event.order_id, error))?;
    let finality = match rows::optional_timestamp(row, "final_at")? {
        Some(at) => Some(Finality {
            slot: rows::number(row, "final_slot")?,
            at,
            fill: json(row, "final_fill")?,
        }),
        None => None,
    };
    let dead_at = rows::optional_timestamp(row, "dead_at")?;
    let vanished = rows::optional_timestamp(row, "vanished_at")?;
    let vanished = vanished.map(|at| Vanished { at, dead_at });
    let whose = (rows::client(row)?, terms);
    Ok(Settlement::of(event, whose, (finality, vanished)))
}
