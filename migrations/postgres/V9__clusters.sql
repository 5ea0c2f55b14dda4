-- The chain of version 0.1.0 is gone: a store belongs to a Solana cluster, by mode and genesis hash. Null until
-- the first process has started on it. See ports::cluster.
alter table engine_state
    add column if not exists cluster_mode text,
    add column if not exists cluster_genesis bytea;

-- Names the block that a transaction was made over; null in what 0.1.0 stored. Takes the table for a moment,
-- whatever its size.
alter table order_attempts add column if not exists blockhash bytea;

-- What became of a transaction of 0.1.0 only 0.1.0 and its chain can tell. So there must be none that may still
-- land, and from here on a process of 0.1.0 that runs on can store none: nothing can be submitted between the
-- look, which has the table for itself, and the rule.
do $$
declare
    unfinished bigint;
begin
    select count(*) into unfinished
    from orders o
    where o.ended_at is null
      and exists (select from order_attempts a where a.order_id = o.id and a.dead_at is null);
    if unfinished > 0 then
        raise exception 'orders of version 0.1.0 are submitted'
            using errcode = 'object_not_in_prerequisite_state', detail = unfinished;
    end if;
end
$$;

-- Not valid: holds for new rows alone, and old ones are not looked at.
alter table order_attempts drop constraint if exists order_attempts_names_its_block;
alter table order_attempts
    add constraint order_attempts_names_its_block check (blockhash is not null) not valid;
