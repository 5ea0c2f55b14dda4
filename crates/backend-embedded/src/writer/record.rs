//! Records an event under a lease, with everything that belongs into the same transaction.

use std::time::Duration;

use domain::spending::NoRoom;
use domain::transaction::{Blockhash, SignedTransaction};
use domain::{EventData, NewEvent, OrderId, Status, Timestamp, WorkerId};
use ports::finality::waits_in;
use ports::order_store::Lease;
use rusqlite::params;

use super::ending::end_order;
use super::event_row::{EventRow, recorded_at};
use super::head::{Head, LastEvent, head};
use super::spending::Counting;
use super::{Batch, Write, group, waiting};
use crate::error::Fault;
use crate::reading::columns::slot_column;

/// An event proposed under a lease.
#[derive(Debug)]
pub(crate) struct Record {
    order: OrderId,
    worker: WorkerId,
    fence: i64,
    event: EventRow,
    beside: Beside,
    counting: Counting,
}

/// What is stored with the event.
#[derive(Debug)]
enum Beside {
    Nothing,
    StoredTransaction {
        attempt: u32,
        venue: &'static str,
        blockhash: Blockhash,
        transaction: SignedTransaction,
    },
    /// The end of the lease and of the transaction, and the due time.
    Retry {
        delay: Duration,
    },
    /// The end of the lease and of the transaction: the order waits for its condition again.
    WaitingAgain {
        rest: Duration,
        misses: String,
        pair: [String; 2],
    },
    /// The end of the lease, and of the order.
    End {
        /// The slot of the block that may vanish yet.
        unfinal_in: Option<i64>,
    },
}

/// The outcome; the event is complete except for its time.
#[derive(Debug)]
pub(crate) enum Outcome {
    Won { at: Timestamp },
    Withdrawn,
    Expired,
    NoRoom(NoRoom),
    LeaseLost,
}

impl Record {
    /// An event that carries no transaction.
    pub(crate) fn new(lease: &Lease, event: &NewEvent) -> Result<Self, Fault> {
        let beside = match &event.data {
            EventData::RetryScheduled { delay_ms, .. } => Beside::Retry {
                delay: Duration::from_millis(*delay_ms),
            },
            EventData::WaitingAgain {
                rest_ms, misses, ..
            } => {
                let terms = &lease.order.terms;
                Beside::WaitingAgain {
                    rest: Duration::from_millis(*rest_ms),
                    misses: serde_json::to_string(misses)?,
                    pair: [&terms.asset_in, &terms.asset_out].map(|asset| asset.mint.column()),
                }
            }
            data if data.status().is_terminal() => Beside::End {
                unfinal_in: waits_in(data).map(slot_column).transpose()?,
            },
            _ => Beside::Nothing,
        };
        Self::with(lease, event, beside, Counting::of(lease, event, None)?)
    }

    /// A submission and its transaction.
    pub(crate) fn submission(
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Self, Fault> {
        let EventData::Submitted { choice, .. } = &event.data else {
            return Err(Fault::Senseless {
                what: "a submission that is none",
            });
        };
        let beside = Beside::StoredTransaction {
            attempt: event.executions,
            blockhash: transaction.blockhash.ok_or(Fault::Senseless {
                what: "a transaction that names no block",
            })?,
            venue: choice.route.largest().venue().name(),
            transaction: transaction.clone(),
        };
        let counting = Counting::of(lease, event, Some(transaction))?;
        Self::with(lease, event, beside, counting)
    }

    fn with(
        lease: &Lease,
        event: &NewEvent,
        beside: Beside,
        counting: Counting,
    ) -> Result<Self, Fault> {
        Ok(Self {
            order: event.order_id,
            worker: lease.worker,
            fence: i64::try_from(lease.fence).map_err(|_| Fault::Senseless { what: "a fence" })?,
            event: EventRow::new(event)?,
            beside,
            counting,
        })
    }
}

impl Write for Record {
    type Answer = Outcome;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Outcome, Fault> {
        let Some(head) = head(batch, self.order)? else {
            return Ok(Outcome::LeaseLost);
        };
        let holds = head.row.fence == self.fence && head.row.lease_worker == Some(self.worker);
        if self.event.seq <= head.last.seq {
            let late = self.late(batch, &head)?;
            batch.heads.put(self.order, head);
            return Ok(late);
        }
        if !holds || self.event.seq != head.last.seq + 1 {
            batch.heads.put(self.order, head);
            return Ok(Outcome::LeaseLost);
        }
        if let Beside::StoredTransaction { .. } = self.beside {
            if head.has_expired(batch) {
                batch.heads.put(self.order, head);
                return Ok(Outcome::Expired);
            }
            if let Some(no_room) = self.counting.refusal(batch, head.time(batch))? {
                batch.heads.put(self.order, head);
                return Ok(Outcome::NoRoom(no_room));
            }
            if !self.insert_transaction(batch, &head)? {
                return Ok(Outcome::LeaseLost);
            }
        }
        let at = head.time(batch);
        self.event.insert(batch, head.row.key, at)?;
        self.counting.write(batch, at, head.last.at)?;
        batch.changes.moved(head.last.status, self.event.status);
        match &self.beside {
            Beside::Nothing | Beside::StoredTransaction { .. } => self.keep(batch, head, at),
            Beside::Retry { delay } => self.give_back(batch, &head, *delay)?,
            Beside::WaitingAgain { rest, misses, pair } => {
                mark_transaction_dead(batch, &head)?;
                batch.changes.given_back(self.worker, self.order);
                waiting::enter_again(batch, head.row.key, pair, *rest, misses)?;
            }
            Beside::End { unfinal_in } => {
                self.end(batch, &head, at)?;
                self.wait_for_finality(batch, &head, *unfinal_in)?;
            }
        }
        Ok(Outcome::Won { at })
    }
}

impl Record {
    /// The sequence number is taken: by this very event, by a withdrawal, or by another worker's
    /// event.
    fn late(&self, batch: &Batch<'_>, head: &Head) -> Result<Outcome, Fault> {
        let event_id = self.event.event_id;
        if let Some(at) = recorded_at(&batch.db, head.row.key, self.event.seq, event_id)? {
            return Ok(Outcome::Won { at });
        }
        let withdrawn = matches!(head.last.status, Status::Cancelled | Status::Expired);
        if withdrawn && head.row.fence == self.fence {
            Ok(Outcome::Withdrawn)
        } else {
            Ok(Outcome::LeaseLost)
        }
    }

    /// Caches the order as this step leaves it, for the worker's next step.
    fn keep(&self, batch: &mut Batch<'_>, head: Head, at: Timestamp) {
        let last = LastEvent {
            seq: self.event.seq,
            event_id: self.event.event_id,
            status: self.event.status,
            executions: self.event.executions,
            at,
        };
        batch.heads.put(self.order, Head { last, ..head });
    }

    /// False if a transaction of this order is live or has that number, or if one has the
    /// signature.
    fn insert_transaction(&self, batch: &Batch<'_>, head: &Head) -> Result<bool, Fault> {
        let Beside::StoredTransaction {
            attempt,
            venue,
            blockhash,
            transaction,
        } = &self.beside
        else {
            return Ok(false);
        };
        let height = i64::try_from(transaction.last_valid_height.get())
            .map_err(|_| Fault::Senseless { what: "a height" })?;
        let inserted = batch
            .db
            .prepare_cached(
                "-- insert_transaction
                 insert into order_attempts (order_key, attempt, venue, signature, bytes,
                     last_valid_height, blockhash, outlay)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 on conflict do nothing",
            )?
            .execute(params![
                head.row.key,
                attempt,
                venue,
                transaction.signature.as_str(),
                &*transaction.bytes,
                height,
                blockhash.bytes(),
                self.counting.text(),
            ])?;
        Ok(inserted == 1)
    }

    fn give_back(&self, batch: &mut Batch<'_>, head: &Head, delay: Duration) -> Result<(), Fault> {
        mark_transaction_dead(batch, head)?;
        let due_at = batch.now.plus(delay);
        batch
            .db
            .prepare_cached(
                "-- schedule_retry
                 update orders set lease_worker = null, due_at = ?2, begun = 0 where key = ?1",
            )?
            .execute(params![head.row.key, due_at.as_millis()])?;
        batch.changes.given_back(self.worker, self.order);
        if due_at > batch.now {
            batch.changes.delayed_until(due_at, Status::Pending);
        }
        Ok(())
    }

    fn end(&self, batch: &mut Batch<'_>, head: &Head, at: Timestamp) -> Result<(), Fault> {
        if self.event.status != Status::Confirmed {
            mark_transaction_dead(batch, head)?;
        }
        end_order(batch, self.order, head, self.event.status, at)?;
        if self.event.status == Status::Confirmed && head.row.is_conditional {
            group::end_group(batch, head.row.key, self.event.event_id)?;
        }
        Ok(())
    }

    fn wait_for_finality(
        &self,
        batch: &Batch<'_>,
        head: &Head,
        unfinal_in: Option<i64>,
    ) -> Result<(), Fault> {
        let Some(slot) = unfinal_in else {
            return Ok(());
        };
        batch
            .db
            .prepare_cached(
                "-- wait_for_finality
                 insert into unfinal (slot, order_id, order_key) values (?1, ?2, ?3)",
            )?
            .execute(params![slot, self.order.uuid().as_bytes(), head.row.key])?;
        Ok(())
    }
}

/// The live transaction is proved dead; only a submitted order has one.
fn mark_transaction_dead(batch: &Batch<'_>, head: &Head) -> Result<(), Fault> {
    if head.last.status == Status::Submitted {
        batch
            .db
            .prepare_cached(
                "-- mark_transaction_dead
                 update order_attempts set dead_at = ?2 where order_key = ?1 and dead_at is null",
            )?
            .execute(params![head.row.key, batch.now.as_millis()])?;
    }
    Ok(())
}
