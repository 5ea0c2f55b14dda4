//! What was found out about the cluster.

use domain::asset::TokenProgram;
use domain::{Asset, Mint, Timestamp};
use ports::directory::{KnownPools, VenuePair};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::Fault;

/// The facts of a mint that was kept before.
pub(crate) fn asset(db: &Connection, mint: Mint) -> Result<Option<Asset>, Fault> {
    let found: Option<(u8, String)> = db
        .prepare_cached("-- read_asset\nselect decimals, program from assets where mint = ?1")?
        .query_row([mint.address().bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((decimals, program)) = found else {
        return Ok(None);
    };
    let program = TokenProgram::parse(&program).ok_or(Fault::Senseless {
        what: "the facts of a mint",
    })?;
    Ok(Some(Asset {
        mint,
        decimals,
        program,
    }))
}

/// The pools that were kept last.
pub(crate) fn pools(
    db: &Connection,
    pair: &VenuePair,
    now: Timestamp,
) -> Result<Option<KnownPools>, Fault> {
    let (low, high) = pair.mints();
    let found: Option<(i64, String)> = db
        .prepare_cached(
            "-- read_found_pools
             select found_at, pools from found_pools where venue = ?1 and low = ?2 and high = ?3",
        )?
        .query_row(
            params![
                pair.venue().name(),
                low.address().bytes(),
                high.address().bytes()
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((found_at, pools)) = found else {
        return Ok(None);
    };
    Ok(Some(KnownPools {
        pools: serde_json::from_str(&pools)?,
        age: now.since(Timestamp::from_millis(found_at)),
    }))
}
