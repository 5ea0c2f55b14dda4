//! What holds the engine back: a halt, reverts in a row, and how far wallets are explained.

use domain::Address;
use ports::safety::{Checkpoint, Halt, Reverted};
use rusqlite::params;

use super::operate::log;
use super::{Batch, Write};
use crate::error::Fault;
use crate::reading;

/// Halts the engine, unless it is halted.
#[derive(Debug)]
pub(crate) struct SetHalt {
    pub(crate) actor: String,
    pub(crate) reason: String,
}

impl Write for SetHalt {
    type Answer = Halt;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Halt, Fault> {
        let now = batch.now.as_millis();
        batch
            .db
            .prepare_cached(
                "-- halt
                 update engine set paused = 1, halted_at = coalesce(halted_at, ?1),
                     halted_by = coalesce(halted_by, ?2), halt_reason = coalesce(halt_reason, ?3)
                 where id = 1",
            )?
            .execute(params![now, self.actor, self.reason])?;
        log(batch, &self.actor, "halt", None, Some(&self.reason))?;
        batch.changes.paused = Some(true);
        let halt = reading::safety::halted(&batch.db)?;
        halt.ok_or(Fault::Senseless { what: "a halt" })
    }
}

/// Counts a revert, in a row and of one kind.
#[derive(Debug)]
pub(crate) struct CountRevert(pub(crate) Reverted);

impl Write for CountRevert {
    type Answer = u32;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<u32, Fault> {
        let Reverted {
            order,
            execution,
            kind,
        } = &self.0;
        let count = batch
            .db
            .prepare_cached(
                "-- count_revert
                 update engine
                 set reverts_in_row = case
                         when last_revert = ?2 then reverts_in_row
                         when revert_kind = ?1 and confirmed_then = (select confirmed from counters where id = 1)
                             then reverts_in_row + 1
                         else 1
                     end,
                     revert_kind = ?1, last_revert = ?2,
                     confirmed_then = (select confirmed from counters where id = 1)
                 where id = 1
                 returning reverts_in_row",
            )?
            .query_row(params![kind, format!("{order} {execution}")], |row| row.get(0))?;
        Ok(count)
    }
}

/// Keeps how far a wallet is explained, never back.
#[derive(Debug)]
pub(crate) struct KeepCheckpoint {
    pub(crate) wallet: Address,
    pub(crate) checkpoint: Checkpoint,
}

impl Write for KeepCheckpoint {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        let integer = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let Checkpoint { slot, lamports, .. } = self.checkpoint;
        let tokens = self.checkpoint.tokens_text();
        batch
            .db
            .prepare_cached(
                "-- keep_checkpoint
                 insert into checkpoints (wallet, slot, lamports, tokens) values (?1, ?2, ?3, ?4)
                 on conflict (wallet) do update set slot = excluded.slot, lamports = excluded.lamports,
                     tokens = excluded.tokens
                 where slot < excluded.slot",
            )?
            .execute(params![self.wallet.bytes(), integer(slot), integer(lamports), tokens])?;
        Ok(())
    }
}
