-- The wallet that pays for an order, fixed when it was accepted: a base58 address, as in its terms. Null where the
-- order names none, as those of older programs.
alter table orders add column wallet text;
