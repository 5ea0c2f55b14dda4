-- A signature is unique together with the height until which it may land: it is made over bytes that hold
-- that height's block, so the same signature has the same height. Signatures alone are random: with a
-- million of them each new one touched a page of its own, and an attempt cost twice as much. Led by the
-- height, new ones stand beside each other.
--
-- What is unique by a column's definition goes only with its table, so the attempts are copied. The indexes
-- come first: rows arrive in their order, and sorting a large table afterwards would take memory.

create table attempts_anew (
    order_key         integer not null,
    attempt           integer not null,
    venue             text    not null,
    signature         text    not null,
    bytes             blob    not null,
    last_valid_height integer not null,
    dead_at           integer
) strict;

create unique index order_attempts_order on attempts_anew (order_key, attempt);
-- At most one attempt of an order may still land.
create unique index order_attempts_landing on attempts_anew (order_key) where dead_at is null;
create unique index order_attempts_signature on attempts_anew (last_valid_height, signature);

insert into attempts_anew (order_key, attempt, venue, signature, bytes, last_valid_height, dead_at)
select order_key, attempt, venue, signature, bytes, last_valid_height, dead_at
from order_attempts
order by rowid;

drop table order_attempts;
alter table attempts_anew rename to order_attempts;
