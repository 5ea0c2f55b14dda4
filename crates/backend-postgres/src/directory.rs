//! What was found out about the cluster: facts of mints, and where pools are.

use domain::asset::TokenProgram;
use domain::route::PoolRef;
use domain::{Asset, Mint};
use ports::directory::{KnownPools, POOLS_KEPT_FOR, POOLS_MAX, VenuePair};
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// The facts of a mint that was kept before.
pub(crate) async fn asset(db: &Db, mint: Mint) -> Result<Option<Asset>, Failure> {
    let sql = "-- read_asset\nselect decimals, program from assets where mint = $1";
    let address = mint.address();
    let key = address.bytes().as_slice();
    let found = db.read(sql, &[(&key, Type::BYTEA)]).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let program: &str = rows::column(row, "program")?;
    let decimals: i16 = rows::column(row, "decimals")?;
    let of = |why| Failure::unreadable("the facts of a mint", mint, why);
    Ok(Some(Asset {
        mint,
        decimals: u8::try_from(decimals).map_err(|_| of("decimals"))?,
        program: TokenProgram::parse(program).ok_or_else(|| of("no such program"))?,
    }))
}

/// Keeps the facts of a mint, unless they are kept already.
pub(crate) async fn keep_asset(db: &Db, asset: &Asset) -> Result<(), Failure> {
    let sql = "-- keep_asset
insert into assets (mint, decimals, program) values ($1, $2, $3) on conflict do nothing";
    let address = asset.mint.address();
    let key = address.bytes().as_slice();
    let decimals = i16::from(asset.decimals);
    db.write(
        sql,
        &[
            (&key, Type::BYTEA),
            (&decimals, Type::INT2),
            (&asset.program.name(), Type::TEXT),
        ],
    )
    .await?;
    Ok(())
}

const POOLS: &str = "-- read_found_pools
select pools, now_ms() - found_at as age_ms
from found_pools where venue = $1 and low = $2 and high = $3";

/// The pools that were kept last.
pub(crate) async fn pools(db: &Db, pair: &VenuePair) -> Result<Option<KnownPools>, Failure> {
    let (venue, (low, high)) = (pair.venue().name(), keys(pair));
    let found = db
        .read(
            POOLS,
            &[
                (&venue, Type::TEXT),
                (&low.as_slice(), Type::BYTEA),
                (&high.as_slice(), Type::BYTEA),
            ],
        )
        .await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let pools = serde_json::from_str(rows::column(row, "pools")?);
    Ok(Some(KnownPools {
        pools: pools.map_err(|error| Failure::unreadable("the pools", venue, error))?,
        age: rows::duration(rows::column(row, "age_ms")?),
    }))
}

const KEEP_POOLS: &str = "-- keep_found_pools
with old as (
    delete from found_pools f where f.found_at < now_ms() - $5 and (f.venue, f.low, f.high) <> ($1, $2, $3)
)
insert into found_pools (venue, low, high, found_at, pools) values ($1, $2, $3, now_ms(), $4)
on conflict (venue, low, high) do update set found_at = excluded.found_at, pools = excluded.pools";

/// Keeps where a pair's pools are, and forgets pairs that nobody has kept for long.
pub(crate) async fn keep_pools(
    db: &Db,
    pair: &VenuePair,
    pools: &[PoolRef],
) -> Result<(), Failure> {
    let (venue, (low, high)) = (pair.venue().name(), keys(pair));
    let pools = &pools[..pools.len().min(POOLS_MAX)];
    let pools = rows::json(&pools)?;
    let kept_for = rows::millis(POOLS_KEPT_FOR);
    db.write(
        KEEP_POOLS,
        &[
            (&venue, Type::TEXT),
            (&low.as_slice(), Type::BYTEA),
            (&high.as_slice(), Type::BYTEA),
            (&pools, Type::TEXT),
            (&kept_for, Type::INT8),
        ],
    )
    .await?;
    Ok(())
}

fn keys(pair: &VenuePair) -> ([u8; 32], [u8; 32]) {
    let (low, high) = pair.mints();
    (*low.address().bytes(), *high.address().bytes())
}
