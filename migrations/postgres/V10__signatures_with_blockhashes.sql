-- A signature is unique together with the blockhash of its transaction's bytes. The height until which it may
-- land no longer does: it is judged from what endpoints say, so that one signature might come with two. See
-- docs/adr/0008.
--
-- What 0.1.0 stored has no blockhash and is not in the index, so that building it is one reading of the table.
-- Claims go on meanwhile, and what would be stored waits. With millions of attempts it may be built before, by
-- hand, under the same name and `concurrently`, once the step before this one is taken.

create unique index if not exists order_attempts_blockhash
    on order_attempts (blockhash, signature) where blockhash is not null;

do $$
begin
    if not exists (select from pg_index
                   where indexrelid = 'order_attempts_blockhash'::regclass and indisvalid and indisunique) then
        raise exception 'order_attempts_blockhash is not a valid unique index: drop it, and start again';
    end if;
end
$$;
