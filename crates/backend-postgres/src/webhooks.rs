//! The outbox of webhooks: what is due, and what became of it. The statements that record events add to it:
//! see `outbox.rs`.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Seq, WorkerId};
use ports::finality::Turn;
use ports::webhooks::{
    BOUNDED_AT_ONCE, Bounded, DeadWebhook, DueWebhook, DueWebhooks, LONGEST_PAUSE, NO_ROOM,
    Refusal, Refused, Retry, WebhookCounts, WebhookId,
};
use ports::{Result as Answer, Webhooks};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;
use crate::store::PgStore;

#[async_trait]
impl Webhooks for PgStore {
    async fn hold_sending(&self, holder: WorkerId, lasting: Duration) -> Answer<bool> {
        Ok(hold(self.db(), holder, lasting).await?)
    }

    async fn leave_sending(&self, holder: WorkerId) -> Answer<()> {
        Ok(leave(self.db(), holder).await?)
    }

    async fn due_webhooks(&self, limit: usize) -> Answer<DueWebhooks> {
        Ok(due(self.db(), limit).await?)
    }

    async fn webhook_taken(&self, id: WebhookId) -> Answer<()> {
        Ok(taken(self.db(), id).await?)
    }

    async fn webhook_refused(&self, id: WebhookId, refusal: &Refusal) -> Answer<Refused> {
        Ok(refused(self.db(), id, refusal).await?)
    }

    async fn bound_webhooks(&self, pending: u64, dead: u64) -> Answer<Bounded> {
        Ok(bound(self.db(), pending, dead).await?)
    }

    async fn webhook_counts(&self) -> Answer<WebhookCounts> {
        Ok(counts(self.db()).await?)
    }

    async fn dead_webhooks(
        &self,
        before: Option<WebhookId>,
        limit: usize,
    ) -> Answer<Vec<DeadWebhook>> {
        Ok(dead(self.db(), before, limit).await?)
    }

    async fn retry_webhooks(&self, which: Retry, actor: &str) -> Answer<u64> {
        Ok(retry(self.db(), which, actor).await?)
    }
}

/// A time further ahead than asked for was written before the clock was set back.
const HOLD: &str = "-- hold_sending
insert into turns as t (what, until, holder) values ($1, now_ms() + $2, $3)
on conflict (what) do update set until = excluded.until, holder = excluded.holder
where t.holder = excluded.holder or t.until <= excluded.until - $2 or t.until > excluded.until
returning what";

/// Asks for the sending.
pub(crate) async fn hold(db: &Db, holder: WorkerId, lasting: Duration) -> Result<bool, Failure> {
    let (what, lasting, holder) = (Turn::Webhooks.name(), rows::millis(lasting), holder.uuid());
    let held = db
        .write(
            HOLD,
            &[
                (&what, Type::TEXT),
                (&lasting, Type::INT8),
                (&holder, Type::UUID),
            ],
        )
        .await?;
    Ok(!held.is_empty())
}

const LEAVE: &str = "-- leave_sending
update turns set until = 0 where what = $1 and holder = $2";

/// Gives the sending up.
pub(crate) async fn leave(db: &Db, holder: WorkerId) -> Result<(), Failure> {
    let (what, holder) = (Turn::Webhooks.name(), holder.uuid());
    db.write(LEAVE, &[(&what, Type::TEXT), (&holder, Type::UUID)])
        .await?;
    Ok(())
}

/// A due time further ahead than the longest pause was written before the clock was set back.
const DUE: &str = "-- due_webhooks
with clock as materialized (
    select now_ms() as now
),
due as materialized (
    (select w.* from webhooks w
     where w.due_at <= (select now from clock)
       and not exists (select from webhooks f where f.order_id = w.order_id and f.seq < w.seq)
     order by w.due_at limit $1)
    union all
    (select w.* from webhooks w
     where w.due_at > (select now from clock) + $2
       and not exists (select from webhooks f where f.order_id = w.order_id and f.seq < w.seq)
     order by w.due_at limit $1)
)
select w.order_id, w.seq, w.refusals, e.executions, e.at, e.data, o.client, o.terms, o.created_at
from due w
join orders o on o.id = w.order_id
join order_events e on e.order_id = w.order_id and e.seq = w.seq
order by w.due_at limit $1";

/// What is due.
pub(crate) async fn due(db: &Db, limit: usize) -> Result<DueWebhooks, Failure> {
    let (limit, longest) = (rows::limit(limit), rows::millis(LONGEST_PAUSE));
    let found = db
        .read(DUE, &[(&limit, Type::INT8), (&longest, Type::INT8)])
        .await?;
    let mut due = DueWebhooks::default();
    for row in &found {
        let id = id(row)?;
        match webhook(row) {
            Ok(webhook) => due.webhooks.push(webhook),
            Err(error) => {
                tracing::debug!(?error, "the webhook {id} cannot be read");
                due.unreadable.push(id);
            }
        }
    }
    Ok(due)
}

fn webhook(row: &Row) -> Result<DueWebhook, Failure> {
    Ok(DueWebhook {
        event: rows::event(row)?,
        order: rows::order(row)?,
        refusals: rows::small_number(row, "refusals")?,
    })
}

fn id(row: &Row) -> Result<WebhookId, Failure> {
    Ok(WebhookId {
        order: rows::order_id(row, "order_id")?,
        seq: Seq::new(rows::small_number(row, "seq")?),
    })
}

const TAKE: &str = "-- take_webhook
delete from webhooks where order_id = $1 and seq = $2";

/// The receiver has it.
pub(crate) async fn taken(db: &Db, id: WebhookId) -> Result<(), Failure> {
    let (order, seq) = (id.order.uuid(), rows::integer(id.seq.get()));
    db.write(TAKE, &[(&order, Type::UUID), (&seq, Type::INT4)])
        .await?;
    Ok(())
}

/// A clock that was set back begins the time anew. All of the order's get one due time: the first one goes before the
/// others.
const REFUSE: &str = "-- refuse_webhook
with clock as materialized (
    select now_ms() as now
),
refused as materialized (
    select w.order_id, w.seq, w.refusals + 1 as refusals, clock.now,
           least(coalesce(w.first_refused, clock.now), clock.now) as first
    from webhooks w, clock
    where w.order_id = $1 and w.seq = $2
    for no key update of w
),
settled as materialized (
    select r.*, r.now >= r.first + $4 as is_dead, least(r.now + $3, r.first + $4) as due_at from refused r
),
removed as (
    delete from webhooks w using settled s where w.order_id = s.order_id and w.seq = s.seq and s.is_dead
),
buried as (
    insert into dead_webhooks (order_id, seq, dead_at, refusals, error)
    select order_id, seq, now, refusals, $5 from settled where is_dead
    on conflict (order_id, seq) do nothing
),
put_off as (
    update webhooks w
    set due_at = case when s.is_dead then s.now else s.due_at end,
        first_refused = case when w.seq = s.seq then s.first else w.first_refused end,
        refusals = case when w.seq = s.seq then s.refusals else w.refusals end
    from settled s
    where w.order_id = s.order_id and not (w.seq = s.seq and s.is_dead)
)
select is_dead from settled";

/// The receiver has not taken it.
pub(crate) async fn refused(db: &Db, id: WebhookId, refusal: &Refusal) -> Result<Refused, Failure> {
    let (order, seq) = (id.order.uuid(), rows::integer(id.seq.get()));
    let pause = rows::millis(refusal.pause.min(LONGEST_PAUSE));
    let give_up = rows::millis(refusal.give_up_after);
    let found = db
        .write(
            REFUSE,
            &[
                (&order, Type::UUID),
                (&seq, Type::INT4),
                (&pause, Type::INT8),
                (&give_up, Type::INT8),
                (&refusal.error, Type::TEXT),
            ],
        )
        .await?;
    let Some(row) = found.first() else {
        return Ok(Refused::Gone);
    };
    Ok(match rows::column(row, "is_dead")? {
        true => Refused::Dead,
        false => Refused::Resting,
    })
}

const BOUND: &str = "-- bound_webhooks
with oldest as materialized (
    select order_id, seq from webhooks order by order_id, seq
    limit least(greatest((select count(*) from webhooks) - $1, 0), $2)
),
removed as (
    delete from webhooks w using oldest o where w.order_id = o.order_id and w.seq = o.seq
    returning w.order_id, w.seq, w.refusals
),
buried as (
    insert into dead_webhooks (order_id, seq, dead_at, refusals, error)
    select order_id, seq, now_ms(), refusals, $3 from removed
    on conflict (order_id, seq) do nothing
    returning 1
)
select count(*) as moved from buried";

const FORGET: &str = "-- forget_dead_webhooks
with oldest as materialized (
    select order_id, seq from dead_webhooks order by order_id, seq
    limit least(greatest((select count(*) from dead_webhooks) - $1, 0), $2)
),
removed as (
    delete from dead_webhooks d using oldest o where d.order_id = o.order_id and d.seq = o.seq
    returning 1
)
select count(*) as moved from removed";

/// Keeps to the bounds.
pub(crate) async fn bound(db: &Db, pending: u64, dead: u64) -> Result<Bounded, Failure> {
    let (pending, dead) = (rows::big(pending), rows::big(dead));
    let at_once = i64::from(BOUNDED_AT_ONCE);
    let died = db
        .write(
            BOUND,
            &[
                (&pending, Type::INT8),
                (&at_once, Type::INT8),
                (&NO_ROOM, Type::TEXT),
            ],
        )
        .await?;
    let forgotten = db
        .write(FORGET, &[(&dead, Type::INT8), (&at_once, Type::INT8)])
        .await?;
    Ok(Bounded {
        died: moved(&died)?,
        forgotten: moved(&forgotten)?,
    })
}

fn moved(found: &[Row]) -> Result<u64, Failure> {
    found
        .first()
        .map_or(Ok(0), |row| rows::number(row, "moved"))
}

const COUNT: &str = "-- count_webhooks
select (select count(*) from webhooks) as pending, (select count(*) from dead_webhooks) as dead,
       (select e.at
        from (select order_id, seq from webhooks order by order_id, seq limit 1) as w
        join order_events e on e.order_id = w.order_id and e.seq = w.seq) as oldest";

/// How many there are.
pub(crate) async fn counts(db: &Db) -> Result<WebhookCounts, Failure> {
    let found = db.read(COUNT, &[]).await?;
    let Some(row) = found.first() else {
        return Ok(WebhookCounts::default());
    };
    Ok(WebhookCounts {
        pending: rows::number(row, "pending")?,
        dead: rows::number(row, "dead")?,
        oldest_pending: rows::optional_timestamp(row, "oldest")?,
    })
}

const DEAD: &str = "-- list_dead_webhooks
select d.order_id, d.seq, e.status, e.at, d.dead_at, d.refusals, d.error
from dead_webhooks d
join order_events e on e.order_id = d.order_id and e.seq = d.seq
where $1::uuid is null or (d.order_id, d.seq) < ($1, $2)
order by d.order_id desc, d.seq desc
limit $3";

/// Dead ones, the newest order's first.
pub(crate) async fn dead(
    db: &Db,
    before: Option<WebhookId>,
    limit: usize,
) -> Result<Vec<DeadWebhook>, Failure> {
    let order = before.map(|id| id.order.uuid());
    let seq = before.map_or(0, |id| rows::integer(id.seq.get()));
    let limit = rows::limit(limit);
    let found = db
        .read(
            DEAD,
            &[
                (&order, Type::UUID),
                (&seq, Type::INT4),
                (&limit, Type::INT8),
            ],
        )
        .await?;
    let one = |row: &Row| {
        Ok(DeadWebhook {
            id: id(row)?,
            status: rows::status(rows::column(row, "status")?)?,
            at: rows::timestamp(row, "at")?,
            dead_at: rows::timestamp(row, "dead_at")?,
            refusals: rows::small_number(row, "refusals")?,
            error: rows::column(row, "error")?,
        })
    };
    found.iter().map(one).collect()
}

const RETRY: &str = "-- retry_webhooks
with chosen as materialized (
    select order_id, seq from dead_webhooks
    where $1::uuid is null or (order_id = $1 and seq = $2)
    order by order_id, seq
    limit $3
),
raised as (
    delete from dead_webhooks d using chosen c where d.order_id = c.order_id and d.seq = c.seq
    returning d.order_id, d.seq
),
pending as (
    insert into webhooks (order_id, seq, due_at)
    select order_id, seq, now_ms() from raised order by order_id, seq
    on conflict (order_id, seq) do nothing
),
noted as (
    insert into audit_log (at, actor, action, subject, detail)
    select now_ms(), $4, 'retry webhooks', $1::text,
           coalesce($5, count(*) || ' webhooks')
    from raised having count(*) > 0
)
select count(*) as moved from raised";

/// Makes dead ones pending.
pub(crate) async fn retry(db: &Db, which: Retry, actor: &str) -> Result<u64, Failure> {
    let one = match which {
        Retry::One(id) => Some(id),
        Retry::All => None,
    };
    let order = one.map(|id| id.order.uuid());
    let seq = one.map_or(0, |id| rows::integer(id.seq.get()));
    let name = one.map(|id| id.to_string());
    let at_once = i64::from(BOUNDED_AT_ONCE);
    let found = db
        .write(
            RETRY,
            &[
                (&order, Type::UUID),
                (&seq, Type::INT4),
                (&at_once, Type::INT8),
                (&actor, Type::TEXT),
                (&name, Type::TEXT),
            ],
        )
        .await?;
    moved(&found)
}
