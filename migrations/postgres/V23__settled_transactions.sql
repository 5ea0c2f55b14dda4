-- Transactions that were settled and cost something, by the time at which that was recorded: confirmed ones (status 4),
-- and those that were rolled back for a fee, which stands in the event. Entries come behind all others.
--
-- Whatever records an event waits while this is built. A store with many million events has it built before the upgrade
-- instead, by hand, under the same name and `concurrently`: where it is there already this step takes a moment. One
-- whose building failed is refused below, and dropped by hand.
create index if not exists order_events_settled on order_events (at, order_id, seq)
    where status = 4 or (status in (0, 5) and position('"paid_lamports"' in data) > 0);

do $$
begin
    if exists (select from pg_index where indexrelid = 'order_events_settled'::regclass and not indisvalid) then
        raise exception 'order_events_settled is not valid: drop it, and start again';
    end if;
end
$$;

-- Fills that landed once more with other amounts, and those that never landed: few, if any.
create index if not exists finalities_corrected on finalities (order_id) where fill is not null;
create index if not exists vanished_dead on vanished (order_id) where dead_at is not null;
