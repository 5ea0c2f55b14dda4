-- A signature is unique together with the height until which it may land: it is made over bytes that hold
-- that height's block, so the same signature has the same height. Signatures alone are random: each new one
-- touched a page of its own, and after a checkpoint the log got the whole of that page. Led by the height,
-- new ones stand beside each other.
--
-- Claims go on while the index is built, and what would be stored meanwhile waits. With millions of attempts
-- it may be built before the upgrade instead, by hand, under the same name and `concurrently`. The next
-- migration drops what it replaces, on its own, as that needs the table for itself for a moment.

create unique index if not exists order_attempts_signature
    on order_attempts (last_valid_height, signature);
