//! Grants an order to one worker, and loads it with the grant.

use domain::event::SCHEMA_VERSION;
use domain::{Event, EventData, Order, OrderId, Seq, Status, Timestamp, WorkerId};
use ports::doubt::Word;
use ports::order_store::{Claim as Answer, Company, Lease, POISON_DEATHS};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::head::{Head, OrderRow, last_event, order_row};
use super::{Batch, Write};
use crate::error::Fault;
use crate::live::wallets::Reach;
use crate::reading::columns;
use crate::reading::transaction::StoredTransaction;

/// A worker asks for an order.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) order: OrderId,
    pub(crate) worker: WorkerId,
    pub(crate) company: Company,
}

/// The outcome of a claim.
#[derive(Debug)]
pub(crate) enum Outcome {
    Granted(Box<Grant>),
    NotDue { due_at: Timestamp, now: Timestamp },
    Held,
    Paused,
    OnlyAlone,
    WalletElsewhere,
    WalletNowhere,
    Waiting,
    Ended,
    Unknown,
}

/// An order that was granted and cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) fence: i64,
    pub(crate) fault: Fault,
}

/// A grant as its rows hold it; the caller parses the texts, not the writer.
#[derive(Debug)]
pub(crate) struct Grant {
    head: Head,
    stored: Stored,
    data: String,
    fence: i64,
    deaths: u32,
    live: Option<(StoredTransaction, Option<Word>)>,
}

/// An order as it stands before a grant.
#[derive(Debug)]
struct Found {
    head: Head,
    stored: Stored,
    data: String,
}

/// The columns of an order's row that only a grant needs.
#[derive(Debug)]
struct Stored {
    granted_seq: i64,
    deaths: u32,
    trace_context: Option<String>,
    terms: String,
    wallet: Option<String>,
    waits: bool,
    firing: Option<String>,
}

impl Write for Claim {
    type Answer = Outcome;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Outcome, Fault> {
        // A cached head of it is from an earlier grant.
        batch.heads.take(self.order);
        let Some(found) = found(&batch.db, self.order)? else {
            return Ok(Outcome::Unknown);
        };
        let head = &found.head;
        let row = &head.row;
        if row.schema_version > SCHEMA_VERSION {
            return Ok(Outcome::Unknown);
        }
        if row.has_ended {
            return Ok(Outcome::Ended);
        }
        if found.stored.waits {
            return Ok(Outcome::Waiting);
        }
        let is_own = row.lease_worker == Some(self.worker);
        let is_anothers = row
            .lease_worker
            .is_some_and(|holder| !is_own && batch.is_alive(holder));
        // A worker that was declared dead gets nothing: others could take its grants at once.
        if is_anothers || !batch.is_alive(self.worker) {
            return Ok(Outcome::Held);
        }
        if !is_own && batch.is_resting(row.due_at) {
            return Ok(Outcome::NotDue {
                due_at: row.due_at,
                now: batch.now,
            });
        }
        if head.last.status != Status::Submitted
            && let Some(wallet) = &found.stored.wallet
        {
            match batch.reach(self.worker, wallet) {
                Reach::Own => {}
                Reach::Elsewhere => return Ok(Outcome::WalletElsewhere),
                Reach::Nowhere => return Ok(Outcome::WalletNowhere),
            }
        }
        if head.last.status == Status::Pending && batch.is_paused() {
            return Ok(Outcome::Paused);
        }
        let deaths = found.deaths(is_own);
        let is_last_chance = deaths + 1 == POISON_DEATHS && head.last.status != Status::Submitted;
        if is_last_chance && self.company == Company::Others {
            return Ok(Outcome::OnlyAlone);
        }
        if is_own {
            self.tell_again(batch, found, deaths)
        } else {
            self.grant(batch, found, deaths)
        }
    }
}

impl Claim {
    fn grant(
        &self,
        batch: &mut Batch<'_>,
        mut found: Found,
        deaths: u32,
    ) -> Result<Outcome, Fault> {
        let row = &mut found.head.row;
        row.fence += 1;
        batch
            .db
            .prepare_cached(
                "-- claim_order
                 update orders set lease_worker = ?2, fence = ?3, granted_seq = ?4,
                     deaths = ?5, begun = 1
                 where key = ?1",
            )?
            .execute(params![
                row.key,
                self.worker.uuid().as_bytes(),
                row.fence,
                found.head.last.seq,
                deaths
            ])?;
        if let Some(former) = row.lease_worker.replace(self.worker) {
            batch.changes.given_back(former, self.order);
        }
        self.tell_again(batch, found, deaths)
    }

    /// The lease that the worker already has.
    fn tell_again(
        &self,
        batch: &mut Batch<'_>,
        found: Found,
        deaths: u32,
    ) -> Result<Outcome, Fault> {
        let Found { head, stored, data } = found;
        batch.changes.granted(self.worker, self.order);
        batch.heads.put(self.order, head.clone());
        let live = match head.last.status {
            Status::Submitted => Some(live_transaction(&batch.db, head.row.key)?),
            _ => None,
        };
        let grant = Grant {
            data,
            fence: head.row.fence,
            head,
            stored,
            deaths,
            live,
        };
        Ok(Outcome::Granted(Box::new(grant)))
    }

    /// The answer in the port's terms. The error is that of an order that was granted and is
    /// unreadable.
    pub(crate) fn answer(
        order: OrderId,
        worker: WorkerId,
        outcome: Outcome,
    ) -> Result<Answer, Unreadable> {
        Ok(match outcome {
            Outcome::Granted(grant) => {
                let fence = grant.fence;
                let lease = grant.lease(order, worker);
                Answer::Granted(Box::new(
                    lease.map_err(|fault| Unreadable { fence, fault })?,
                ))
            }
            Outcome::NotDue { due_at, now } => Answer::NotDue {
                due_at,
                due_in: due_at.since(now),
            },
            Outcome::Held => Answer::Held,
            Outcome::Paused => Answer::Paused,
            Outcome::OnlyAlone => Answer::OnlyAlone,
            Outcome::WalletElsewhere => Answer::WalletElsewhere,
            Outcome::WalletNowhere => Answer::WalletNowhere,
            Outcome::Waiting => Answer::Waiting,
            Outcome::Ended => Answer::Ended,
            Outcome::Unknown => Answer::Unknown,
        })
    }
}

impl Found {
    /// How many workers in a row have died with it since its last event. Another worker that the
    /// row names is not alive, and has neither given the order back nor retired.
    fn deaths(&self, is_own: bool) -> u32 {
        let earlier = if self.head.last.seq > self.stored.granted_seq {
            0
        } else {
            self.stored.deaths
        };
        let is_a_death = !is_own && self.head.row.lease_worker.is_some();
        earlier.saturating_add(u32::from(is_a_death))
    }
}

impl Grant {
    fn lease(self, order_id: OrderId, worker: WorkerId) -> Result<Lease, Fault> {
        let OrderRow {
            client, created_at, ..
        } = self.head.row;
        let last = self.head.last;
        let seq = u32::try_from(last.seq).map_err(|_| Fault::Senseless { what: "a place" })?;
        let event = Event {
            order_id,
            seq: Seq::new(seq),
            at: last.at,
            executions: last.executions,
            data: EventData::read(&self.data, Some(&self.stored.terms))?,
        };
        let terms = serde_json::from_str(&self.stored.terms)?;
        let firing = self.stored.firing.as_deref().map(serde_json::from_str);
        let (transaction, word) = self.live.unzip();
        Ok(Lease {
            order: Order::from_last_event(client, terms, created_at, event),
            worker,
            fence: u64::try_from(self.fence).map_err(|_| Fault::Senseless { what: "a fence" })?,
            live_transaction: transaction.map(StoredTransaction::parse).transpose()?,
            word: word.flatten(),
            firing: firing.transpose()?,
            deaths: self.deaths,
            trace_context: self.stored.trace_context,
        })
    }
}

/// Everything that a grant needs, in one read. The `+` keeps SQLite from planning it anew with
/// every call.
const CLAIMED_ORDER: &str = "-- claimed_order
     select o.key, o.client, o.created_at, o.due_at, o.expires_at, o.lease_worker, o.fence,
         o.end_status is not null, o.schema_version, o.kind is not null,
         e.seq, e.event_id, e.status, e.executions, e.at, e.data,
         o.granted_seq, o.deaths, o.trace_context, o.terms, o.wallet, o.waits, o.firing
     from orders o join order_events e on e.order_key = o.key
     where o.id = +?1 order by e.seq desc limit 1";

fn found(db: &Connection, order: OrderId) -> Result<Option<Found>, Fault> {
    db.prepare_cached(CLAIMED_ORDER)?
        .query_row([order.uuid().as_bytes()], |row| Ok(found_in(row)))
        .optional()?
        .transpose()
}

fn found_in(row: &Row<'_>) -> Result<Found, Fault> {
    Ok(Found {
        head: Head {
            row: order_row(row)?,
            last: last_event(row, 10)?,
        },
        data: row.get(15)?,
        stored: Stored {
            granted_seq: row.get(16)?,
            deaths: row.get(17)?,
            trace_context: row.get(18)?,
            terms: row.get(19)?,
            wallet: row.get(20)?,
            waits: row.get(21)?,
            firing: row.get(22)?,
        },
    })
}

fn live_transaction(db: &Connection, key: i64) -> Result<(StoredTransaction, Option<Word>), Fault> {
    db.prepare_cached(
        "-- live_transaction
         select signature, bytes, last_valid_height, blockhash, outlay,
             said_dead_at, said_dead_by, said_dead_because
         from order_attempts
         where order_key = ?1 and dead_at is null",
    )?
    .query_row([key], |row| Ok(with_word(row)))?
}

fn with_word(row: &Row<'_>) -> Result<(StoredTransaction, Option<Word>), Fault> {
    Ok((StoredTransaction::read(row, 0)?, columns::word(row, 5)?))
}
