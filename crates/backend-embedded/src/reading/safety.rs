//! What holds the engine back.

use domain::Address;
use ports::safety::{Checkpoint, Halt};
use rusqlite::{Connection, OptionalExtension as _};

use super::columns;
use crate::error::Fault;

/// The halt that stands.
pub(crate) fn halted(db: &Connection) -> Result<Option<Halt>, Fault> {
    let mut statement = db.prepare_cached(
        "-- read_halt
         select halted_at, halted_by, halt_reason from engine where id = 1 and halted_at is not null",
    )?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Halt {
        since: columns::time(row, 0)?,
        actor: row.get(1)?,
        reason: row.get(2)?,
    }))
}

/// How far a wallet is explained.
pub(crate) fn checkpoint(db: &Connection, wallet: Address) -> Result<Option<Checkpoint>, Fault> {
    let found: Option<(i64, i64, String)> = db
        .prepare_cached(
            "-- read_checkpoint\nselect slot, lamports, tokens from checkpoints where wallet = ?1",
        )?
        .query_row([wallet.bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let senseless = || Fault::Senseless {
        what: "a checkpoint",
    };
    let number = |of: i64| u64::try_from(of).map_err(|_| senseless());
    let Some((slot, lamports, tokens)) = found else {
        return Ok(None);
    };
    Ok(Some(Checkpoint {
        slot: number(slot)?,
        lamports: number(lamports)?,
        tokens: Checkpoint::read_tokens(&tokens).ok_or_else(senseless)?,
    }))
}
