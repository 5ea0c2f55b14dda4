//! Ending orders whose time has run out.
//!
//! This loop is separate from the sweeper's: thousands of orders may run out of time in the same
//! second while a long backlog is on its way to the queue, and neither may delay the other. A page
//! of orders ends in one write. If the answer to a page is lost, the loop repeats it with the same
//! events, so that every order that ended is announced.

use std::time::Duration;

use domain::OrderId;
use ports::order_store::{Expired, Expiry};
use ports::{Announcer, Ports, Shutdown};
use tracing::{debug, info};

use crate::metrics::Metrics;

/// Orders ended in one write.
const PAGE: usize = 1_000;
/// Pages of one round; together they have fewer events than the announcer has room for. The next
/// round follows at once.
const PAGES_PER_ROUND: usize = 8;
/// Pause after a round that left orders over.
const GAP: Duration = Duration::from_millis(20);
const REASON: &str = "the order was not submitted within its time";

/// Whether a round has ended all the orders that it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    Through,
    /// There are more orders than one round ends.
    LeftSome,
}

/// The loop, and the page whose outcome is unknown.
#[derive(Debug)]
pub struct Expirer {
    ports: Ports,
    announcer: Announcer,
    period: Duration,
    unheard: Vec<Expiry>,
}

impl Expirer {
    /// A loop with no page yet.
    #[must_use]
    pub fn new(ports: &Ports, announcer: &Announcer, period: Duration) -> Self {
        let (ports, announcer) = (ports.clone(), announcer.clone());
        Self {
            ports,
            announcer,
            period,
            unheard: Vec::new(),
        }
    }

    /// Ends overdue orders until somebody asks to stop: at once, then once per period.
    pub async fn run(mut self, shutdown: Shutdown) {
        // So that the workers of a cluster that start together do not look together.
        let mut pause = self.ports.random.duration_below(self.period);
        loop {
            // Never cut short, because orders that a write has ended must be announced. The store's
            // own limit bounds a page.
            let round = self.round(&shutdown).await;
            let rest = match round {
                Round::LeftSome => GAP.min(self.period),
                Round::Through => std::mem::replace(&mut pause, self.period),
            };
            tokio::select! {
                biased;
                () = shutdown.soft() => break,
                () = self.ports.clock.sleep(rest) => {}
            }
        }
        if !self.unheard.is_empty() {
            self.announcer.lost();
        }
    }

    /// One round.
    pub async fn round(&mut self, shutdown: &Shutdown) -> Round {
        match self.end_pages(shutdown).await {
            Ok(round) => round,
            Err(error) => {
                debug!(%error, "overdue orders wait for the next round: {error}");
                Round::Through
            }
        }
    }

    async fn end_pages(&mut self, shutdown: &Shutdown) -> ports::Result<Round> {
        for _ in 0..PAGES_PER_ROUND {
            if shutdown.is_stopping() {
                return Ok(Round::Through);
            }
            if self.unheard.is_empty() {
                let overdue = self.ports.store.overdue(PAGE).await?;
                self.unheard = overdue.into_iter().map(|id| self.expiry(id)).collect();
            }
            if self.unheard.is_empty() {
                return Ok(Round::Through);
            }
            let count = self.unheard.len();
            let ended = self.end_page().await?;
            // A page in which no order ended would come back unchanged.
            if ended == 0 || (ended == count && count < PAGE) {
                return Ok(Round::Through);
            }
        }
        Ok(Round::LeftSome)
    }

    /// Ends the current page; returns how many orders have ended.
    async fn end_page(&mut self) -> ports::Result<usize> {
        let answer = self.ports.store.expire(&self.unheard, REASON).await;
        // If the store is down nobody knows what became of the page: it is repeated until the store
        // answers.
        if !answer.as_ref().is_err_and(ports::Error::is_transient) {
            self.unheard.clear();
        }
        let ended = answer?;
        for one in &ended {
            self.tell(one);
        }
        let count = u64::try_from(ended.len()).unwrap_or(u64::MAX);
        metrics::counter!("sweeper_expired_total").increment(count);
        Ok(ended.len())
    }

    fn expiry(&self, order: OrderId) -> Expiry {
        let event = self.ports.random.event_id(self.ports.clock.now());
        Expiry { order, event }
    }

    fn tell(&self, Expired { event, client }: &Expired) {
        let order = event.order_id;
        info!(
            order.id = %order,
            order.seq = event.seq.get(),
            order.status = event.data.status().name(),
            "order {order} is expired",
        );
        Metrics::ended(event.data.status(), None);
        self.announcer.publish(client, event);
    }
}
