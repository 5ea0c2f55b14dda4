-- Orders that wait for a condition. What waits stands in a table of its own, and its order has no due time: nothing that
-- looks for due orders sees it. Everything that moves an order into that table and out of it is written here, once, so
-- that programs of older versions, which end orders too, do it as well.
--
-- Whatever writes to orders waits while the two indexes on it are built. A store with many million orders has the
-- columns added and the indexes built before the upgrade instead, by hand, under the same names and `concurrently`. One
-- whose building failed is refused below, and dropped by hand.

-- The kind of an order that has a condition, as in its terms; null for market orders.
alter table orders add column if not exists kind text;
alter table orders add column if not exists oco_group text;
-- domain::waiting::Firing, once it has fired.
alter table orders add column if not exists firing text;

create table if not exists waiting_orders (
    order_id     uuid    not null primary key,
    client       text    not null,
    token_in     text    not null,
    token_out    text    not null,
    oco_group    text,
    -- Grows with every change of the order's terms: whoever fires it must have looked at this one.
    revision     integer not null default 0,
    -- An order that missed its floor does not fire before this time; 0 for one that does not rest.
    rests_until  bigint  not null default 0,
    -- domain::waiting::Misses, of one that has gone back.
    misses       text
);
create index if not exists waiting_orders_of_pair on waiting_orders (token_in, token_out, order_id);
create index if not exists waiting_orders_of_client on waiting_orders (client, order_id);
create index if not exists orders_of_group on orders (client, oco_group) where oco_group is not null;
create index if not exists orders_waiting_expiring on orders (expires_at)
    where expires_at is not null and due_at is null and ended_at is null;

do $$
begin
    if exists (select from pg_index
               where indexrelid in ('orders_of_group'::regclass, 'orders_waiting_expiring'::regclass)
                 and not indisvalid) then
        raise exception 'orders_of_group or orders_waiting_expiring is not valid: drop it, and start again';
    end if;
end
$$;

-- Groups of which one order at most executes.
create table if not exists oco_groups (
    client     text    not null,
    name       text    not null,
    -- How many orders it has taken in.
    members    integer not null,
    -- The one that has fired and may execute.
    holder     uuid,
    -- The one that was confirmed: the group takes in no more.
    confirmed  uuid,
    primary key (client, name)
);

-- How many orders wait, in lanes so that writers seldom meet. A connection has the lane of its server process.
create table if not exists lane_waiting (
    lane     integer not null primary key,
    waiting  bigint  not null
) with (fillfactor = 50);

create or replace function count_waiting() returns trigger language plpgsql as $$
declare
    change bigint;
begin
    select case tg_op when 'INSERT' then count(*) else -count(*) end into change from changed;
    if change <> 0 then
        insert into lane_waiting as l (lane, waiting) values (pg_backend_pid() % 64, change)
        on conflict (lane) do update set waiting = l.waiting + excluded.waiting;
    end if;
    return null;
end
$$;
drop trigger if exists waiting_orders_enter on waiting_orders;
create trigger waiting_orders_enter after insert on waiting_orders
    referencing new table as changed for each statement execute function count_waiting();
drop trigger if exists waiting_orders_leave on waiting_orders;
create trigger waiting_orders_leave after delete on waiting_orders
    referencing old table as changed for each statement execute function count_waiting();

-- An open order that has no due time waits. Where it had one, it has fired and missed its floor: its last event, which
-- the same statement has written, says how long it rests and how often it has missed.
create or replace function order_waits() returns trigger language plpgsql as $$
declare
    missed json;
    -- Whoever looked at it before it fired must not fire it again: its revision is another one each time.
    since integer;
begin
    if tg_op = 'UPDATE' then
        select e.data::json, e.seq into missed, since
        from order_events e where e.order_id = new.id order by e.seq desc limit 1;
        update oco_groups set holder = null
        where client = new.client and name = new.oco_group and holder = new.id;
    end if;
    insert into waiting_orders (order_id, client, token_in, token_out, oco_group, revision, rests_until, misses)
    values (new.id, new.client, new.token_in, new.token_out, new.oco_group, coalesce(since, 0) * 1000,
            coalesce(now_ms() + (missed ->> 'rest_ms')::bigint, 0), (missed -> 'misses')::text);
    return null;
end
$$;
drop trigger if exists orders_wait on orders;
create trigger orders_wait after insert on orders
    for each row when (new.due_at is null and new.ended_at is null)
    execute function order_waits();
drop trigger if exists orders_wait_again on orders;
create trigger orders_wait_again after update of due_at on orders
    for each row when (old.due_at is not null and new.due_at is null and new.ended_at is null)
    execute function order_waits();

-- An order that has a condition has ended. If it was confirmed, the others of its group end with it; they wait, because
-- only one of a group has fired. All of them are locked before any is written, so that no two writers wait for each
-- other.
create or replace function conditional_order_ended() returns trigger language plpgsql as $$
declare
    others uuid[];
    at_last bigint;
begin
    delete from waiting_orders where order_id = new.id;
    if new.oco_group is null then
        return null;
    end if;
    if new.end_status <> 4 then
        update oco_groups set holder = null
        where client = new.client and name = new.oco_group and holder = new.id;
        return null;
    end if;
    update oco_groups set holder = null, confirmed = new.id
    where client = new.client and name = new.oco_group;
    select array_agg(o.id) into others
    from (select o.id from orders o
          where o.client = new.client and o.oco_group = new.oco_group and o.ended_at is null
          order by o.id
          for no key update) as o;
    if others is null then
        return null;
    end if;
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select o.id, last.seq + 1, gen_random_uuid(), 6, last.executions, greatest(now_ms(), last.at),
           '{"type":"cancelled","reason":"oco"}'
    from unnest(others) as o(id)
    cross join lateral (
        select e.seq, e.executions, e.at from order_events e where e.order_id = o.id order by e.seq desc limit 1
    ) as last;
    at_last := now_ms();
    update orders o
    set lease_worker = null, due_at = null, ended_at = at_last, end_status = 6
    where o.id = any(others);
    perform count_moved(0, at_last, array_fill(0::int2, array[cardinality(others)]),
                        array_fill(6::int2, array[cardinality(others)]));
    perform count_ended(0, at_last, cardinality(others), '{}');
    return null;
end
$$;
drop trigger if exists conditional_orders_end on orders;
create trigger conditional_orders_end after update of ended_at on orders
    for each row when (old.ended_at is null and new.ended_at is not null and new.kind is not null)
    execute function conditional_order_ended();

-- Ends an order's waiting and makes it due. It never waits for another writer: who holds the order or its group at this
-- moment decides, and the next look finds out.
create or replace function fire_waiting(of_order uuid, of_revision integer, what text)
returns table (id uuid, client text, due_at bigint) language plpgsql as $$
declare
    fired record;
    fired_at bigint;
begin
    select o.id, o.client, o.oco_group, o.expires_at into fired
    from orders o
    where o.id = of_order and o.due_at is null and o.ended_at is null
    for no key update skip locked;
    if not found then
        return;
    end if;
    if fired.oco_group is not null then
        perform 1 from oco_groups g
        where g.client = fired.client and g.name = fired.oco_group and g.holder is null and g.confirmed is null
        for no key update skip locked;
        if not found then
            return;
        end if;
    end if;
    fired_at := now_ms();
    if fired.expires_at <= fired_at then
        return;
    end if;
    delete from waiting_orders w where w.order_id = of_order and w.revision = of_revision;
    if not found then
        return;
    end if;
    update oco_groups g set holder = of_order where g.client = fired.client and g.name = fired.oco_group;
    update orders o set due_at = fired_at, firing = what where o.id = of_order;
    return query select fired.id, fired.client, fired_at;
end
$$;

-- Gives a waiting order other terms. 'done', 'stale' where it was changed since it was read, 'late' where it does not
-- wait, 'unknown'.
create or replace function change_waiting(of_order uuid, of_client text, of_revision integer, others text,
                                          valid_for_ms bigint)
returns text language plpgsql as $$
declare
    target record;
begin
    select o.due_at, o.ended_at into target
    from orders o
    where o.id = of_order and (of_client is null or o.client = of_client)
    for no key update;
    if not found then
        return 'unknown';
    end if;
    if target.due_at is not null or target.ended_at is not null then
        return 'late';
    end if;
    update waiting_orders set revision = revision + 1, rests_until = 0
    where order_id = of_order and revision = of_revision;
    if not found then
        return 'stale';
    end if;
    update orders set terms = others, expires_at = created_at + valid_for_ms where id = of_order;
    return 'done';
end
$$;
