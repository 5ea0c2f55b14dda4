//! Open orders of each client.
//!
//! With keys the store counts a client's open orders. Without keys it knows all orders as one client's,
//! so each gateway remembers the orders it took from each address and looks at the oldest of them again
//! once an address is at its limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::OrderId;
use ports::Ports;

use super::{Ceiling, Payer, Room};
use crate::auth::{Caller, Scope};
use crate::deadline;
use crate::error::{ApiError, Code, Result};

/// Another gateway's orders of the same client are noticed this soon.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Beyond this many clients and addresses all are forgotten and counted anew.
const MAX_TALLIES: usize = 16_384;
/// Orders remembered of all addresses together, at 16 bytes each; beyond it all are forgotten.
const MAX_REMEMBERED: usize = 1_000_000;
/// Orders of one address looked at again for one submission.
const LOOKED_AT: usize = 32;
/// A limit is soon lifted by an order's end.
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
    /// One asks the store at a time. What an address without a key has handed in, oldest first.
    orders: tokio::sync::Mutex<VecDeque<OrderId>>,
}

/// A place for one order. Dropped without a word it is free again.
#[derive(Debug)]
pub(super) struct Place<'a> {
    all: &'a OpenOrders,
    room: Room,
    /// Where the order is remembered; the store counts those of keys.
    remembering: Option<Arc<Tally>>,
}

impl OpenOrders {
    /// `None` where 0 says that there is no limit.
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
        // A count that a panic left too high or too low is corrected by the next question.
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
    /// The order took the place.
    pub(super) async fn take(self, order: OrderId) {
        if let Some(tally) = self.remembering {
            tally.orders.lock().await.push_back(order);
            self.all.tallies().remembered += 1;
        }
        self.room.take();
    }
}
