-- Transactions that were settled and cost something, by the time at which that was recorded: confirmed ones (status 4),
-- and those that were rolled back for a fee, which stands in the event.
create index order_events_settled on order_events (at)
    where status = 4 or (status in (0, 5) and instr(data, '"paid_lamports"') > 0);

-- Fills that landed once more with other amounts, and those that never landed: few, if any.
create index finalities_corrected on finalities (order_key) where fill is not null;
create index vanished_dead on vanished (order_key) where dead_at is not null;
