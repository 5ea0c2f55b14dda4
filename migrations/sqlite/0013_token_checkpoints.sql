-- What a wallet held of each token that is followed, behind the same slot, as MINT:UNITS with blanks between; no units
-- where the next comparison notes them first.
alter table checkpoints add column tokens text not null default '';
