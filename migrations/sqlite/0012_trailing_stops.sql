-- Trailing stops, and what workers are told of orders that begin to wait or are changed.

-- 0 for those that were there before this step, which are listed by their pairs.
alter table waiting_orders add column touched_at integer not null default 0;
create index waiting_orders_touched on waiting_orders (touched_at, order_key);

-- The highest spot of a pair since any time, for all trailing stops of the pair: domain::waiting::Highs.
create table pair_highs (
    token_in  text    not null,
    token_out text    not null,
    version   integer not null, -- grows with every write: who has read an older one writes nothing
    highs     text    not null,
    primary key (token_in, token_out)
) strict, without rowid;
