-- A halt: nothing is signed and nothing is sent. It stands with the pause.
alter table engine add column halted_at integer;
alter table engine add column halted_by text;
alter table engine add column halt_reason text;
-- Executions that landed and were rolled back, in a row and of one kind.
alter table engine add column revert_kind text;
alter table engine add column reverts_in_row integer not null default 0;
-- The order and execution counted last, and how many orders had been confirmed by then.
alter table engine add column last_revert text;
alter table engine add column confirmed_then integer not null default 0;

-- Up to which slot all lamports of a wallet are explained, and how many there were.
create table checkpoints (
    wallet   blob    not null primary key,
    slot     integer not null,
    lamports integer not null
) strict, without rowid;
