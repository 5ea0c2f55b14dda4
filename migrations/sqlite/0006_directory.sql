-- What was found out about the cluster: see ports::directory.
-- A mint's facts never change.
create table assets (
    mint     blob primary key,
    decimals integer not null,
    program  text not null
) without rowid;

-- Where a venue's pools of two mints are, the mint with the lower address first. `pools` is a JSON list.
create table found_pools (
    venue    text not null,
    low      blob not null,
    high     blob not null,
    found_at integer not null,
    pools    text not null,
    primary key (venue, low, high)
) without rowid;
