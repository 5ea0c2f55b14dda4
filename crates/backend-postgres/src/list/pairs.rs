//! Which pairs of assets a list has to look for.

use domain::{Mint, Status};
use ports::order_history::ListFilter;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// A list by one asset looks for as many others. Of an asset that is swapped for more of them all open orders are
/// looked at instead.
const OTHERS_MAX: usize = 256;

/// Pairs of assets, by the names that orders are listed under.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) sold: Vec<String>,
    pub(super) bought: Vec<String>,
}

/// Steps over an index from one name to the next, so that it reads as many rows as there are names.
const BOUGHT_FOR: &str = "-- list_assets_bought
with recursive other as (
    select min(token_out) as name from orders where ended_at is null and token_in = $1
    union all
    select (select min(o.token_out) from orders o
            where o.ended_at is null and o.token_in = $1 and o.token_out > other.name)
    from other where other.name is not null
)
select name from other where name is not null limit $2";

const SOLD: &str = "-- list_assets_sold
with recursive other as (
    select min(token_in) as name from orders where ended_at is null
    union all
    select (select min(o.token_in) from orders o where o.ended_at is null and o.token_in > other.name)
    from other where other.name is not null
)
select name from other where name is not null limit $1";

/// Every pair of open orders that the filter's assets stand in; `None` where it names none, where it wants orders
/// that are found otherwise, or where there are too many.
pub(super) async fn pairs(db: &Db, filter: &ListFilter) -> Result<Option<Pairs>, Failure> {
    // The others have an index of their own, and need no names.
    if !matches!(filter.status, None | Some(Status::Pending)) {
        return Ok(None);
    }
    let limit = rows::limit(OTHERS_MAX + 1);
    let (sold, bought) = match (
        filter.mint_in.map(Mint::column),
        filter.mint_out.map(Mint::column),
    ) {
        (None, None) => return Ok(None),
        (Some(sold), Some(bought)) => (vec![sold], vec![bought]),
        (Some(sold), None) => {
            let params = [(&sold as _, Type::TEXT), (&limit as _, Type::INT8)];
            let bought = names(db, BOUGHT_FOR, &params).await?;
            (vec![sold; bought.len()], bought)
        }
        (None, Some(bought)) => {
            let sold = names(db, SOLD, &[(&limit, Type::INT8)]).await?;
            let bought = vec![bought; sold.len()];
            (sold, bought)
        }
    };
    Ok((sold.len() <= OTHERS_MAX).then_some(Pairs { sold, bought }))
}

async fn names(
    db: &Db,
    sql: &str,
    params: &[crate::db::Param<'_>],
) -> Result<Vec<String>, Failure> {
    let found = db.read_list(sql, params).await?;
    found.iter().map(|row| rows::column(row, "name")).collect()
}
