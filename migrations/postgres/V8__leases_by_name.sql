-- A worker's heartbeat names the orders that it holds, and a lease that it does not name is nobody's: see
-- ports::worker_registry. Heartbeats are numbered, so that no clock decides.
--
-- `holding` is null in the rows of older programs, which name nothing: all that they were granted is held.
alter table workers add column if not exists beat bigint not null default 0;
alter table workers add column if not exists heard bigint not null default 0;
alter table workers add column if not exists holding uuid[];

-- Its holder's last heartbeat before the order was granted, or claimed again. Not indexed, so that a claim
-- stays a change within the row's page.
alter table orders add column if not exists leased_beat bigint not null default 0;

-- Whether a lease of this worker still counts: it was heard of since then, and its last heartbeat named the
-- order, or could not have. A function, so that planners take it for as cheap as it is.
create or replace function lease_counts(worker uuid, leased_beat bigint, order_id uuid, alive_since bigint)
returns boolean language plpgsql stable cost 10 as $$
begin
    return exists (
        select from workers h
        where h.id = lease_counts.worker
          and h.seen_at > alive_since
          and (h.holding is null
               or lease_counts.leased_beat >= h.heard
               or lease_counts.order_id = any(h.holding))
    );
end
$$;

-- What each worker holds is no longer counted apart. Older programs, in the middle of an upgrade, still call
-- this and read the table.
create or replace function count_held(of_lane bigint, now bigint, gaining uuid[], losing uuid[])
returns bigint language sql as $$ select of_lane $$;
delete from lane_holds;
