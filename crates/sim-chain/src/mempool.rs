//! Accepted transactions that wait for their execution, in memory: a chain that dies forgets them, as a real
//! one would. Each waits in a task of its own; `known::IN_FLIGHT_MAX` bounds their number.

use std::sync::Arc;
use std::time::Duration;

use ports::Shutdown;
use tracing::warn;

use crate::ledger::{Ledger, Pending};
use crate::world::World;

/// The waiting transactions.
#[derive(Debug)]
pub(crate) struct Mempool {
    pub(crate) world: Arc<World>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) shutdown: Shutdown,
}

impl Mempool {
    /// Lets a transaction wait until `at`, on the monotonic clock.
    pub(crate) fn add(&self, at: Duration, pending: Pending) {
        let (world, ledger) = (Arc::clone(&self.world), Arc::clone(&self.ledger));
        self.shutdown.spawn(async move {
            let left = at.saturating_sub(world.clock.monotonic());
            world.clock.sleep(left).await;
            let signature = pending.signature.clone();
            if let Err(error) = ledger.execute(pending).await {
                warn!(%error, "a transaction was dropped: {error}");
                world.known.drop_all(std::iter::once(&signature));
            }
        });
    }
}
