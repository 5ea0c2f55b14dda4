//! Leases that may be held without anybody knowing: the answer to a claim was lost, a release did not
//! get through, or the order could not be read. Such an order would stay with its worker for as long as
//! that lives; here it is claimed again for the same worker and given back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{OrderId, WorkerId};
use ports::order_store::Claim;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::claim::{Answer, ClaimOrders, Purpose, Request};
use crate::coalesce::Coalescer;
use crate::db::Db;
use crate::release::{self, Release};

/// As many as calls can be in flight; what is beyond it comes back when its worker ends.
const LIMIT: usize = 4_096;
/// Pauses between looks: a server that was frozen may still execute, after the first of them, what was
/// sent before.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(3),
    Duration::from_secs(15),
];
/// How often a server that is away is looked at.
const AWAY_PAUSE: Duration = Duration::from_millis(500);

/// When an order that cannot be read is due again: soon for a newer version's workers, seldom for those
/// who only find out again.
const UNREADABLE_REST: Duration = Duration::from_secs(15);

/// A lease of which only this is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct UnsettledLease {
    pub(crate) order: OrderId,
    pub(crate) worker: WorkerId,
}

/// The leases that wait to be settled.
#[derive(Debug, Clone)]
pub(crate) struct Unsettled {
    known: Arc<Mutex<HashSet<UnsettledLease>>>,
    wake: mpsc::Sender<UnsettledLease>,
}

impl Unsettled {
    /// The list, and what `settle` takes from it.
    pub(crate) fn new() -> (Self, mpsc::Receiver<UnsettledLease>) {
        let (wake, receiver) = mpsc::channel(LIMIT);
        let known = Arc::default();
        (Self { known, wake }, receiver)
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashSet<UnsettledLease>) -> T) -> T {
        act(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn add(&self, lease: UnsettledLease) {
        self.with(|known| {
            if !known.contains(&lease) && self.wake.try_send(lease).is_ok() {
                known.insert(lease);
            }
        });
    }

    pub(crate) fn contains(&self, lease: UnsettledLease) -> bool {
        self.with(|known| known.contains(&lease))
    }

    pub(crate) fn remove(&self, lease: UnsettledLease) {
        self.with(|known| known.remove(&lease));
    }
}

/// Settles leases until the store is closed.
pub(crate) async fn settle(
    db: Arc<Db>,
    unsettled: Unsettled,
    mut leases: mpsc::Receiver<UnsettledLease>,
    claims: Arc<Coalescer<ClaimOrders>>,
    releases: Arc<Coalescer<Release>>,
) {
    let mut batch = Vec::new();
    while leases.recv_many(&mut batch, LIMIT).await > 0 {
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            while db.is_away() {
                tokio::time::sleep(AWAY_PAUSE).await;
            }
            let mut round = JoinSet::new();
            for lease in &batch {
                if unsettled.contains(*lease) {
                    round.spawn(give_back(*lease, claims.clone(), releases.clone()));
                }
            }
            let settled = round.join_all().await.into_iter().all(|settled| settled);
            if !settled {
                tracing::debug!("some leases of unknown fate are still to be given back");
            }
        }
        for lease in batch.drain(..) {
            unsettled.remove(lease);
        }
    }
}

async fn give_back(
    lease: UnsettledLease,
    claims: Arc<Coalescer<ClaimOrders>>,
    releases: Arc<Coalescer<Release>>,
) -> bool {
    let request = Request {
        order: lease.order,
        worker: lease.worker,
        purpose: Purpose::GiveBack,
    };
    let request = match claims.call(request).await {
        Ok(Answer::Claim(Claim::Granted(granted))) => {
            release::Request::new(&granted, Duration::ZERO)
        }
        Ok(Answer::Unreadable { fence }) => {
            release::Request::of_unreadable(lease, fence, UNREADABLE_REST)
        }
        Ok(Answer::Claim(_)) => return true,
        Err(_) => return false,
    };
    releases.call(request).await.is_ok()
}
