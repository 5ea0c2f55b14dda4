-- A halt: nothing is signed and nothing is sent. It stands with the pause, so that programs of before hold back starts.
alter table engine_state
    add column if not exists halted_at bigint,
    add column if not exists halted_by text,
    add column if not exists halt_reason text,
    -- Executions that landed and were rolled back, in a row and of one kind.
    add column if not exists revert_kind text,
    add column if not exists reverts_in_row integer not null default 0,
    -- The order and execution counted last, and how many orders had been confirmed by then.
    add column if not exists last_revert text,
    add column if not exists confirmed_then bigint not null default 0;

-- Up to which slot all lamports of a wallet are explained, and how many there were.
create table if not exists checkpoints (
    wallet    bytea  not null primary key,
    slot      bigint not null,
    lamports  bigint not null
);
