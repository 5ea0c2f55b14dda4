//! The statement that records events, and the one that also counts what transactions spend. They differ in nothing
//! else, so that what has no outlay costs what it always did.

use crate::outbox::{Recording, Records};

/// The statement, with what one that counts adds: to proposed events, before they are admitted, to what keeps them out,
/// after they have won, and to the answer.
///
/// `held` locks the rows, so that a grant to another worker comes before or after this, never
/// between. It locks them in the order of the ids, so that two batches do not wait for each other.
macro_rules! record {
    ($name:literal, $array:literal, $column:literal, $judged:literal, $kept_out:literal, $counted:literal, $nulls:literal, $more:literal) => {
        concat!(
            "-- ", $name, "
with clock as materialized (
    select now_ms() as now
),
proposed as materialized (
    select * from unnest($3::uuid[], $4::int4[], $5::uuid[], $6::int2[], $7::int4[], $8::text[],
                         $9::int8[], $10::uuid[], $11::int8[], $12::text[], $13::bytea[], $14::int8[],
                         $15::bytea[], $16::int8[]", $array, ")
        with ordinality as p(order_id, seq, event_id, status, executions, data, fence, worker,
                             delay_ms, signature, bytes, last_valid_height, blockhash, unfinal_in", $column, ", place)
    where place = place + 0
),
held as materialized (
    select p.*, o.created_at, o.expires_at, prev.status as former, prev.at as former_at
    from proposed p
    cross join clock
    join workers w on w.id = p.worker and w.seen_at > clock.now - $2
    join orders o on o.id = p.order_id
    join order_events prev on prev.order_id = p.order_id and prev.seq = p.seq - 1 and prev.status <= 3
    where o.fence = p.fence and o.lease_worker = p.worker
    order by o.id
    for no key update of o
),
-- Reads the time once the row is locked, when no event can come before this one any more. If the
-- clock was set back behind the last event, the event gets the last event's time.
timed as materialized (
    select h.*, now_ms() as now from held h
),
placed as materialized (
    select t.*, greatest(t.now, t.former_at) as at,
           t.signature is not null and coalesce(t.expires_at <= greatest(t.now, t.former_at), false)
               as is_too_late
    from timed t
),", $judged, "
inserted as (
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select order_id, seq, event_id, status, executions, at, data
    from placed
    where not is_too_late", $kept_out, "
    order by order_id
    on conflict (order_id, seq) do nothing
    returning order_id
),
won as materialized (
    -- Not a plain `in`, which would become a row-by-row join of two lists: this becomes a look-up.
    select p.* from placed p where (p.order_id in (select order_id from inserted)) is true
),
-- Webhooks go here.
let_go as (
    update orders o
    set lease_worker = null,
        due_at = w.now + w.delay_ms,
        ended_at = case when w.status >= 4 then w.at end,
        end_status = case when w.status >= 4 then w.status end
    from won w
    -- Without a delay one waits for its condition again: see migration 18.
    where o.id = w.order_id and (w.status >= 4 or w.status = 0)
),
finished as (
    delete from orders_begun b
    using won w
    where b.order_id = w.order_id and (w.status = 0 or w.status >= 4)
),
died as (
    update order_attempts a
    set dead_at = w.at
    from won w
    -- Not a plain `is null`, for which all live transactions would be walked through while nobody has counted them.
    where a.order_id = w.order_id and (a.dead_at is null) is true and w.former = 3 and w.status in (0, 5)
),
stored as (
    insert into order_attempts (order_id, attempt, signature, bytes, last_valid_height, stored_at,
                                blockhash", $column, ")
    select order_id, executions, signature, bytes, last_valid_height, at, blockhash", $column, "
    from won
    where signature is not null
    order by order_id
),", $counted, "
waits as (
    insert into unfinal (slot, order_id)
    select unfinal_in, order_id from won where unfinal_in is not null
),
moved as materialized (
    -- Open orders are counted as pending; orders_begun tells which of them are under way.
    select count_moved($1, max(now), array_agg(0::int2), array_agg(status)) as lane
    from won
    where status >= 4
    having count(*) > 0
),
ended as materialized (
    select count_ended($1, max(now), count(*),
                       array_agg(at - created_at) filter (where status = 4)) as lane
    from won
    where status >= 4
    having count(*) > 0
)
select w.order_id, w.at, false as is_too_late,
       (select lane from moved), (select lane from ended)", $nulls, "
from won w
union all
select p.order_id, p.at, true, null, null", $nulls, " from placed p where p.is_too_late", $more
        )
    };
}

/// A trigger that ends the others of an order's group reads the setting.
const EVENTS: &str = "select order_id, seq, now_ms()
    from (select * from won where set_config('order_engine.webhooks', 'on', true) = 'on') as won";

pub(super) static RECORD: Recording = Recording::new(
    record!("record_events", "", "", "", "", "", "", ""),
    Records::Both,
    EVENTS,
);

/// `locked` is the last lock that is taken: by then all orders of the batch are this statement's. The rows are locked
/// in the order of their keys, and what is read of them is what stands there then: nothing else is judged by. Orders
/// are admitted by their ids; one that does not fit beside those before it is left out.
pub(super) static RECORD_OUTLAYS: Recording = Recording::new(record!(
    "record_outlays",
    ", $17::text[]",
    ", outlay",
    "
items as materialized (
    select i.order_id, i.wallet, i.mint, i.spent::numeric as spent, i.live::numeric as live,
           i.day_limit::numeric as day_limit, i.held::numeric as held, i.seen::numeric as seen,
           i.paid::numeric as paid, i.took::numeric as took, i.slot
    from unnest($18::uuid[], $19::bytea[], $20::bytea[], $21::text[], $22::text[], $23::text[], $24::text[],
                $25::text[], $26::text[], $27::text[], $28::int8[])
        with ordinality as i(order_id, wallet, mint, spent, live, day_limit, held, seen, paid, took, slot, place)
    where place = place + 0
),
-- In the quarter of an hour of the event that stores it, or has stored it.
touched as materialized (
    select i.*, i.paid is null as is_new,
           (case when i.paid is null then p.at else p.former_at end) / 900000 as quarter
    from items i
    join placed p on p.order_id = i.order_id
    where not p.is_too_late
),
locked as materialized (
    select u.wallet, u.mint, u.newest, u.quarters, u.live, u.settled, u.slot
    from wallet_use u
    where (u.wallet, u.mint) in (select t.wallet, t.mint from touched t)
    order by u.wallet, u.mint
    for no key update of u
),
judged as materialized (
    select t.order_id,
           l.wallet is not null
           and coalesce(wallet_used(l.newest, l.quarters, t.quarter) + sum(t.spent) over before_it <= t.day_limit, true)
           and coalesce(l.live + greatest(l.settled - t.seen, 0) + sum(t.live) over before_it <= t.held, true) as fits
    from touched t
    left join locked l on l.wallet = t.wallet and l.mint = t.mint
    where t.is_new
    window before_it as (partition by t.wallet, t.mint order by t.order_id)
),
refused as materialized (
    select distinct order_id from judged where not fits
),",
    "
      and (order_id in (select order_id from refused)) is not true",
    "
changes as materialized (
    select t.wallet, t.mint,
           array_agg(t.quarter order by t.order_id) as at_quarters,
           array_agg(coalesce(t.paid - t.spent, t.spent) order by t.order_id) as changes,
           array_agg(t.is_new order by t.order_id) as are_new,
           sum(case when t.is_new then t.live else -t.live end) as live,
           coalesce(sum(t.took), 0) as settled,
           coalesce(max(t.slot), 0) as slot
    from touched t
    join won w on w.order_id = t.order_id
    group by t.wallet, t.mint
),
next as materialized (
    select l.wallet, l.mint, r.newest, r.quarters,
           greatest(l.live + c.live, 0) as live, l.settled + c.settled as settled, greatest(l.slot, c.slot) as slot
    from changes c
    join locked l on l.wallet = c.wallet and l.mint = c.mint
    cross join lateral wallet_counted(l.newest, l.quarters, c.at_quarters, c.changes, c.are_new) as r
),
counted as (
    update wallet_use u
    set newest = n.newest, quarters = n.quarters, live = n.live, settled = n.settled, slot = n.slot
    from next n
    where u.wallet = n.wallet and u.mint = n.mint
),",
    ",
       null::bytea as mint, null::bigint as newest, null::text[] as quarters, null::text as live,
       null::text as settled, null::bigint as slot",
    "
union all
select r.order_id, p.at, null, null, null, t.mint, l.newest, l.quarters::text[], l.live::text, l.settled::text, l.slot
from refused r
join placed p on p.order_id = r.order_id
join touched t on t.order_id = r.order_id
left join locked l on l.wallet = t.wallet and l.mint = t.mint"
), Records::Both, EVENTS);
