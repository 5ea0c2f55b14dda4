-- The wallet that pays for an order, fixed when it was accepted: a base58 address, as in its terms. Null where the
-- order names none, as those of older programs. Not indexed: a list by wallet looks through its other sources.
alter table orders add column if not exists wallet text;

-- The wallets whose keys a worker has, the one that it uses unasked first. Null in the rows of older programs, which
-- may have any.
alter table workers add column if not exists wallets text[];
alter table workers add column if not exists wallet_names text[];
