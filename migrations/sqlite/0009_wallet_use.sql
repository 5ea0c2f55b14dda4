-- What is counted of wallets, so that no more leaves them than they may spend: see ports::wallet_uses. Without limits,
-- and where nobody judges balances, nothing of this is touched.
create table wallet_use (
    wallet   blob    not null,
    mint     blob    not null,        -- or the System program's address for fees and rent
    newest   integer not null,        -- the newest quarter of an hour, since 1970, that anything was counted in
    quarters text    not null,        -- 97 numbers with commas; quarter q is at place q mod 97
    live     text    not null,        -- what transactions that are not settled may still spend
    settled  text    not null,        -- what settled ones have taken, ever
    slot     integer not null,        -- the newest slot of those that filled
    primary key (wallet, mint)
) strict, without rowid;

-- What a transaction may spend, as JSON. Its quarter is that of its `submitted` event.
alter table order_attempts add column outlay text;
