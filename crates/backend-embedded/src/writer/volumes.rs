//! Keeps looks at what pairs' pools hold.

use domain::volume::MINUTES_MAX;
use ports::volumes::{LOOKS_KEPT_MINUTES, NewLook};
use ports::waiting::Pair;
use rusqlite::{OptionalExtension as _, params};

use super::{Batch, Write};
use crate::error::Fault;
use crate::reading::volumes::{last, minute};

/// A look at a pair.
#[derive(Debug)]
pub(crate) struct KeepLook {
    pub(crate) pair: Pair,
    pub(crate) look: NewLook,
    /// The look, as JSON.
    pub(crate) text: String,
}

impl Write for KeepLook {
    type Answer = bool;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<bool, Fault> {
        let Pair { sold, bought } = &self.pair;
        let last = last(&batch.db, &self.pair)?;
        if last.map(|look| look.slot) != self.look.last {
            return Ok(false);
        }
        let integer = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let (now, this) = (batch.now.as_millis(), minute(batch.now));
        let slot = integer(self.look.look.slot);
        batch
            .db
            .prepare_cached(
                "-- keep_volume_look
                 insert or replace into volume_looks (token_in, token_out, slot, look, looked_at)
                 values (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![sold, bought, slot, self.text, now])?;
        let counted: Option<i64> = batch
            .db
            .prepare_cached(
                "-- read_running_volume
                 select traded from volume_minutes where token_in = ?1 and token_out = ?2 and minute = ?3",
            )?
            .query_row(params![sold, bought, this], |row| row.get(0))
            .optional()?;
        let traded = integer(self.look.traded.get());
        let traded = counted.unwrap_or(0).saturating_add(traded);
        batch
            .db
            .prepare_cached(
                "-- count_volume
                 insert or replace into volume_minutes (token_in, token_out, minute, traded)
                 values (?1, ?2, ?3, ?4)",
            )?
            .execute(params![sold, bought, this, traded])?;
        let forgotten = now - i64::from(LOOKS_KEPT_MINUTES) * 60_000;
        batch
            .db
            .prepare_cached(
                "-- forget_volume_looks\ndelete from volume_looks where looked_at < ?1",
            )?
            .execute([forgotten])?;
        batch
            .db
            .prepare_cached(
                "-- forget_volume_minutes\ndelete from volume_minutes where minute < ?1",
            )?
            .execute([this - i64::from(MINUTES_MAX)])?;
        Ok(true)
    }
}
