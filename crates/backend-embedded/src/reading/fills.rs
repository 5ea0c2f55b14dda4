//! What transactions brought and cost, oldest first, from the index of settled ones. Those of one moment stand in the
//! order in which they were written, so that what comes later never stands before what was told.

use domain::{EventData, Seq, Timestamp};
use ports::fills::{FillFilter, FillPage, Place, Settled, SettledPage, Settlement};
use ports::finality::{Finality, Vanished};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns;
use crate::error::Fault;

pub(crate) const SETTLED: &str = r#"-- settled_transactions
     select e.at, e.order_key, e.seq, e.executions, e.status, e.data
     from order_events e indexed by order_events_settled
     where (e.status = 4 or (e.status in (0, 5) and instr(e.data, '"paid_lamports"') > 0))
         and e.at >= ?1 and (e.at, e.rowid) > (?1, ?2) and e.at < ?3
     order by e.at, e.rowid limit ?4"#;

const WHOSE: &str = "-- whose_settled_transaction
     select o.id, o.client, o.terms, f.slot, f.at, f.fill, v.at, v.dead_at
     from orders o
     left join finalities f on f.order_key = o.key
     left join vanished v on v.order_key = o.key
     where o.key = ?1";

const FITS: &str = "-- settled_transaction_fits
     select id, (?2 is null or client = ?2) and (?3 is null or token_in = ?3)
         and (?4 is null or token_out = ?4) and (?5 is null or coalesce(wallet = ?5, ?6))
     from orders where key = ?1";

pub(crate) const CORRECTIONS: &str = "-- count_corrected_fills
     select (select count(*) from finalities where fill is not null)
         + (select count(*) from vanished where dead_at is not null)";

/// A row of the index.
struct Found {
    at: Timestamp,
    order_key: i64,
    seq: Seq,
    executions: u32,
    is_fill: bool,
    data: String,
}

/// A page of settled transactions.
pub(crate) fn settled(
    db: &Connection,
    filter: &FillFilter,
    page: FillPage,
) -> Result<SettledPage, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let mut gathered = SettledPage {
        reached: page.after,
        is_last: true,
        ..SettledPage::default()
    };
    let (at, rowid) = behind(&snapshot, filter, page.after)?;
    let to = filter.to.map_or(i64::MAX, Timestamp::as_millis);
    let mut statement = snapshot.prepare_cached(SETTLED)?;
    let mut rows = statement.query(params![at, rowid, to, columns::limit(page.look + 1)])?;
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        if gathered.settlements.len() == page.limit || looked_at == page.look {
            gathered.is_last = false;
            break;
        }
        looked_at += 1;
        let found = Found::read(row)?;
        let (order, fits) = fits(&snapshot, filter, &found)?;
        let place = Place {
            at: found.at,
            order,
            seq: found.seq,
        };
        gathered.reached = Some(place);
        if fits {
            let settlement = settlement(&snapshot, &found, place)?;
            gathered.settlements.extend(settlement);
        }
    }
    Ok(gathered)
}

/// How often fills have changed after they were recorded.
pub(crate) fn corrections(db: &Connection) -> Result<u64, Fault> {
    let counted: i64 = db
        .prepare_cached(CORRECTIONS)?
        .query_row((), |row| row.get(0))?;
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// The row behind which a page begins.
fn behind(db: &Connection, filter: &FillFilter, after: Option<Place>) -> Result<(i64, i64), Fault> {
    let start = (filter.from.map_or(0, Timestamp::as_millis), 0);
    let Some(place) = after else { return Ok(start) };
    let rowid: Option<i64> = db
        .prepare_cached(
            "-- row_of_settled_transaction
             select e.rowid from orders o join order_events e on e.order_key = o.key and e.seq = ?2
             where o.id = ?1",
        )?
        .query_row(
            params![place.order.uuid().as_bytes(), place.seq.get()],
            |row| row.get(0),
        )
        .optional()?;
    // Of an event that is not there: everything from its time on.
    Ok((place.at.as_millis(), rowid.unwrap_or(0)).max(start))
}

impl Found {
    fn read(row: &Row<'_>) -> Result<Self, Fault> {
        Ok(Self {
            at: columns::time(row, 0)?,
            order_key: row.get(1)?,
            seq: Seq::new(row.get(2)?),
            executions: row.get(3)?,
            is_fill: row.get::<_, i64>(4)? == 4,
            data: row.get(5)?,
        })
    }
}

fn fits(
    db: &Connection,
    filter: &FillFilter,
    found: &Found,
) -> Result<(domain::OrderId, bool), Fault> {
    let values = params![
        found.order_key,
        filter.client.as_ref().map(domain::ClientId::as_str),
        filter.mint_in.map(domain::Mint::column),
        filter.mint_out.map(domain::Mint::column),
        filter.wallet.map(|it| it.wallet.to_string()),
        filter.wallet.is_some_and(|it| it.or_unnamed),
    ];
    let (order, fits) = db.prepare_cached(FITS)?.query_row(values, |row| {
        Ok((columns::order_id(row, 0), row.get::<_, bool>(1)?))
    })?;
    let is_wanted = found.is_fill || filter.settled == Settled::All;
    Ok((order?, fits && is_wanted))
}

fn settlement(db: &Connection, found: &Found, place: Place) -> Result<Option<Settlement>, Fault> {
    db.prepare_cached(WHOSE)?
        .query_row([found.order_key], |row| Ok(told(row, found, place)))?
}

fn told(row: &Row<'_>, found: &Found, place: Place) -> Result<Option<Settlement>, Fault> {
    let client = columns::client(row, 1)?;
    let terms = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    let event = domain::Event {
        order_id: place.order,
        seq: place.seq,
        at: place.at,
        executions: found.executions,
        data: EventData::read(&found.data, Some(terms))?,
    };
    let terms = serde_json::from_str(terms)?;
    let finality = match columns::optional_time(row, 4)?.filter(|_| found.is_fill) {
        Some(at) => Some(Finality {
            slot: columns::slot(row, 3)?,
            at,
            fill: super::finality::text(row, 5)?
                .map(serde_json::from_str)
                .transpose()?,
        }),
        None => None,
    };
    let dead_at = columns::optional_time(row, 7)?;
    let vanished = columns::optional_time(row, 6)?.map(|at| Vanished { at, dead_at });
    Ok(Settlement::of(event, (client, terms), (finality, vanished)))
}
