-- Events that a receiver is still to be told of, where there is one: written with the event, deleted once it was told.
create table if not exists webhooks (
    order_id       uuid    not null,
    seq            integer not null,
    due_at         bigint  not null,
    first_refused  bigint,
    refusals       integer not null default 0,
    primary key (order_id, seq)
);
create index if not exists webhooks_due on webhooks (due_at);

-- Those that were given up.
create table if not exists dead_webhooks (
    order_id  uuid    not null,
    seq       integer not null,
    dead_at   bigint  not null,
    refusals  integer not null,
    error     text    not null,
    primary key (order_id, seq)
);

-- Who has a turn that is held and not taken once.
alter table turns add column if not exists holder uuid;

-- As in step 18, with the webhooks of those that end with their group. The statement that records the confirmation says
-- whether there are any.
create or replace function conditional_order_ended() returns trigger language plpgsql as $$
declare
    others uuid[];
    at_last bigint;
begin
    delete from waiting_orders where order_id = new.id;
    if new.oco_group is null then
        return null;
    end if;
    if new.end_status <> 4 then
        update oco_groups set holder = null
        where client = new.client and name = new.oco_group and holder = new.id;
        return null;
    end if;
    update oco_groups set holder = null, confirmed = new.id
    where client = new.client and name = new.oco_group;
    select array_agg(o.id) into others
    from (select o.id from orders o
          where o.client = new.client and o.oco_group = new.oco_group and o.ended_at is null
          order by o.id
          for no key update) as o;
    if others is null then
        return null;
    end if;
    with inserted as (
        insert into order_events (order_id, seq, event_id, status, executions, at, data)
        select o.id, last.seq + 1, gen_random_uuid(), 6, last.executions, greatest(now_ms(), last.at),
               '{"type":"cancelled","reason":"oco"}'
        from unnest(others) as o(id)
        cross join lateral (
            select e.seq, e.executions, e.at from order_events e where e.order_id = o.id order by e.seq desc limit 1
        ) as last
        returning order_id, seq
    )
    insert into webhooks (order_id, seq, due_at)
    select order_id, seq, now_ms() from inserted
    where current_setting('order_engine.webhooks', true) = 'on';
    at_last := now_ms();
    update orders o
    set lease_worker = null, due_at = null, ended_at = at_last, end_status = 6
    where o.id = any(others);
    perform count_moved(0, at_last, array_fill(0::int2, array[cardinality(others)]),
                        array_fill(6::int2, array[cardinality(others)]));
    perform count_ended(0, at_last, cardinality(others), '{}');
    return null;
end
$$;
