//! Executing transactions and writing down what came of them, in one SQLite transaction per batch.
//!
//! Here, and nowhere earlier, it is decided whether a transaction is still valid and whether its swap
//! pays enough. Transactions that are rolled back are written too: they can never land again.

use std::sync::Arc;

use domain::Timestamp;
use domain::transaction::{Height, Signature};
use ports::chain::{Fate, Revert};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tracing::{debug, error};

use super::rows;
use crate::blocks::Pin;
use crate::transaction::Payload;
use crate::world::World;

/// A transaction that was accepted: its signature was checked, its bytes are read.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) signature: Signature,
    pub(crate) payload: Payload,
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

    pub(crate) const fn db(&self) -> &Connection {
        &self.db
    }

    /// Executes a batch at the present height, writes it, and tells the fates once they are on disk. An
    /// empty batch moves the height's mark alone. The order of the last steps is what `blocks.rs` rests
    /// on: commit, publish, let the height go on.
    pub(crate) fn settle(&mut self, batch: &[Pending]) -> Settled {
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
                // As when a block is lost: none of it happened, and the same bytes may come again. Should
                // the commit have gone through after all, they are found on the ledger then.
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

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
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
    // Sent again after it landed, perhaps in an earlier life of this process.
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
    // Quotes show the last finished block's prices; what executes now is in the block being made.
    let outcome = world.pools.swap(&payload.swap, height + 1);
    let height = Height::new(height);
    let fate = match outcome {
        Ok(amount_out) => Fate::Landed { amount_out, height },
        Err(reason) => Fate::Reverted { reason, height },
    };
    match append(tx, pending, &fate, height, now)? {
        // Only somebody who forges signatures with a common head gets here.
        0 => Ok(Fate::Unknown),
        _ => Ok(fate),
    }
}

/// Writes a line; the number of lines written.
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
        // SQLite's integers are signed; the same 64 bits are read back.
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
