-- From when on a confirmed order can no longer be undone: the slot of its block, and when that was seen to be final.
-- Only ever inserted. Without a row an order waits for it, was final when it was confirmed, or was confirmed by an
-- older program.
create table if not exists finalities (
    order_id  uuid   not null primary key,
    slot      bigint not null,
    at        bigint not null,
    -- domain::quote::Fill as JSON: what it brought, where it landed once more with other amounts.
    fill      text
);

-- Orders that were confirmed in a block that may vanish yet: those of the last seconds. Led by the slot, new rows
-- come behind all others, and the oldest are looked at and removed first.
create table if not exists unfinal (
    slot      bigint not null,
    order_id  uuid   not null,
    primary key (slot, order_id)
);

-- Confirmations that were not found any more: few, if any.
create table if not exists vanished (
    order_id  uuid   not null primary key,
    at        bigint not null,
    -- Since when it is proved that the transaction never lands again.
    dead_at   bigint
);

-- Transactions that nobody can prove dead.
create table if not exists doubts (
    order_id  uuid    not null,
    attempt   integer not null,
    at        bigint  not null,
    reason    text    not null,
    primary key (order_id, attempt)
);

-- An operator's word that a transaction is dead.
alter table order_attempts
    add column if not exists said_dead_at bigint,
    add column if not exists said_dead_by text,
    add column if not exists said_dead_because text;

-- Work that one process does for all of them, and until when it has it.
create table if not exists turns (
    what   text   not null primary key,
    until  bigint not null
);
