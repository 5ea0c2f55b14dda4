//! Counts what transactions may spend, in the statement that stores them, and what they did spend, in the one that
//! records it.
//!
//! A submission that does not fit is left out of its batch: those before it may be the reason, or one that ends in the
//! same batch makes room. It is written once more, alone, before that counts as a refusal.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use domain::spending::{Item, NoRoom, Outlay, Paid};
use domain::transaction::SignedTransaction;
use domain::{Address, NewEvent, OrderId, Timestamp};
use ports::order_store::{Lease, Recorded};
use ports::wallet_uses::Change;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::{Connection, Param};
use crate::failure::Failure;
use crate::rows;
use crate::wallet_uses;

use super::{Inserted, RECORD_OUTLAYS, Record, Request};

/// The rows that are remembered to be there.
const KNOWN_MAX: usize = 4_096;

/// What of wallets is counted with an event.
#[derive(Debug)]
pub(super) struct Counting {
    change: Change,
    /// A new outlay as it is stored.
    stored: Option<String>,
}

impl Counting {
    /// What this event changes, if anything is counted.
    pub(super) fn of(
        lease: &Lease,
        event: &NewEvent,
        transaction: Option<&SignedTransaction>,
    ) -> Result<Option<Self>, Failure> {
        let Some(change) = Change::of(lease, event, transaction) else {
            return Ok(None);
        };
        let stored = match &change {
            Change::Stored(outlay) => Some(rows::json(outlay)?),
            Change::Settled { .. } => None,
        };
        Ok(Some(Self { change, stored }))
    }

    fn outlay(&self) -> &Outlay {
        self.change.outlay()
    }

    fn keys(&self) -> impl Iterator<Item = (Address, Address)> {
        let items = self.outlay().items.iter();
        items.map(|item| (self.outlay().wallet, item.purpose.key()))
    }

    /// What its item at this place took, where the event settles the transaction.
    fn paid(&self, place: usize) -> Option<&Paid> {
        match &self.change {
            Change::Stored(_) => None,
            Change::Settled { paid, .. } => paid.get(place),
        }
    }

    fn slot(&self) -> Option<i64> {
        match &self.change {
            Change::Stored(_) => None,
            Change::Settled { slot, .. } => slot.map(rows::big),
        }
    }
}

/// Rows that are known to be there: they are made once and stay.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashSet<(Address, Address)>>);

impl Known {
    fn unknown(&self, requests: &[&Request]) -> Vec<(Address, Address)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(requests).into_iter();
        keys.filter(|key| !known.contains(key)).collect()
    }

    fn add(&self, keys: Vec<(Address, Address)>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + keys.len() > KNOWN_MAX {
            known.clear();
        }
        known.extend(keys);
    }
}

/// Each row once, in the order of the keys.
fn keys(requests: &[&Request]) -> Vec<(Address, Address)> {
    let counting = requests.iter().filter_map(|it| it.counting.as_ref());
    let mut keys: Vec<_> = counting.flat_map(Counting::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

impl Record {
    /// Records events with what they change of wallets' rows.
    pub(super) async fn insert_counting(
        &self,
        connection: &Connection,
        mut requests: Vec<&Request>,
    ) -> Result<Inserted, Failure> {
        if requests.is_empty() {
            return Ok(Inserted::default());
        }
        requests.sort_unstable_by_key(|request| request.event.order_id);
        let unknown = self.known.unknown(&requests);
        if !unknown.is_empty() {
            wallet_uses::make(connection, &unknown).await?;
            self.known.add(unknown);
        }
        let mut inserted = self
            .insert_others(connection, &RECORD_OUTLAYS, &requests)
            .await?;
        if requests.len() == 1 && !inserted.refused.values().any(Option::is_none) {
            return Ok(inserted);
        }
        let left_out = std::mem::take(&mut inserted.refused);
        for request in requests {
            if !left_out.contains_key(&request.event.order_id) {
                continue;
            }
            let alone = [request];
            // It may have been forgotten with its cluster.
            wallet_uses::make(connection, &keys(&alone)).await?;
            let once_more = self
                .insert_others(connection, &RECORD_OUTLAYS, &alone)
                .await?;
            inserted.won.extend(once_more.won);
            inserted.too_late.extend(once_more.too_late);
            inserted.refused.extend(once_more.refused);
        }
        Ok(inserted)
    }
}

/// What is counted, in the form that the statement takes: one array for each field.
#[derive(Default)]
pub(super) struct Columns<'a> {
    outlays: Vec<Option<&'a str>>,
    orders: Vec<Uuid>,
    wallets: Vec<Vec<u8>>,
    mints: Vec<Vec<u8>>,
    spent: Vec<String>,
    live: Vec<String>,
    limits: Vec<Option<String>>,
    held: Vec<Option<String>>,
    seen: Vec<Option<String>>,
    paid: Vec<Option<String>>,
    took: Vec<Option<String>>,
    slots: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    /// Of these requests.
    pub(super) fn of(requests: &[&'a Request]) -> Self {
        let mut columns = Self::default();
        for request in requests {
            let counting = request.counting.as_ref();
            columns
                .outlays
                .push(counting.and_then(|it| it.stored.as_deref()));
            let Some(counting) = counting else {
                continue;
            };
            for (place, item) in counting.outlay().items.iter().enumerate() {
                let paid = counting.paid(place);
                columns.push(request.event.order_id.uuid(), counting, item, paid);
            }
        }
        columns
    }

    fn push(&mut self, order: Uuid, counting: &Counting, item: &Item, paid: Option<&Paid>) {
        self.orders.push(order);
        self.wallets.push(counting.outlay().wallet.bytes().to_vec());
        self.mints.push(item.purpose.key().bytes().to_vec());
        self.spent.push(item.spent.to_string());
        self.live.push(item.live.to_string());
        self.limits.push(item.limit.map(|it| it.to_string()));
        self.held.push(item.means.map(|it| it.held.to_string()));
        self.seen.push(item.means.map(|it| it.settled.to_string()));
        self.paid.push(paid.map(|it| it.spent.to_string()));
        self.took.push(paid.map(|it| it.out.to_string()));
        self.slots.push(counting.slot());
    }

    /// In their order.
    pub(super) fn params(&self) -> [Param<'_>; 12] {
        [
            (&self.outlays, Type::TEXT_ARRAY),
            (&self.orders, Type::UUID_ARRAY),
            (&self.wallets, Type::BYTEA_ARRAY),
            (&self.mints, Type::BYTEA_ARRAY),
            (&self.spent, Type::TEXT_ARRAY),
            (&self.live, Type::TEXT_ARRAY),
            (&self.limits, Type::TEXT_ARRAY),
            (&self.held, Type::TEXT_ARRAY),
            (&self.seen, Type::TEXT_ARRAY),
            (&self.paid, Type::TEXT_ARRAY),
            (&self.took, Type::TEXT_ARRAY),
            (&self.slots, Type::INT8_ARRAY),
        ]
    }
}

/// The answer to a submission that was refused although it was alone.
pub(super) fn refusal(order: OrderId, why: Option<NoRoom>) -> Result<Recorded, Failure> {
    let nothing = || {
        Failure::unreadable(
            "what is counted",
            order,
            "its rows are not there, or have room",
        )
    };
    why.map(Recorded::NoRoom).ok_or_else(nothing)
}

/// Why one of a refused order's rows has no room, by what stood in it when it was locked. Nothing where that row has
/// room, or is not there.
pub(super) fn no_room(
    row: &Row,
    counting: Option<&Counting>,
    at: Timestamp,
) -> Result<Option<NoRoom>, Failure> {
    if rows::column::<Option<i64>>(row, "newest")?.is_none() {
        return Ok(None);
    }
    let purpose = wallet_uses::purpose(row)?;
    let counted = wallet_uses::counted(row)?;
    let items = counting.map(|it| it.outlay().items.iter());
    let item = items.and_then(|mut items| items.find(|item| item.purpose == purpose));
    Ok(item.and_then(|item| item.fits(&counted, at).err()))
}
