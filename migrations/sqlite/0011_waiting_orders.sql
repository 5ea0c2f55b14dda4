-- Orders that wait for a condition. What waits stands in a table of its own; its order's due time, which is 0, counts for
-- nothing, and no index of due orders holds it.
alter table orders add column waits integer not null default 0;
-- The kind of an order that has a condition, as in its terms; null for market orders.
alter table orders add column kind text;
alter table orders add column oco_group text;
-- domain::waiting::Firing, once it has fired.
alter table orders add column firing text;

drop index orders_due;
create index orders_due on orders (due_at) where ended_at is null and waits = 0;
create index orders_waiting on orders (waits) where waits = 1;
create index orders_of_group on orders (client, oco_group) where oco_group is not null;

create table waiting_orders (
    order_key   integer primary key,
    token_in    text    not null,
    token_out   text    not null,
    revision    integer not null default 0, -- grows with every change of the order's terms
    rests_until integer not null default 0, -- one that missed its floor does not fire before this time
    misses      text                        -- domain::waiting::Misses, of one that has gone back
) strict;

create index waiting_orders_of_pair on waiting_orders (token_in, token_out);

-- Groups of which one order at most executes.
create table oco_groups (
    client    text    not null,
    name      text    not null,
    members   integer not null,  -- how many orders it has taken in
    holder    integer,           -- the key of the one that has fired and may execute
    confirmed integer,           -- the key of the one that was confirmed: the group takes in no more
    primary key (client, name)
) strict, without rowid;
