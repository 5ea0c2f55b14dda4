//! Granting an order to one worker, and loading it with the grant.

use std::sync::Arc;

use domain::event::SCHEMA_VERSION;
use domain::transaction::{Height, Signature, SignedTransaction};
use domain::{Order, OrderId, Status, WorkerId};
use ports::order_store::{Claim as Answer, Lease};
use rusqlite::{Connection, OptionalExtension, params};

use super::head::{Head, head};
use super::{Batch, Write};
use crate::error::Fault;
use crate::reading;

/// A worker asks for an order.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) order: OrderId,
    pub(crate) worker: WorkerId,
}

/// What only a grant needs of an order's row.
struct Grant {
    schema_version: u16,
    granted_seq: i64,
    fruitless_grants: u32,
    trace_context: Option<String>,
}

impl Write for Claim {
    type Answer = Answer;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Answer, Fault> {
        let Some(head) = head(&batch.db, self.order)? else {
            return Ok(Answer::Unknown);
        };
        let grant = grant(&batch.db, head.key)?;
        if grant.schema_version > SCHEMA_VERSION {
            return Ok(Answer::Unknown);
        }
        if head.has_ended {
            return Ok(Answer::Ended);
        }
        // A worker that is given up gets nothing: what it would be granted is at once anybody's, and
        // three such grants would look like poison.
        let holder = head.lease_worker;
        if holder.is_some_and(|holder| batch.is_alive(holder)) || !batch.is_alive(self.worker) {
            return Ok(Answer::Held);
        }
        if head.due_at > batch.now {
            return Ok(Answer::NotDue {
                due_at: head.due_at,
                due_in: head.due_at.since(batch.now),
            });
        }
        self.grant(batch, &head, grant)
    }
}

impl Claim {
    fn grant(&self, batch: &mut Batch<'_>, head: &Head, grant: Grant) -> Result<Answer, Fault> {
        let earlier = if head.seq > grant.granted_seq {
            0
        } else {
            grant.fruitless_grants
        };
        let fruitless_grants = earlier.saturating_add(1);
        let fence = head.fence + 1;
        batch
            .db
            .prepare_cached(
                "-- claim_order
                 update orders set lease_worker = ?2, fence = ?3, granted_seq = ?4,
                     fruitless_grants = ?5, begun = 1
                 where key = ?1",
            )?
            .execute(params![
                head.key,
                self.worker.uuid().as_bytes(),
                fence,
                head.seq,
                fruitless_grants,
            ])?;
        if let Some(former) = head.lease_worker {
            batch.changes.given_back(former);
        }
        batch.changes.granted(self.worker);
        let order = reading::order::by_key(&batch.db, head.key)?;
        let lease = Lease {
            live_attempt: live_attempt(&batch.db, &order, head.key)?,
            order,
            worker: self.worker,
            fence: u64::try_from(fence).map_err(|_| Fault::Senseless { what: "a fence" })?,
            fruitless_grants,
            trace_context: grant.trace_context,
        };
        Ok(Answer::Granted(Box::new(lease)))
    }
}

fn grant(db: &Connection, key: i64) -> Result<Grant, Fault> {
    let grant = db
        .prepare_cached(
            "-- grant_columns
             select schema_version, granted_seq, fruitless_grants, trace_context
             from orders where key = ?1",
        )?
        .query_row([key], |row| {
            Ok(Grant {
                schema_version: row.get(0)?,
                granted_seq: row.get(1)?,
                fruitless_grants: row.get(2)?,
                trace_context: row.get(3)?,
            })
        })?;
    Ok(grant)
}

fn live_attempt(
    db: &Connection,
    order: &Order,
    key: i64,
) -> Result<Option<SignedTransaction>, Fault> {
    if order.status() != Status::Submitted {
        return Ok(None);
    }
    let row = db
        .prepare_cached(
            "-- live_attempt
             select signature, bytes, last_valid_height from order_attempts
             where order_key = ?1 and dead_at is null",
        )?
        .query_row([key], |row| {
            let signature: String = row.get(0)?;
            let bytes: Vec<u8> = row.get(1)?;
            let height: i64 = row.get(2)?;
            Ok((signature, bytes, height))
        })
        .optional()?;
    let (signature, bytes, height) = row.ok_or(Fault::Senseless {
        what: "a submitted order without an attempt",
    })?;
    let signature = Signature::parse(&signature).map_err(|_| Fault::Senseless {
        what: "a signature",
    })?;
    let height = u64::try_from(height).map_err(|_| Fault::Senseless { what: "a height" })?;
    Ok(Some(SignedTransaction {
        signature,
        bytes: Arc::from(bytes),
        last_valid_height: Height::new(height),
    }))
}
