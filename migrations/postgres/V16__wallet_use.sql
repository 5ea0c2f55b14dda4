-- What is counted of wallets, so that no more leaves them than they may spend: see ports::wallet_uses. Without limits,
-- and where nobody judges balances, nothing of this is touched.
--
-- One row says what a day has seen, so that whoever has locked it needs nothing else to judge.
create table if not exists wallet_use (
    wallet    bytea     not null,
    -- What is counted: a mint, or the System program's address for fees and rent.
    mint      bytea     not null,
    -- The newest quarter of an hour, since 1970, that anything was counted in.
    newest    bigint    not null default 0,
    -- The quarters of a day and the one under way: quarter q is at place q mod 97, from 1 on.
    quarters  numeric[] not null default array_fill(0::numeric, array[97]),
    -- What transactions that are not settled may still spend.
    live      numeric   not null default 0,
    -- What settled ones have taken, ever.
    settled   numeric   not null default 0,
    -- The newest slot of those that filled.
    slot      bigint    not null default 0,
    primary key (wallet, mint)
) with (fillfactor = 50);

-- What a transaction may spend, as domain::spending::Outlay in JSON. Its quarter is that of its `submitted` event.
alter table order_attempts add column if not exists outlay text;

-- The limits that a worker holds to, for people: every worker has its own.
alter table workers add column if not exists limits text not null default '';

-- What the day that ends with this quarter has seen: WalletUse::used.
create or replace function wallet_used(newest bigint, quarters numeric[], quarter bigint)
returns numeric language sql immutable as $$
    select coalesce(sum(quarters[it % 97 + 1]), 0)
    from generate_series(greatest(newest, quarter) - 96, newest) as it
$$;

-- The same row after these changes: WalletUse::count where they are new, else WalletUse::settle.
create or replace function wallet_counted(
    inout newest bigint, inout quarters numeric[], at_quarters bigint[], changes numeric[], are_new boolean[]
) language plpgsql immutable as $$
declare
    quarter bigint;
    total   numeric;
begin
    for change in 1 .. array_length(changes, 1) loop
        quarter := at_quarters[change];
        if are_new[change] then
            -- The clock was set back.
            if quarter < newest - 4 then
                total := wallet_used(newest, quarters, newest);
                quarters := array_fill(0::numeric, array[97]);
                quarters[quarter % 97 + 1] := total;
                newest := quarter;
            end if;
            if quarter > newest then
                for gone in greatest(newest + 1, quarter - 96) .. quarter loop
                    quarters[gone % 97 + 1] := 0;
                end loop;
                newest := quarter;
            end if;
        else
            quarter := least(quarter, newest);
            continue when quarter < newest - 96;
        end if;
        quarters[quarter % 97 + 1] := greatest(quarters[quarter % 97 + 1] + changes[change], 0);
    end loop;
end
$$;
