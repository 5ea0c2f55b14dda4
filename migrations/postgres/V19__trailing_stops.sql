-- Trailing stops, and what workers are told of orders that begin to wait or are changed.

-- By the store's clock; 0 for those that were there before this step, which are listed by their pairs.
alter table waiting_orders add column if not exists touched_at bigint not null default 0;
alter table waiting_orders alter column touched_at set default now_ms();
create index if not exists waiting_orders_touched on waiting_orders (touched_at, order_id);

-- The highest spot of a pair since any time, for all trailing stops of the pair: domain::waiting::Highs.
create table if not exists pair_highs (
    token_in   text    not null,
    token_out  text    not null,
    -- Grows with every write: who has read an older one writes nothing.
    version    bigint  not null,
    highs      text    not null,
    primary key (token_in, token_out)
) with (fillfactor = 50);

-- As in step 18, and says that the order was touched.
create or replace function change_waiting(of_order uuid, of_client text, of_revision integer, others text,
                                          valid_for_ms bigint)
returns text language plpgsql as $$
declare
    target record;
begin
    select o.due_at, o.ended_at into target
    from orders o
    where o.id = of_order and (of_client is null or o.client = of_client)
    for no key update;
    if not found then
        return 'unknown';
    end if;
    if target.due_at is not null or target.ended_at is not null then
        return 'late';
    end if;
    update waiting_orders set revision = revision + 1, rests_until = 0, touched_at = now_ms()
    where order_id = of_order and revision = of_revision;
    if not found then
        return 'stale';
    end if;
    update orders set terms = others, expires_at = created_at + valid_for_ms where id = of_order;
    return 'done';
end
$$;
