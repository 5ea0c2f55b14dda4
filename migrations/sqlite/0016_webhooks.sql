-- Events that a receiver is still to be told of, where there is one: written with the event, deleted once it was told.
create table webhooks (
    order_key     integer not null,
    seq           integer not null,
    due_at        integer not null,
    first_refused integer,
    refusals      integer not null default 0,
    primary key (order_key, seq)
) strict, without rowid;

create index webhooks_due on webhooks (due_at);

-- Those that were given up.
create table dead_webhooks (
    order_key integer not null,
    seq       integer not null,
    dead_at   integer not null,
    refusals  integer not null,
    error     text    not null,
    primary key (order_key, seq)
) strict, without rowid;
