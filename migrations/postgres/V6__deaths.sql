-- What is counted of an order is no longer every grant that recorded nothing (orders.grants, which older
-- programs go on counting beside newer ones), but the workers in a row that died with it in their hands since
-- its last event.
-- Whoever undoes this to look at an older schema may leave the columns.
alter table orders add column if not exists deaths smallint not null default 0;

-- Who died is remembered for a while, so that it is told from who retired, of whom nothing is left. The
-- time a buried worker was seen is 0: that is long ago by every clock, also by one that is set back.
alter table workers add column if not exists buried_at bigint;
