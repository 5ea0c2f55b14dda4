-- The truth. Times are milliseconds since 1970 by this server's clock; statuses are the places of
-- domain::Status::ALL. Events are the state: they are only ever inserted, and an order's row is an
-- index of them, written at accept, claim, release or retry, and end.

create function now_ms() returns bigint language sql volatile
    return floor(extract(epoch from clock_timestamp()) * 1000)::bigint;

create table orders (
    id              uuid     not null primary key,
    client          text     not null,
    -- As the client gave it, in the form of domain::Terms; the columns after it repeat what lists need.
    terms           text     not null,
    token_in        text     not null,
    token_out       text     not null,
    schema_version  smallint not null,
    trace_context   text,
    created_at      bigint   not null,
    expires_at      bigint,
    -- Null once the order has ended: an open order with a due time is its own outbox.
    due_at          bigint,
    fence           bigint   not null default 0,
    -- Whoever was granted it last and has not given it back. Counts while that worker's row is fresh.
    lease_worker    uuid,
    -- Grants in a row that recorded nothing, and the last event when the newest grant was made.
    grants          integer  not null default 0,
    granted_seq     integer  not null default -1,
    ended_at        bigint,
    end_status      smallint,
    -- The order that an operator accepted in place of this one.
    retried_as      uuid
-- Room for the claim's new row version on the same page: none of the columns it changes is indexed.
) with (fillfactor = 75);

create index orders_of_client on orders (client, id desc);
create index orders_open_by_due on orders (due_at, id) where due_at is not null;
create index orders_open_of_client on orders (client, due_at, id) where due_at is not null;
create index orders_expiring on orders (expires_at) where expires_at is not null and due_at is not null;
create index orders_ended on orders (end_status, id desc) where end_status is not null;

create table order_events (
    order_id    uuid     not null,
    seq         integer  not null,
    -- Whose id is stored here has won this place.
    event_id    uuid     not null,
    status      smallint not null,
    executions  integer  not null,
    at          bigint   not null,
    -- domain::EventData as JSON. Text, as nothing here looks into it: jsonb would be parsed, grown and
    -- printed again for nobody, and data::json serves a person's question as well.
    data        text     not null,
    primary key (order_id, seq)
);

create table order_attempts (
    order_id           uuid    not null,
    attempt            integer not null,
    signature          text    not null,
    bytes              bytea   not null,
    last_valid_height  bigint  not null,
    stored_at          bigint  not null,
    dead_at            bigint,
    primary key (order_id, attempt),
    unique (signature)
);
-- At most one attempt of an order may still land.
create unique index order_attempts_one_live on order_attempts (order_id) where dead_at is null;

create table idempotency_keys (
    client       text   not null,
    key          text   not null,
    fingerprint  bytea  not null,
    order_id     uuid   not null,
    answer       bytea  not null,
    at           bigint not null,
    primary key (client, key)
);
create index idempotency_keys_by_age on idempotency_keys using brin (at);

create table client_order_ids (
    client           text not null,
    client_order_id  text not null,
    order_id         uuid not null,
    primary key (client, client_order_id)
);

create table workers (
    id          uuid    not null primary key,
    version     text    not null,
    host        text    not null,
    slots       integer not null,
    running     integer not null,
    started_at  bigint  not null,
    seen_at     bigint  not null
) with (fillfactor = 50);

create table engine_state (
    -- One row.
    id      boolean not null primary key default true check (id),
    paused  boolean not null default false
);
insert into engine_state default values;

create table audit_log (
    id       bigint generated always as identity primary key,
    at       bigint not null,
    actor    text   not null,
    action   text   not null,
    subject  text,
    detail   text
);

-- Counts over all orders, as sums of what each writer adds in the transaction of its batch. A writer
-- has a lane of its own, so that no two wait for one row; lane 0 keeps what lanes of the past added.
create sequence lanes;

create table lane_orders (
    lane        bigint not null primary key,
    -- How many orders the lane has brought into each status, less those it has brought out of it.
    by_status   bigint[] not null,
    changed_at  bigint not null
) with (fillfactor = 50);

create table lane_holds (
    lane        bigint not null,
    worker      uuid   not null,
    -- How many leases the lane has granted to the worker, less those it has seen end.
    held        bigint not null,
    changed_at  bigint not null,
    primary key (lane, worker)
) with (fillfactor = 50);

-- A ring of the last seconds.
create table lane_seconds (
    lane       bigint    not null,
    slot       smallint  not null,
    second     bigint    not null,
    ended      integer   not null,
    -- From acceptance to the end, of the first orders confirmed in this second.
    latencies  bigint[]  not null,
    primary key (lane, slot)
) with (fillfactor = 50);

-- What a batch calls for its winners, in its own transaction.

create function count_moved(of_lane bigint, now bigint, former smallint[], next smallint[])
returns bigint language sql as $$
    insert into lane_orders as l (lane, by_status, changed_at)
    select of_lane,
           array(select (select count(*) from unnest(next) as n(s) where n.s = status)
                      - (select count(*) from unnest(former) as f(s) where f.s = status)
                 from generate_series(0, 7) as status order by status),
           now
    on conflict (lane) do update
    set by_status = array(select a + b
                          from unnest(l.by_status, excluded.by_status) with ordinality as t(a, b, i)
                          order by i),
        changed_at = excluded.changed_at
    returning lane
$$;

create function count_held(of_lane bigint, now bigint, gaining uuid[], losing uuid[])
returns bigint language sql as $$
    insert into lane_holds as l (lane, worker, held, changed_at)
    select of_lane, worker, sum(change), now
    from (select g.worker, 1 as change from unnest(gaining) as g(worker)
          union all
          select h.worker, -1 from unnest(losing) as h(worker)) as changes
    where worker is not null
    group by worker
    on conflict (lane, worker) do update
    set held = l.held + excluded.held, changed_at = excluded.changed_at;
    select of_lane
$$;

create function count_ended(of_lane bigint, now bigint, how_many bigint, latencies bigint[])
returns bigint language sql as $$
    insert into lane_seconds as l (lane, slot, second, ended, latencies)
    select of_lane, (now / 1000) % 64, now / 1000, how_many, coalesce(latencies, '{}')
    on conflict (lane, slot) do update
    set second = excluded.second,
        ended = excluded.ended + case when l.second = excluded.second then l.ended else 0 end,
        -- Sixteen of a second are enough to tell its latency, and few enough to be read at any time.
        latencies = (case when l.second = excluded.second then l.latencies else '{}' end
                     || excluded.latencies)[1:16]
    returning lane
$$;
