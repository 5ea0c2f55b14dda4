//! Which pairs of assets a list has to look for.

use domain::Mint;
use ports::order_history::ListFilter;
use rusqlite::{Connection, Params};

use crate::error::Fault;

/// A list by one asset looks for as many others. Of an asset that is swapped for more of them all orders are looked
/// at instead.
const OTHERS_MAX: u32 = 256;

/// What is sold and what is bought, by the names that orders are listed under.
pub(crate) type Pair = (String, String);

/// Steps over an index from one name to the next, so that it reads as many rows as there are names.
pub(crate) const BOUGHT_FOR: &str = "-- list_assets_bought
with recursive other(name) as (
    select min(token_out) from orders where token_in = ?1
    union all
    select (select min(token_out) from orders where token_in = ?1 and token_out > other.name)
    from other where other.name is not null
)
select name from other where name is not null limit ?2";

pub(crate) const SOLD: &str = "-- list_assets_sold
with recursive other(name) as (
    select min(token_in) from orders
    union all
    select (select min(token_in) from orders where token_in > other.name)
    from other where other.name is not null
)
select name from other where name is not null limit ?1";

/// Every pair that the filter's assets stand in; `None` where it names none, or where there are too many.
pub(super) fn pairs(db: &Connection, filter: &ListFilter) -> Result<Option<Vec<Pair>>, Fault> {
    let limit = OTHERS_MAX + 1;
    let pairs: Vec<Pair> = match (
        filter.mint_in.map(Mint::column),
        filter.mint_out.map(Mint::column),
    ) {
        (None, None) => return Ok(None),
        (Some(sold), Some(bought)) => vec![(sold, bought)],
        (Some(sold), None) => {
            let bought = names(db, BOUGHT_FOR, (&sold, limit))?.into_iter();
            bought.map(|bought| (sold.clone(), bought)).collect()
        }
        (None, Some(bought)) => {
            let sold = names(db, SOLD, [limit])?.into_iter();
            sold.map(|sold| (sold, bought.clone())).collect()
        }
    };
    Ok((pairs.len() < limit as usize).then_some(pairs))
}

fn names(db: &Connection, sql: &str, params: impl Params) -> Result<Vec<String>, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let names = statement.query_map(params, |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
