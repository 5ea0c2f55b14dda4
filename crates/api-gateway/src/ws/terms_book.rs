//! The terms of orders that the account stream speaks of: rendering an event needs them.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::OrderId;
use domain::order::Terms;

/// Orders in one generation; two generations of some 200 bytes each are a few MiB.
const GENERATION: usize = 8_192;

/// Remembers the terms of the orders that were asked for lately, and of no more than that.
#[derive(Debug, Default)]
pub(crate) struct TermsBook(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    new: HashMap<OrderId, Arc<Terms>>,
    old: HashMap<OrderId, Arc<Terms>>,
}

impl TermsBook {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        // A cache is right whatever panicked while it was held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, order: OrderId) -> Option<Arc<Terms>> {
        let mut pages = self.pages();
        if let Some(terms) = pages.new.get(&order) {
            return Some(Arc::clone(terms));
        }
        let terms = pages.old.remove(&order)?;
        pages.insert(order, Arc::clone(&terms));
        Some(terms)
    }

    pub(crate) fn insert(&self, order: OrderId, terms: Arc<Terms>) {
        self.pages().insert(order, terms);
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
    use domain::{BaseUnits, Timestamp, Token};
    use ports::Random;

    use super::*;

    fn terms() -> Arc<Terms> {
        Arc::new(Terms {
            order_type: OrderType::Market,
            token_in: Token::SOL,
            token_out: Token::USDC,
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
        book.insert(used, terms());
        book.insert(unused, terms());

        for _ in 0..3 * GENERATION {
            book.insert(id(), terms());
            assert!(book.get(used).is_some());
        }

        assert!(book.get(unused).is_none());
        let pages = book.pages();
        assert!(pages.new.len() + pages.old.len() <= 2 * GENERATION);
    }
}
