//! Reads what an earlier process has left.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row};
use solana_address::Address;

use super::codec::{self, Unreadable};
use super::open_error::OpenError;
use crate::bank::{Account, Transaction};
use crate::cluster::history::{HISTORY_MAX, Landed};
use crate::cluster::timeline::Anchor;

/// Of so many restarts it is known when their slots were.
const ANCHORS_MAX: i64 = 1_000;

/// A chain as it was left.
#[derive(Debug)]
pub(in crate::cluster) struct Past {
    pub(in crate::cluster) salt: u64,
    pub(super) seed: u64,
    /// No slot from this one on was shown to anybody.
    pub(in crate::cluster) mark: u64,
    /// Oldest first.
    pub(in crate::cluster) anchors: Vec<Anchor>,
    pub(in crate::cluster) accounts: Vec<(Address, Account, u64)>,
    /// The newest transactions, oldest first.
    pub(in crate::cluster) landed: Vec<Landed>,
    /// The number of the first of them, or of the next one where there are none.
    pub(in crate::cluster) first_number: u64,
    /// The first slot of which all transactions are among them, where some are older.
    pub(in crate::cluster) first_slot: Option<u64>,
}

/// Everything but the transactions; `None` where there is no chain yet.
pub(super) fn begin(db: &Connection) -> Result<Option<Past>, OpenError> {
    let read = |row: &Row<'_>| Ok((number(row, 0)?, number(row, 1)?, number(row, 2)?));
    let world = db.query_row(
        "-- read_world
        select salt, seed, mark from world",
        [],
        read,
    );
    let Some((salt, seed, mark)) = world.optional()? else {
        return Ok(None);
    };
    let anchors = anchors(db)?;
    let accounts = accounts(db)?;
    Ok(Some(Past {
        salt,
        seed,
        mark,
        first_slot: None,
        anchors,
        accounts,
        landed: Vec::new(),
        first_number: 0,
    }))
}

/// The newest transactions, and all from a slot on, whose blockhashes may still be named.
pub(super) fn landed(db: &Connection, past: &mut Past, valid_from: u64) -> Result<(), OpenError> {
    let (oldest, next) = db.query_row(
        "-- count_transactions
        select coalesce(min(number), 0), coalesce(max(number) + 1, 0) from transactions",
        [],
        |row| Ok((number(row, 0)?, number(row, 1)?)),
    )?;
    let valid: Option<i64> = db.query_row(
        "-- find_first_valid
        select min(number) from transactions where slot >= ?1",
        [valid_from.cast_signed()],
        |row| row.get(0),
    )?;
    let kept = next.saturating_sub(HISTORY_MAX as u64);
    let first = valid.map_or(next, i64::cast_unsigned).min(kept).max(oldest);
    let mut statement = db.prepare(
        "-- load_transactions
        select number, slot, unix_timestamp, bytes, status, outcome from transactions
        where number >= ?1 order by number",
    )?;
    let mut rows = statement.query([first.cast_signed()])?;
    while let Some(row) = rows.next()? {
        past.landed.push(read_landed(row)?);
    }
    past.first_number = first;
    if first > 0 {
        // Its own slot may have begun with what is gone.
        let first = past.landed.first();
        past.first_slot = Some(first.map_or(past.mark, |first| first.slot + 1));
    }
    Ok(())
}

fn anchors(db: &Connection) -> Result<Vec<Anchor>, OpenError> {
    let mut statement = db.prepare(
        "-- read_anchors
        select slot, unix_ms, floor_ms, slot_ns from anchors order by slot desc limit ?1",
    )?;
    let rows = statement.query_map([ANCHORS_MAX], |row| {
        Ok(Anchor {
            slot: number(row, 0)?,
            unix_ms: row.get(1)?,
            floor_ms: row.get(2)?,
            slot_time: Duration::from_nanos(number(row, 3)?),
        })
    })?;
    let mut anchors = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    anchors.reverse();
    Ok(anchors)
}

fn accounts(db: &Connection) -> Result<Vec<(Address, Account, u64)>, OpenError> {
    let mut statement = db.prepare(
        "-- load_accounts
        select key, slot, lamports, owner, executable, data from accounts",
    )?;
    let rows = statement.query_map([], |row| {
        let owner = Address::new_from_array(row.get(3)?);
        let mut account = Account::new(number(row, 2)?, owner, row.get(5)?);
        account.executable = row.get(4)?;
        Ok((
            Address::new_from_array(row.get(0)?),
            account,
            number(row, 1)?,
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read_landed(row: &Row<'_>) -> Result<Landed, OpenError> {
    let bytes: Vec<u8> = row.get(3)?;
    let transaction =
        Transaction::decode(&bytes).map_err(|error| OpenError::Unreadable(error.to_string()))?;
    let status: Option<String> = row.get(4)?;
    let outcome: Vec<u8> = row.get(5)?;
    let outcome = codec::decode(&transaction, status.as_deref(), &outcome)
        .map_err(|error: Unreadable| OpenError::Unreadable(error.to_string()))?;
    Ok(Landed {
        number: number(row, 0)?,
        slot: number(row, 1)?,
        unix_timestamp: row.get(2)?,
        transaction,
        outcome,
    })
}

/// SQLite's integers are signed; they keep the same 64 bits.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::cast_unsigned)
}
