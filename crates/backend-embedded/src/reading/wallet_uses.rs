//! What is counted of wallets.

use domain::Address;
use domain::spending::{Purpose, QUARTERS, WalletUse};
use ports::wallet_uses::USES_MAX;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::columns;
use crate::error::Fault;

const SENSELESS: Fault = Fault::Senseless {
    what: "a wallet's use",
};

/// What is counted for one purpose, if anything ever was.
pub(crate) fn one(
    db: &Connection,
    wallet: Address,
    purpose: Purpose,
) -> Result<Option<WalletUse>, Fault> {
    db.prepare_cached(
        "-- read_wallet_use
         select newest, quarters, live, settled, slot from wallet_use where wallet = ?1 and mint = ?2",
    )?
    .query_row(params![wallet.bytes(), purpose.key().bytes()], |row| {
        Ok(counted(row))
    })
    .optional()?
    .transpose()
}

/// What is counted for each of these.
pub(crate) fn uses(
    db: &Connection,
    wallet: Address,
    of: &[Purpose],
) -> Result<Vec<WalletUse>, Fault> {
    let of = of.iter().take(USES_MAX);
    of.map(|purpose| Ok(one(db, wallet, *purpose)?.unwrap_or_default()))
        .collect()
}

/// What is counted of a wallet, the purposes of the newest transactions first.
pub(crate) fn newest(db: &Connection, wallet: Address) -> Result<Vec<(Purpose, WalletUse)>, Fault> {
    let mut statement = db.prepare_cached(
        "-- read_newest_wallet_uses
         select newest, quarters, live, settled, slot, mint from wallet_use
         where wallet = ?1 order by newest desc, mint limit ?2",
    )?;
    let mut rows = statement.query(params![wallet.bytes(), columns::limit(USES_MAX)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let purpose = Purpose::of_key(Address::new(row.get(5)?));
        found.push((purpose, counted(row)?));
    }
    Ok(found)
}

/// From five columns.
fn counted(row: &Row<'_>) -> Result<WalletUse, Fault> {
    let amount = |text: &str| text.parse::<u128>().map_err(|_| SENSELESS);
    let text = |index| -> Result<String, Fault> { Ok(row.get(index)?) };
    let quarters = text(1)?;
    let quarters: Vec<u128> = quarters.split(',').map(amount).collect::<Result<_, _>>()?;
    Ok(WalletUse {
        newest: row.get(0)?,
        quarters: <[u128; QUARTERS]>::try_from(quarters).map_err(|_| SENSELESS)?,
        live: amount(&text(2)?)?,
        settled: amount(&text(3)?)?,
        slot: columns::slot(row, 4)?,
    })
}

/// The column `quarters`.
pub(crate) fn quarters_column(counted: &WalletUse) -> String {
    let quarters = counted.quarters.iter().map(u128::to_string);
    quarters.collect::<Vec<_>>().join(",")
}
