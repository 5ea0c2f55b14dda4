//! Reading the ledger's rows.

use crate::token::Token;
use domain::transaction::{Height, Signature};
use domain::{BaseUnits, OrderId, Timestamp, Venue};
use ports::chain::{Fate, Revert};
use ports::ledger::{LedgerEntry, LedgerFilter, LedgerPage};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// How the two reasons with a variant of their own are stored; any other is stored as its text.
pub(super) const SLIPPAGE_EXCEEDED: &str = "slippage_exceeded";
pub(super) const INSUFFICIENT_LIQUIDITY: &str = "insufficient_liquidity";

/// Characters of a signature that are indexed.
const HEAD_LENGTH: usize = 24;

/// The longest page, whatever is asked for.
const PAGE_MAX: usize = 1_000;

/// What the ledger says of a signature.
pub(super) fn fate(db: &Connection, signature: &Signature) -> rusqlite::Result<Fate> {
    let mut statement = db.prepare_cached(
        "-- find_fate
        select ok, amount_out, height, reason from ledger
        where signature_head = ?1 and signature = ?2",
    )?;
    let key = [head(signature), signature.as_str()];
    let fate = statement.query_row(key, read_fate).optional()?;
    Ok(fate.unwrap_or(Fate::Unknown))
}

/// The indexed part of a signature, or all of it if it is shorter, which no real one is.
pub(super) fn head(signature: &Signature) -> &str {
    let text = signature.as_str();
    text.get(..HEAD_LENGTH).unwrap_or(text)
}

/// A page of the ledger, oldest line first.
pub(super) fn page(db: &Connection, filter: &LedgerFilter) -> rusqlite::Result<LedgerPage> {
    let limit = filter.limit.clamp(1, PAGE_MAX);
    let after = i64::try_from(filter.after.unwrap_or(0)).unwrap_or(i64::MAX);
    // One more than asked for shows whether there is a further page.
    let rows = i64::try_from(limit).unwrap_or(i64::MAX) + 1;
    let mut entries = match &filter.orders {
        None => db
            .prepare_cached(
                "-- list_ledger
                select place, signature, order_id, venue, token_in, token_out, amount_in, amount_out,
                    height, landed_at, ok
                from ledger where place > ?1 order by place limit ?2",
            )?
            .query_map(params![after, rows], read_entry)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
        Some(orders) => db
            .prepare_cached(
                "-- list_ledger_of_orders
                select place, signature, order_id, venue, token_in, token_out, amount_in, amount_out,
                    height, landed_at, ok
                from ledger where place > ?1 and order_id in (select value from json_each(?2))
                order by place limit ?3",
            )?
            .query_map(params![after, json_list(orders), rows], read_entry)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
    };
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|(place, _)| *place);
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(LedgerPage { entries, next })
}

fn json_list(orders: &[OrderId]) -> String {
    let quoted: Vec<String> = orders.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", quoted.join(","))
}

fn read_fate(row: &Row<'_>) -> rusqlite::Result<Fate> {
    let height = Height::new(number(row, 2)?);
    if row.get(0)? {
        return Ok(Fate::Landed {
            amount_out: amount(row, 1)?,
            height,
        });
    }
    let reason: String = row.get(3)?;
    let reason = match reason.as_str() {
        SLIPPAGE_EXCEEDED => Revert::SlippageExceeded,
        INSUFFICIENT_LIQUIDITY => Revert::InsufficientLiquidity,
        _ => Revert::Other(reason),
    };
    Ok(Fate::Reverted { reason, height })
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<(u64, LedgerEntry)> {
    let entry = LedgerEntry {
        signature: parsed(row, 1, |text| Signature::parse(text).ok())?,
        order_id: parsed(row, 2, |text| OrderId::parse(text).ok())?,
        venue: parsed(row, 3, Venue::parse)?,
        asset_in: parsed(row, 4, Token::find)?.asset(),
        asset_out: parsed(row, 5, Token::find)?.asset(),
        amount_in: amount(row, 6)?,
        amount_out: amount(row, 7)?,
        height: Height::new(number(row, 8)?),
        landed_at: Timestamp::from_millis(row.get(9)?),
        ok: row.get(10)?,
    };
    Ok((number(row, 0)?, entry))
}

fn amount(row: &Row<'_>, column: usize) -> rusqlite::Result<BaseUnits> {
    number(row, column).map(BaseUnits::new)
}

/// SQLite's integers are signed; they keep the same 64 bits.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::cast_unsigned)
}

fn parsed<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| {
        let message = format!("{text:?} is not what this column holds");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, message.into())
    })
}
