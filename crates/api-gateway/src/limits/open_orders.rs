//! Open orders of each client.
//!
//! With keys the store counts a client's open orders. Without keys the store sees all orders as one
//! client's, so each gateway remembers the orders that it accepted from each address, and checks
//! the oldest of them again once an address is at its limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::OrderId;
use ports::Ports;

use super::{Ceiling, Payer, Room};
use crate::auth::{Caller, Scope};
use crate::deadline;
use crate::error::{ApiError, Code, Result};

/// How soon orders that another gateway accepted for the same client are noticed.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// With more clients and addresses than this, all are forgotten and counted anew.
const MAX_TALLIES: usize = 16_384;
/// Orders remembered for all addresses together, at 16 bytes each; with more, all are forgotten.
const MAX_REMEMBERED: usize = 1_000_000;
/// Orders of one address that are checked again for one submission.
const LOOKED_AT: usize = 32;
/// An order that ends soon makes room.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Counts open orders and refuses those beyond the limit.
#[derive(Debug)]
pub(super) struct OpenOrders {
    limit: u64,
    tallies: Mutex<Tallies>,
}

#[derive(Debug, Default)]
struct Tallies {
    of: HashMap<Payer, Arc<Tally>>,
    remembered: usize,
}

#[derive(Debug, Default)]
struct Tally {
    ceiling: Ceiling,
    /// The orders of an address without a key, oldest first. The lock lets one caller at a time ask
    /// the store.
    orders: tokio::sync::Mutex<VecDeque<OrderId>>,
}

/// A place for one order. If it is dropped, it is free again.
#[derive(Debug)]
pub(super) struct Place<'a> {
    all: &'a OpenOrders,
    room: Room,
    /// Where to remember the order; with keys the store counts.
    remembering: Option<Arc<Tally>>,
}

impl OpenOrders {
    /// `None` if the limit is 0, which means no limit.
    pub(super) fn new(limit: u64) -> Option<Self> {
        (limit > 0).then(|| Self {
            limit,
            tallies: Mutex::default(),
        })
    }

    /// A place for one more order of this client.
    pub(super) async fn admit(
        &self,
        ports: &Ports,
        caller: &Caller,
        payer: &Payer,
    ) -> Result<Place<'_>> {
        let tally = self.tally(payer);
        let Some(room) = self.room(ports, caller, &tally).await? else {
            let detail = format!("at most {} orders may be open at once", self.limit);
            return Err(ApiError::new(Code::TooManyOpenOrders, detail).retry_after(RETRY_AFTER));
        };
        Ok(Place {
            all: self,
            room,
            remembering: (caller.scope != Scope::Key).then_some(tally),
        })
    }

    async fn room(&self, ports: &Ports, caller: &Caller, tally: &Tally) -> Result<Option<Room>> {
        let since = ports.clock.monotonic().saturating_sub(TRUSTED_FOR);
        if let Some(room) = tally.ceiling.admit(self.limit, since) {
            return Ok(Some(room));
        }
        let mut orders = tally.orders.lock().await;
        let asked_at = ports.clock.monotonic();
        let asking = tally.ceiling.ask();
        let count = match caller.scope {
            Scope::Key => {
                deadline::read(ports.store.open_orders(&caller.client, self.limit)).await?
            }
            Scope::Open | Scope::Admin => {
                let before = orders.len();
                forget_ended(ports, &mut orders).await?;
                let mut tallies = self.tallies();
                tallies.remembered = tallies.remembered.saturating_sub(before - orders.len());
                drop(tallies);
                u64::try_from(orders.len()).unwrap_or(u64::MAX)
            }
        };
        tally.ceiling.answer(&asking, count, asked_at);
        Ok(tally.ceiling.admit(self.limit, Duration::ZERO))
    }

    fn tallies(&self) -> std::sync::MutexGuard<'_, Tallies> {
        // If a panic left a count too high or too low, the next question to the store corrects it.
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tally(&self, payer: &Payer) -> Arc<Tally> {
        let mut tallies = self.tallies();
        if let Some(tally) = tallies.of.get(payer) {
            return Arc::clone(tally);
        }
        if tallies.of.len() >= MAX_TALLIES || tallies.remembered >= MAX_REMEMBERED {
            *tallies = Tallies::default();
        }
        let tally = Arc::<Tally>::default();
        tallies.of.insert(payer.clone(), Arc::clone(&tally));
        tally
    }
}

async fn forget_ended(ports: &Ports, orders: &mut VecDeque<OrderId>) -> Result<()> {
    for _ in 0..LOOKED_AT.min(orders.len()) {
        let Some(id) = orders.front().copied() else {
            break;
        };
        let order = deadline::read(ports.store.order(id, None)).await?;
        orders.pop_front();
        if order.is_some_and(|order| !order.status().is_terminal()) {
            orders.push_back(id);
        }
    }
    Ok(())
}

impl Place<'_> {
    /// The order uses the place.
    pub(super) async fn take(self, order: OrderId) {
        if let Some(tally) = self.remembering {
            tally.orders.lock().await.push_back(order);
            self.all.tallies().remembered += 1;
        }
        self.room.take();
    }
}
