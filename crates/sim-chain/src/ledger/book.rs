//! Executing transactions and writing down what came of them, in one SQLite transaction per batch.
//!
//! Only here is it decided whether a transaction is still valid and whether its swap pays enough. Reverted
//! transactions are written too, so that they can never land again.

use std::sync::Arc;

use domain::Timestamp;
use domain::transaction::{Height, Signature};
use ports::chain::{Fate, Revert};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use sqlite_kit::Writer;
use tokio::sync::oneshot;
use tracing::{debug, error};

use super::rows;
use crate::blocks::Pin;
use crate::transaction::Payload;
use crate::world::World;

/// An accepted transaction: its signature is checked and its bytes are decoded.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) signature: Signature,
    pub(crate) payload: Payload,
}

/// What the writer is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Execute(Pending),
    /// Move the mark ahead of the present height, and say so once it is on disk.
    MoveMark(oneshot::Sender<()>),
}

/// The writing end of the ledger: a plain struct, called by a thread or directly.
#[derive(Debug)]
pub(crate) struct Book {
    db: Connection,
    world: Arc<World>,
}

impl Book {
    pub(crate) fn new(db: Connection, world: Arc<World>) -> Self {
        Self { db, world }
    }

    /// Executes a batch at the present height, writes it, and publishes the fates once they are on disk. An
    /// empty batch only moves the height's mark. `blocks.rs` relies on the order of the last steps: commit,
    /// publish, let the height go on.
    fn settle(&mut self, batch: &[Pending]) -> Settled {
        let world = self.world.clone();
        let pin = world.blocks.pin();
        if batch.is_empty() && pin.mark.is_none() {
            return Settled::Written;
        }
        match self.write(batch, &pin) {
            Ok(fates) => {
                pin.mark_is_written();
                let expired = fates.iter().filter(|(_, fate)| *fate == Fate::Unknown);
                world
                    .known
                    .drop_all(expired.map(|(signature, _)| signature));
                let ended = fates.into_iter().filter(|(_, fate)| *fate != Fate::Unknown);
                world.known.publish(ended.collect());
                Settled::Written
            }
            Err(error) => {
                // As if a block were lost: nothing of it happened, and the same bytes may be sent again. If
                // the commit did succeed, they are then found in the ledger.
                let count = batch.len();
                error!(%error, count, "the ledger could not be written; {count} transactions are dropped");
                world
                    .known
                    .drop_all(batch.iter().map(|pending| &pending.signature));
                Settled::Failed
            }
        }
    }

    fn write(
        &mut self,
        batch: &[Pending],
        pin: &Pin<'_>,
    ) -> rusqlite::Result<Vec<(Signature, Fate)>> {
        let now = self.world.clock.now();
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let fates = batch
            .iter()
            .map(|pending| {
                let fate = settle_one(&self.world, &tx, pending, pin.height, now)?;
                Ok((pending.signature.clone(), fate))
            })
            .collect::<rusqlite::Result<_>>()?;
        if let Some(mark) = pin.mark {
            tx.prepare_cached(
                "-- move_mark
                update world set height_mark = ?1",
            )?
            .execute([mark.cast_signed()])?;
        }
        tx.commit()?;
        Ok(fates)
    }
}

impl Writer for Book {
    type Command = Command;

    fn connection(&mut self) -> &mut Connection {
        &mut self.db
    }

    fn apply(&mut self, commands: Vec<Command>) {
        let mut batch = Vec::with_capacity(commands.len());
        let mut waiting = Vec::new();
        for command in commands {
            match command {
                Command::Execute(pending) => batch.push(pending),
                Command::MoveMark(done) => waiting.push(done),
            }
        }
        if self.settle(&batch) == Settled::Written {
            for done in waiting {
                // A hint has no receiver.
                let _ = done.send(());
            }
        }
    }
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Written,
    Failed,
}

fn settle_one(
    world: &World,
    tx: &Transaction<'_>,
    pending: &Pending,
    height: u64,
    now: Timestamp,
) -> rusqlite::Result<Fate> {
    // It was sent again after it landed, perhaps before a restart.
    let earlier = rows::fate(tx, &pending.signature)?;
    if earlier != Fate::Unknown {
        return Ok(earlier);
    }
    let payload = &pending.payload;
    let last_valid = payload.last_valid_height.get();
    if last_valid < height {
        debug!(
            order.id = %payload.order_id,
            "a transaction of order {} expired: valid to block {last_valid}, this is {height}",
            payload.order_id,
        );
        return Ok(Fate::Unknown);
    }
    // Quotes show the prices of the last finished block; what executes now is in the next one.
    let outcome = world.pools.swap(&payload.swap, height + 1);
    let height = Height::new(height);
    let fate = match outcome {
        Ok(amount_out) => Fate::Landed { amount_out, height },
        Err(reason) => Fate::Reverted { reason, height },
    };
    match append(tx, pending, &fate, height, now)? {
        // Only forged signatures share their first characters.
        0 => Ok(Fate::Unknown),
        _ => Ok(fate),
    }
}

/// Writes a line and returns how many were written.
fn append(
    tx: &Transaction<'_>,
    pending: &Pending,
    fate: &Fate,
    height: Height,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let (amount_out, reason) = match fate {
        Fate::Landed { amount_out, .. } => (amount_out.get(), None),
        Fate::Reverted { reason, .. } => (0, Some(reason_text(reason))),
        Fate::Unknown => (0, None),
    };
    let Payload {
        order_id,
        execution,
        swap,
        ..
    } = &pending.payload;
    tx.prepare_cached(
        "-- append_to_ledger
        insert into ledger (signature_head, signature, order_id, execution, venue, token_in,
            token_out, amount_in, amount_out, height, landed_at, ok, reason)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        on conflict (signature_head) do nothing",
    )?
    .execute(params![
        rows::head(&pending.signature),
        pending.signature.as_str(),
        order_id.to_string(),
        execution,
        swap.venue.name(),
        swap.token_in.symbol(),
        swap.token_out.symbol(),
        // SQLite's integers are signed; they keep the same 64 bits.
        swap.amount_in.get().cast_signed(),
        amount_out.cast_signed(),
        height.get().cast_signed(),
        now.as_millis(),
        reason.is_none(),
        reason,
    ])
}

fn reason_text(reason: &Revert) -> &str {
    match reason {
        Revert::SlippageExceeded => rows::SLIPPAGE_EXCEEDED,
        Revert::InsufficientLiquidity => rows::INSUFFICIENT_LIQUIDITY,
        Revert::Other(text) => text,
    }
}
