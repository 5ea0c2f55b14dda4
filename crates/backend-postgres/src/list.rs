//! Lists of orders, newest first: first ids from indexes, step by step, then the orders themselves.
//!
//! A filter can be met in one or two ways. Each way is the union of some sources: ranges of an
//! index, read in the order of ids. A source may contain orders that do not pass the filter, so the
//! number of ids that one page looks at is bounded: a page that reaches the bound says how far it
//! came, and the next one continues there. If the first way reaches the bound, the second may not.

mod pairs;
mod source;

use std::collections::HashMap;
use std::time::Duration;

use domain::{Order, OrderId};
use ports::order_history::{ListFilter, ListPage};
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::list_desk::Asker;
use crate::rows;
use pairs::Pairs;
use source::{Way, ways};

/// Ids that one way of a page looks at: few at first, so that a way that needs few is found soon.
const LOOKED_AT: [usize; 2] = [1_000, 10_000];
/// Ids that a step reads beyond those missing, if its source may contain others than the wanted
/// ones. Each step reads twice as many as the one before, up to the last.
const FIRST_STEP: usize = 250;
const LAST_STEP: usize = 2_500;
/// If the steps of all ways together take longer, the page ends with what it has.
const TIME: Duration = Duration::from_secs(2);

/// The result of one way to fill a page.
struct Outcome {
    page: ListPage,
    /// Whether a bound ended it before the page was full and before the sources were exhausted.
    is_cut_short: bool,
}

/// A page of orders.
pub(crate) async fn list(db: &Db, filter: &ListFilter, asker: &Asker) -> Result<ListPage, Failure> {
    let pairs = pairs::pairs(db, filter).await?;
    let ways = ways(filter, pairs.as_ref());
    let pairs = pairs.unwrap_or_default();
    let began = Instant::now();
    let mut furthest: Option<ListPage> = None;
    for bound in LOOKED_AT {
        for way in &ways {
            if furthest.is_some() && began.elapsed() >= TIME {
                break;
            }
            let walked = walk(db, (filter, &pairs), way, bound, asker, began).await?;
            let Outcome { page, is_cut_short } = walked;
            if !is_cut_short {
                return Ok(page);
            }
            // All results are right; the one that came furthest saves a page.
            if furthest.as_ref().is_none_or(|other| page.next < other.next) {
                furthest = Some(page);
            }
        }
    }
    Ok(furthest.unwrap_or_default())
}

async fn walk(
    db: &Db,
    (filter, pairs): (&ListFilter, &Pairs),
    way: &Way,
    bound: usize,
    asker: &Asker,
    began: Instant,
) -> Result<Outcome, Failure> {
    let mut before = filter.before.map_or(Uuid::max(), OrderId::uuid);
    let mut orders = Vec::new();
    let mut looked_at = 0;
    let mut step = if way.is_exact() { 0 } else { FIRST_STEP };
    loop {
        let missing = filter.limit - orders.len();
        let keys = keys(db, (filter, pairs), way, before, missing + step).await?;
        looked_at += keys.count;
        if take(db, filter, &keys.fitting, &mut orders).await? {
            let next = orders.last().map(|order: &Order| order.id);
            return Ok(Outcome::whole(orders, next));
        }
        let Some(reached) = keys.reached else {
            return Ok(Outcome::whole(orders, None));
        };
        before = reached;
        step = (step * 2).clamp(FIRST_STEP, LAST_STEP);
        if looked_at >= bound || began.elapsed() >= TIME || asker.is_gone() {
            let next = Some(OrderId::new(reached));
            return Ok(Outcome {
                page: ListPage { orders, next },
                is_cut_short: true,
            });
        }
    }
}

impl Outcome {
    const fn whole(orders: Vec<Order>, next: Option<OrderId>) -> Self {
        Self {
            page: ListPage { orders, next },
            is_cut_short: false,
        }
    }
}

/// What one step has read.
struct Keys {
    /// Ids that may pass the filter, newest first.
    fitting: Vec<Uuid>,
    /// Every id from this one up was looked at; absent if the sources are exhausted.
    reached: Option<Uuid>,
    count: usize,
}

async fn keys(
    db: &Db,
    (filter, pairs): (&ListFilter, &Pairs),
    way: &Way,
    before: Uuid,
    look: usize,
) -> Result<Keys, Failure> {
    let version = rows::schema_version();
    let client = filter.client.as_ref().map(domain::ClientId::as_str);
    let sold = filter.mint_in.map(domain::Mint::column);
    let bought = filter.mint_out.map(domain::Mint::column);
    let wallet = filter.wallet.map(|paid_by| paid_by.wallet.to_string());
    let group = filter.oco_group.as_ref().map(domain::OcoGroup::as_str);
    let limit = rows::limit(look);
    let found = db
        .read_list(
            &way.sql(filter),
            &[
                (&before, Type::UUID),
                (&limit, Type::INT8),
                (&version, Type::INT2),
                (&client, Type::TEXT),
                (&sold, Type::TEXT),
                (&bought, Type::TEXT),
                (&pairs.sold, Type::TEXT_ARRAY),
                (&pairs.bought, Type::TEXT_ARRAY),
                (&wallet, Type::TEXT),
                (&group, Type::TEXT),
                (&filter.order_type, Type::TEXT),
            ],
        )
        .await?;
    keys_of(&found, look)
}

/// What the sources gave that were asked for `look` rows each.
fn keys_of(found: &[Row], look: usize) -> Result<Keys, Failure> {
    let mut fitting = Vec::new();
    // How many ids each source gave, and the last of them.
    let mut given: HashMap<i32, (usize, Uuid)> = HashMap::new();
    for row in found {
        let id: Uuid = rows::column(row, "id")?;
        let (count, last) = given.entry(rows::column(row, "source")?).or_insert((0, id));
        *count += 1;
        *last = id.min(*last);
        if rows::column::<Option<bool>>(row, "fits")? == Some(true) {
            fitting.push(id);
        }
    }
    // A source that gave as many as it was asked for may have more, below its last.
    let reached = given
        .into_values()
        .filter(|(count, _)| *count >= look)
        .map(|(_, last)| last)
        .max();
    fitting.retain(|id| reached.is_none_or(|reached| *id >= reached));
    fitting.sort_unstable_by(|one, other| other.cmp(one));
    fitting.dedup();
    Ok(Keys {
        fitting,
        reached,
        count: found.len(),
    })
}

const ORDERS: &str = "-- read_listed_orders
select o.client, o.terms, o.created_at, o.id as order_id, e.seq, e.executions, e.at, e.data
from unnest($1::uuid[]) as w(id)
join orders o on o.id = w.id
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as e
order by o.id desc";

/// Reads orders until the page is full; returns whether it is. An unreadable order is left out:
/// during an upgrade a newer version may have written it, and it must not fail the whole page.
async fn take(
    db: &Db,
    filter: &ListFilter,
    ids: &[Uuid],
    orders: &mut Vec<Order>,
) -> Result<bool, Failure> {
    // Only its last event tells an open order's status.
    let open = filter.status.filter(|status| !status.is_terminal());
    let mut left = ids;
    while orders.len() < filter.limit && !left.is_empty() {
        let (now, later) = left.split_at(left.len().min(filter.limit - orders.len()));
        left = later;
        let found = db.read_list(ORDERS, &[(&now, Type::UUID_ARRAY)]).await?;
        for row in &found {
            match rows::order(row) {
                Ok(order) if open.is_none_or(|open| open == order.status()) => {
                    orders.push(order);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(?error, "an order cannot be read and is not listed");
                }
            }
        }
    }
    Ok(orders.len() == filter.limit)
}
