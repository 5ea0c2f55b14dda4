//! What is counted of wallets: see `record/spending.rs` for how.

use domain::Address;
use domain::spending::{Purpose, QUARTERS, WalletUse};
use ports::wallet_uses::USES_MAX;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::db::{Connection, Db};
use crate::failure::Failure;
use crate::rows;

const MAKE: &str = "-- make_wallet_uses
insert into wallet_use (wallet, mint)
select * from unnest($1::bytea[], $2::bytea[])
on conflict do nothing";

/// Makes these rows, unless they are there.
pub(crate) async fn make(
    connection: &Connection,
    keys: &[(Address, Address)],
) -> Result<(), Failure> {
    let (wallets, mints): (Vec<_>, Vec<_>) = keys
        .iter()
        .map(|(wallet, mint)| (wallet.bytes().as_slice(), mint.bytes().as_slice()))
        .unzip();
    let made = connection
        .query(
            MAKE,
            &[(&wallets, Type::BYTEA_ARRAY), (&mints, Type::BYTEA_ARRAY)],
        )
        .await;
    made.map_err(Failure::write)?;
    Ok(())
}

macro_rules! columns {
    () => {
        "mint, newest, quarters::text[] as quarters, live::text as live, settled::text as settled, slot"
    };
}

pub(crate) const USES: &str = concat!(
    "-- read_wallet_uses\nselect ",
    columns!(),
    " from wallet_use where wallet = $1 and mint = any($2)"
);

/// What is counted for each of these purposes.
pub(crate) async fn uses(
    db: &Db,
    wallet: Address,
    of: &[Purpose],
) -> Result<Vec<WalletUse>, Failure> {
    let of = &of[..of.len().min(USES_MAX)];
    let keys: Vec<Address> = of.iter().map(|purpose| purpose.key()).collect();
    let mints: Vec<&[u8]> = keys.iter().map(|key| key.bytes().as_slice()).collect();
    let wallet = wallet.bytes().as_slice();
    let params = [
        (&wallet as _, Type::BYTEA),
        (&mints as _, Type::BYTEA_ARRAY),
    ];
    of_each(&db.read(USES, &params).await?, of)
}

/// What rows of [`USES`] say of each of these purposes.
pub(crate) fn of_each(found: &[Row], of: &[Purpose]) -> Result<Vec<WalletUse>, Failure> {
    let found = found.iter().map(|row| Ok((purpose(row)?, counted(row)?)));
    let found: Vec<(Purpose, WalletUse)> = found.collect::<Result<_, Failure>>()?;
    let of = of.iter().map(|purpose| {
        let mut found = found.iter();
        let known = found.find(|(it, _)| it == purpose);
        known
            .map(|(_, counted)| counted.clone())
            .unwrap_or_default()
    });
    Ok(of.collect())
}

const NEWEST: &str = concat!(
    "-- read_newest_wallet_uses\nselect ",
    columns!(),
    " from wallet_use where wallet = $1 order by newest desc, mint limit $2"
);

/// What is counted of a wallet, the purposes of the newest transactions first.
pub(crate) async fn newest(db: &Db, wallet: Address) -> Result<Vec<(Purpose, WalletUse)>, Failure> {
    let (wallet, most) = (wallet.bytes().as_slice(), rows::limit(USES_MAX));
    let params = [(&wallet as _, Type::BYTEA), (&most as _, Type::INT8)];
    let found = db.read(NEWEST, &params).await?;
    found
        .iter()
        .map(|row| Ok((purpose(row)?, counted(row)?)))
        .collect()
}

/// The column `mint`.
pub(crate) fn purpose(row: &Row) -> Result<Purpose, Failure> {
    let key: &[u8] = rows::column(row, "mint")?;
    let key = key
        .try_into()
        .map_err(|error| Failure::unreadable("a mint", key.len(), error))?;
    Ok(Purpose::of_key(Address::new(key)))
}

/// The columns `newest`, `quarters`, `live`, `settled`, `slot`.
pub(crate) fn counted(row: &Row) -> Result<WalletUse, Failure> {
    let amount = |text: &str| -> Result<u128, Failure> {
        let parsed = text.parse();
        parsed.map_err(|error| Failure::unreadable("an amount", text, error))
    };
    let quarters: Vec<&str> = rows::column(row, "quarters")?;
    let quarters: Vec<u128> = quarters.into_iter().map(amount).collect::<Result<_, _>>()?;
    let quarters = <[u128; QUARTERS]>::try_from(quarters);
    Ok(WalletUse {
        newest: rows::column(row, "newest")?,
        quarters: quarters.map_err(|found| {
            Failure::unreadable("a wallet's use", found.len(), "not 97 quarters")
        })?,
        live: amount(rows::column(row, "live")?)?,
        settled: amount(rows::column(row, "settled")?)?,
        slot: rows::number(row, "slot")?,
    })
}
