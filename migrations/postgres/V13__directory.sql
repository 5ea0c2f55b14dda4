-- What was found out about the cluster: see ports::directory.
-- A mint's facts never change.
create table if not exists assets (
    mint     bytea primary key,
    decimals int2 not null,
    program  text not null
);

-- Where a venue's pools of two mints are, the mint with the lower address first. `pools` is a JSON list.
create table if not exists found_pools (
    venue    text not null,
    low      bytea not null,
    high     bytea not null,
    found_at int8 not null,
    pools    text not null,
    primary key (venue, low, high)
);
