//! The terms of orders whose events are on the account stream: rendering an event needs them.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::OrderId;
use domain::order::Terms;
use futures_util::{StreamExt, stream};
use ports::Ports;

/// Orders in one generation; two generations of some 200 bytes each are a few MiB.
const GENERATION: usize = 8_192;
/// Concurrent look-ups.
const LOOKUPS: usize = 16;
/// Waiting longer for a slow store would delay the shard's other readers: send `resync` instead.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(1);

/// Remembers the terms of recently requested orders, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct TermsBook(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    new: HashMap<OrderId, Arc<Terms>>,
    old: HashMap<OrderId, Arc<Terms>>,
}

impl TermsBook {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        // A cache stays valid whatever panicked under its lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, order: OrderId) -> Option<Arc<Terms>> {
        let mut pages = self.pages();
        if let Some(terms) = pages.new.get(&order) {
            return Some(Arc::clone(terms));
        }
        let terms = pages.old.remove(&order)?;
        pages.insert(order, Arc::clone(&terms));
        Some(terms)
    }

    /// The terms of these orders; `None` for those that cannot be read now.
    pub(super) async fn all_of(
        &self,
        ports: &Ports,
        orders: impl Iterator<Item = OrderId> + Clone,
    ) -> Vec<Option<Arc<Terms>>> {
        let unknown: HashSet<OrderId> = orders
            .clone()
            .filter(|order| self.get(*order).is_none())
            .collect();
        let looking_up =
            stream::iter(unknown).for_each_concurrent(LOOKUPS, |order| self.look_up(ports, order));
        // Terms that were not found in time are missing below.
        let _ = tokio::time::timeout(LOOKUP_PATIENCE, looking_up).await;
        orders.map(|order| self.get(order)).collect()
    }

    /// The terms of this order.
    pub(super) async fn of(&self, ports: &Ports, order: OrderId) -> Option<Arc<Terms>> {
        if let Some(known) = self.get(order) {
            return Some(known);
        }
        self.look_up(ports, order).await;
        self.get(order)
    }

    async fn look_up(&self, ports: &Ports, order: OrderId) {
        match ports.store.order(order, None).await {
            Ok(Some(found)) => self.pages().insert(order, Arc::new(found.terms)),
            Ok(None) => {}
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::debug!(order.id = %order, error, "terms of {order} cannot be read now");
            }
        }
    }
}

impl Pages {
    fn insert(&mut self, order: OrderId, terms: Arc<Terms>) {
        if self.new.len() >= GENERATION {
            self.old = mem::take(&mut self.new);
        }
        self.new.insert(order, terms);
    }
}

#[cfg(test)]
mod tests {
    use domain::order::OrderType;
    use domain::slippage::Bps;
    use domain::venue::VenueSet;
    use domain::{Asset, BaseUnits, Timestamp};
    use ports::Random;

    use super::*;

    fn terms() -> Arc<Terms> {
        Arc::new(Terms {
            order_type: OrderType::Market,
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: BaseUnits::new(1),
            slippage: Bps::DEFAULT,
            min_amount_out: None,
            venues: VenueSet::ALL,
            client_order_id: None,
            valid_for_seconds: None,
        })
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let book = TermsBook::default();
        let random = Random::seeded(1);
        let id = || random.order_id(Timestamp::from_millis(0));
        let (used, unused) = (id(), id());
        book.pages().insert(used, terms());
        book.pages().insert(unused, terms());

        for _ in 0..3 * GENERATION {
            book.pages().insert(id(), terms());
            assert!(book.get(used).is_some());
        }

        assert!(book.get(unused).is_none());
        let pages = book.pages();
        assert!(pages.new.len() + pages.old.len() <= 2 * GENERATION);
    }
}
