-- Orders that wait for a pool or for a volume: which these are, and what was traded of their pairs.

-- What an order waits for: 'price', 'pool' or 'volume'.
alter table waiting_orders add column waits_for text not null default 'price';

-- domain::volume::VaultLook, the last one of a pair.
create table volume_looks (
    token_in  text    not null,
    token_out text    not null,
    slot      integer not null,
    look      text    not null,
    looked_at integer not null,
    primary key (token_in, token_out)
) strict, without rowid;

-- What was traded in each minute that was looked at, in the smallest units of what is sold.
create table volume_minutes (
    token_in  text    not null,
    token_out text    not null,
    minute    integer not null,
    traded    integer not null,
    primary key (token_in, token_out, minute)
) strict, without rowid;
