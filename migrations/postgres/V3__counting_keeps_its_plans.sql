-- The functions that every batch calls for its winners, as before but in the language whose plans are kept
-- for the session: a function in plain SQL is read and planned anew with every statement that calls it,
-- which cost a small batch a third of its time.

create or replace function count_moved(of_lane bigint, now bigint, former smallint[], next smallint[])
returns bigint language plpgsql as $$
declare
    change bigint[] := '{0, 0, 0, 0, 0, 0, 0, 0}';
    status smallint;
begin
    foreach status in array former loop
        change[status + 1] := change[status + 1] - 1;
    end loop;
    foreach status in array next loop
        change[status + 1] := change[status + 1] + 1;
    end loop;
    insert into lane_orders as l (lane, by_status, changed_at)
    values (of_lane, change, count_moved.now)
    on conflict (lane) do update
    set by_status = array[l.by_status[1] + excluded.by_status[1],
                          l.by_status[2] + excluded.by_status[2],
                          l.by_status[3] + excluded.by_status[3],
                          l.by_status[4] + excluded.by_status[4],
                          l.by_status[5] + excluded.by_status[5],
                          l.by_status[6] + excluded.by_status[6],
                          l.by_status[7] + excluded.by_status[7],
                          l.by_status[8] + excluded.by_status[8]],
        changed_at = excluded.changed_at;
    return of_lane;
end
$$;

create or replace function count_held(of_lane bigint, now bigint, gaining uuid[], losing uuid[])
returns bigint language plpgsql as $$
begin
    insert into lane_holds as l (lane, worker, held, changed_at)
    select of_lane, changes.worker, sum(changes.change), count_held.now
    from (select g.worker, 1 as change from unnest(gaining) as g(worker)
          union all
          select h.worker, -1 from unnest(losing) as h(worker)) as changes
    where changes.worker is not null
    group by changes.worker
    on conflict (lane, worker) do update
    set held = l.held + excluded.held, changed_at = excluded.changed_at;
    return of_lane;
end
$$;

create or replace function count_ended(of_lane bigint, now bigint, how_many bigint, latencies bigint[])
returns bigint language plpgsql as $$
begin
    insert into lane_seconds as l (lane, slot, second, ended, latencies)
    values (of_lane, (count_ended.now / 1000) % 64, count_ended.now / 1000, how_many,
            coalesce(count_ended.latencies, '{}'))
    on conflict (lane, slot) do update
    set second = excluded.second,
        ended = excluded.ended + case when l.second = excluded.second then l.ended else 0 end,
        -- Sixteen of a second are enough to tell its latency, and few enough to be read at any time.
        latencies = (case when l.second = excluded.second then l.latencies else '{}' end
                     || excluded.latencies)[1:16];
    return of_lane;
end
$$;
