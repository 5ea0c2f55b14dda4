-- From when on a confirmed order can no longer be undone: the slot of its block, and when that was seen to be final.
-- Only ever inserted. Without a row an order waits for it, was final when it was confirmed, or is of an older version.
create table finalities (
    order_key integer primary key,
    slot      integer not null,
    at        integer not null,
    fill      text                    -- JSON: what it brought, where it landed once more with other amounts
) strict;

-- Orders that were confirmed in a block that may vanish yet: those of the last seconds. Led by the slot, new rows
-- come behind all others, and the oldest are looked at and removed first.
create table unfinal (
    slot      integer not null,
    order_id  blob    not null,
    order_key integer not null,
    primary key (slot, order_id)
) strict, without rowid;

-- Confirmations that were not found any more: few, if any.
create table vanished (
    order_key integer primary key,
    at        integer not null,
    dead_at   integer                 -- since when it is proved that the transaction never lands again
) strict;

-- Transactions that nobody can prove dead.
create table doubts (
    order_key integer not null,
    attempt   integer not null,
    at        integer not null,
    reason    text    not null,
    primary key (order_key, attempt)
) strict, without rowid;

-- An operator's word that a transaction is dead.
alter table order_attempts add column said_dead_at integer;
alter table order_attempts add column said_dead_by text;
alter table order_attempts add column said_dead_because text;
