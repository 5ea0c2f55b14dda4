-- Lists read what they show, and little else.
--
-- Open orders, newest first, all of them and by what they swap: without these a list of the few that are
-- asked for walks past all that wait. Both hold open orders alone: they stay as small as the backlog, and an
-- order leaves them as it ends. They tell open orders by another column than the indexes by due time, so that
-- nobody who asks for a due time is led to them, where all that wait would have to be looked at.
--
-- Whatever writes to orders waits while they are built. A store with many million orders has them built
-- before the upgrade instead, by hand, under the same names and `concurrently`: where they are there already
-- this step takes a moment. One whose building failed is refused below, and dropped by hand.

create index if not exists orders_open on orders (id) where ended_at is null;
create index if not exists orders_open_of_pair on orders (token_in, token_out, id) where ended_at is null;

do $$
begin
    if exists (select from pg_index
               where indexrelid in ('orders_open'::regclass, 'orders_open_of_pair'::regclass)
                 and not indisvalid) then
        raise exception 'orders_open or orders_open_of_pair is not valid: drop it, and start again';
    end if;
end
$$;

-- Orders between their first step and their end or retry: few, whatever waits. Their status stands in
-- events alone, and a column of `orders` that tells them would be indexed: each claim would then write
-- all of the row's index entries anew. Whoever records an event enters and removes them; a list looks at
-- the last event, so that one too many here shows nowhere.
create table if not exists orders_begun (
    order_id uuid not null primary key
);

insert into orders_begun (order_id)
select o.id
from orders o
cross join lateral (
    select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as last
where o.due_at is not null and o.granted_seq >= 0 and last.status between 1 and 3
on conflict do nothing;
