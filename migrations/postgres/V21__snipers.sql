-- Orders that wait for a pool or for a volume: how many there are, and what was traded of their pairs.

-- What an order waits for: 'price', 'pool' or 'volume'.
alter table waiting_orders add column if not exists waits_for text not null default 'price';
alter table lane_waiting add column if not exists pool bigint not null default 0;
alter table lane_waiting add column if not exists volume bigint not null default 0;

create or replace function count_waiting() returns trigger language plpgsql as $$
declare
    change bigint;
    of_pool bigint;
    of_volume bigint;
    sign bigint := case tg_op when 'INSERT' then 1 else -1 end;
begin
    select sign * count(*), sign * count(*) filter (where c.waits_for = 'pool'),
           sign * count(*) filter (where c.waits_for = 'volume')
    into change, of_pool, of_volume from changed c;
    if change <> 0 then
        insert into lane_waiting as l (lane, waiting, pool, volume)
        values (pg_backend_pid() % 64, change, of_pool, of_volume)
        on conflict (lane) do update
        set waiting = l.waiting + excluded.waiting, pool = l.pool + excluded.pool, volume = l.volume + excluded.volume;
    end if;
    return null;
end
$$;

-- What a sniper's terms wait for.
create or replace function waits_for(kind text, terms text) returns text language sql immutable as $$
    select case
        when kind <> 'sniper' then 'price'
        when terms::jsonb #>> '{order_type,sniper,trigger}' = 'pool_created' then 'pool'
        when terms::jsonb #> '{order_type,sniper,trigger}' ? 'volume_spike' then 'volume'
        else 'price'
    end
$$;

-- As in step 18, with what the order waits for.
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
    insert into waiting_orders (order_id, client, token_in, token_out, oco_group, revision, rests_until, misses,
                                touched_at, waits_for)
    values (new.id, new.client, new.token_in, new.token_out, new.oco_group, coalesce(since, 0) * 1000,
            coalesce(now_ms() + (missed ->> 'rest_ms')::bigint, 0), (missed -> 'misses')::text,
            now_ms(), waits_for(new.kind, new.terms));
    return null;
end
$$;

-- domain::volume::VaultLook, the last one of a pair.
create table if not exists volume_looks (
    token_in   text   not null,
    token_out  text   not null,
    slot       bigint not null,
    look       text   not null,
    looked_at  bigint not null,
    primary key (token_in, token_out)
);
create index if not exists volume_looks_by_age on volume_looks (looked_at);

-- What was traded in each minute that was looked at, in the smallest units of what is sold.
create table if not exists volume_minutes (
    token_in   text   not null,
    token_out  text   not null,
    minute     bigint not null,
    traded     bigint not null,
    primary key (token_in, token_out, minute)
);
create index if not exists volume_minutes_by_age on volume_minutes (minute);
