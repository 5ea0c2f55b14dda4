-- The embedded store. Events are only ever appended; an order's row is an index of them, written when the
-- order is accepted, claimed, given back and ended. Times are milliseconds since 1970, ids are the 16
-- bytes of a UUID, statuses are the places in an order's life: 0 pending, 1 routing, 2 building,
-- 3 submitted, 4 confirmed, 5 failed, 6 cancelled, 7 expired.

create table orders (
    key              integer primary key,      -- grows with acceptance: the order of every list
    id               blob    not null unique,
    client           text    not null,
    schema_version   integer not null,
    terms            text    not null,         -- JSON, as the client gave them
    token_in         text    not null,
    token_out        text    not null,
    trace_context    text,
    created_at       integer not null,
    due_at           integer not null,
    expires_at       integer,
    lease_worker     blob,                     -- counts only while that worker is alive
    fence            integer not null default 0,
    granted_seq      integer not null default -1, -- the last event when it was granted last
    fruitless_grants integer not null default 0,  -- as of that grant, since an event was recorded
    begun            integer not null default 0,  -- 1 from its claim until it is pending again or ends
    ended_at         integer,
    end_status       integer,
    retried_as       blob                      -- the order that an operator put in a failed one's place
) strict;

-- Open orders by due time: an open, due order is the queue's outbox.
create index orders_due on orders (due_at) where ended_at is null;
create index orders_expiring on orders (expires_at) where expires_at is not null and ended_at is null;
create index orders_begun on orders (begun) where begun = 1;
-- Lists, newest first by the key that every index ends with.
create index orders_by_client on orders (client, end_status);
create index orders_by_end on orders (end_status);
create index orders_by_pair on orders (token_in, token_out);
create index orders_dead on orders (end_status) where end_status = 5 and retried_as is null;

create table order_events (
    order_key  integer not null,
    seq        integer not null,
    event_id   blob    not null,               -- whose id stands at a place has won it
    status     integer not null,
    executions integer not null,
    at         integer not null,
    data       text    not null                -- JSON
) strict;

create unique index order_events_place on order_events (order_key, seq);

create table order_attempts (
    order_key         integer not null,
    attempt           integer not null,
    venue             text    not null,
    signature         text    not null unique,
    bytes             blob    not null,
    last_valid_height integer not null,
    dead_at           integer
) strict;

create unique index order_attempts_place on order_attempts (order_key, attempt);
-- At most one attempt of an order may still land.
create unique index order_attempts_live on order_attempts (order_key) where dead_at is null;

create table idempotency_keys (
    client      text    not null,
    key         text    not null,
    fingerprint blob    not null,
    order_id    blob    not null,
    answer      blob    not null,
    accepted_at integer not null
) strict;

create unique index idempotency_keys_key on idempotency_keys (client, key);

create table client_order_ids (
    client          text not null,
    client_order_id text not null,
    order_id        blob not null,
    primary key (client, client_order_id)
) strict, without rowid;

-- One row: how many orders stand at each status, written in the transaction that moves them.
create table counters (
    id        integer primary key check (id = 1),
    pending   integer not null,
    routing   integer not null,
    building  integer not null,
    submitted integer not null,
    confirmed integer not null,
    failed    integer not null,
    cancelled integer not null,
    expired   integer not null
) strict;

insert into counters values (1, 0, 0, 0, 0, 0, 0, 0, 0);

-- One row: what holds for the whole engine.
create table engine (
    id         integer primary key check (id = 1),
    paused     integer not null,
    checked_at integer not null                -- the last readiness check that could write
) strict;

insert into engine values (1, 0, 0);

create table audit (
    id      integer primary key,
    at      integer not null,
    actor   text    not null,
    action  text    not null,
    subject text,
    detail  text
) strict;
