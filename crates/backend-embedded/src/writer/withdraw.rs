//! Ends orders that were not submitted, whoever has the lease.

use domain::{ClientId, Event, EventData, EventId, OrderId, Seq};
use ports::order_store::{Expired, Expiry, Withdrawal, Withdrawn};

use super::ending::end_order;
use super::event_row::EventRow;
use super::head::{Head, head};
use super::{Batch, Write};
use crate::error::Fault;

/// A client's cancellation, or the end of an order's time.
#[derive(Debug)]
pub(crate) struct Withdraw {
    pub(crate) order: OrderId,
    /// Only if it is this client's.
    pub(crate) client: Option<ClientId>,
    pub(crate) event: EventId,
    pub(crate) withdrawal: Withdrawal,
    pub(crate) reason: String,
}

impl Write for Withdraw {
    type Answer = Withdrawn;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Withdrawn, Fault> {
        let Some(head) = head(batch, self.order)? else {
            return Ok(Withdrawn::Unknown);
        };
        if self
            .client
            .as_ref()
            .is_some_and(|own| *own != head.row.client)
        {
            return Ok(Withdrawn::Unknown);
        }
        if head.last.event_id == self.event.uuid() {
            let event = self.event(&head, head.last.seq, head.last.at)?;
            let client = head.row.client;
            return Ok(Withdrawn::Won { event, client });
        }
        let in_time = match self.withdrawal {
            Withdrawal::Cancelled => true,
            Withdrawal::Expired => head.has_expired(batch),
        };
        if !in_time || !head.last.status.is_withdrawable() {
            let status = head.last.status;
            return Ok(Withdrawn::TooLate { status });
        }
        self.end(batch, head)
    }
}

/// The end of many orders' time, in one transaction.
#[derive(Debug)]
pub(crate) struct Expire {
    pub(crate) expiries: Vec<Expiry>,
    pub(crate) reason: String,
}

impl Write for Expire {
    type Answer = Vec<Expired>;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Vec<Expired>, Fault> {
        let mut ended = Vec::with_capacity(self.expiries.len());
        for expiry in &self.expiries {
            let mut one = Withdraw {
                order: expiry.order,
                client: None,
                event: expiry.event,
                withdrawal: Withdrawal::Expired,
                reason: self.reason.clone(),
            };
            if let Withdrawn::Won { event, client } = one.run(batch)? {
                ended.push(Expired { event, client });
            }
        }
        Ok(ended)
    }
}

impl Withdraw {
    fn end(&self, batch: &mut Batch<'_>, head: Head) -> Result<Withdrawn, Fault> {
        let at = head.time(batch);
        let event = self.event(&head, head.last.seq + 1, at)?;
        let status = event.data.status();
        let row = EventRow {
            event_id: self.event.uuid(),
            seq: head.last.seq + 1,
            status,
            executions: head.last.executions,
            data: serde_json::to_string(&event.data)?,
        };
        row.insert(batch, head.row.key, at)?;
        batch.changes.moved(head.last.status, status);
        end_order(batch, self.order, &head, status, at)?;
        let client = head.row.client;
        Ok(Withdrawn::Won { event, client })
    }

    fn event(&self, head: &Head, seq: i64, at: domain::Timestamp) -> Result<Event, Fault> {
        let reason = self.reason.clone();
        let data = match self.withdrawal {
            Withdrawal::Cancelled => EventData::Cancelled { reason },
            Withdrawal::Expired => EventData::Expired { reason },
        };
        let seq = u32::try_from(seq).map_err(|_| Fault::Senseless { what: "a place" })?;
        Ok(Event {
            order_id: self.order,
            seq: Seq::new(seq),
            at,
            executions: head.last.executions,
            data,
        })
    }
}
