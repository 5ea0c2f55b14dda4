//! Which wallets the live workers may sign for.

use std::collections::HashSet;
use std::time::Duration;

use domain::WorkerId;
use ports::worker_registry::WorkerRow;

use super::Live;

/// Who may sign for a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The worker that was asked about.
    Own,
    /// Another live one.
    Elsewhere,
    /// None that lives.
    Nowhere,
}

/// The wallets that live workers may sign for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Here {
    /// Any: a worker does not say which, or there is none to wait for in particular.
    Any,
    Only(HashSet<String>),
}

impl Here {
    /// Whether an order of this wallet would be granted to somebody.
    pub(crate) fn has(&self, wallet: Option<&str>) -> bool {
        match (self, wallet) {
            (Self::Any, _) | (_, None) => true,
            (Self::Only(wallets), Some(wallet)) => wallets.contains(wallet),
        }
    }
}

impl Live {
    /// Who may sign for a wallet.
    pub(crate) fn reach(&self, worker: WorkerId, wallet: &str, monotonic: Duration) -> Reach {
        let own = self.workers.get(&worker);
        if own.is_some_and(|own| signs_for(&own.row, wallet)) {
            return Reach::Own;
        }
        let mut others = self.fresh(monotonic);
        match others.any(|other| signs_for(&other.row, wallet)) {
            true => Reach::Elsewhere,
            false => Reach::Nowhere,
        }
    }

    /// The wallets that live workers may sign for.
    pub(crate) fn wallets_here(&self, monotonic: Duration) -> Here {
        let mut wallets = HashSet::new();
        for worker in self.fresh(monotonic) {
            if worker.row.wallets.is_empty() {
                return Here::Any;
            }
            let own = worker.row.wallets.iter();
            wallets.extend(own.map(|own| own.address.to_string()));
        }
        match wallets.is_empty() {
            true => Here::Any,
            false => Here::Only(wallets),
        }
    }
}

fn signs_for(worker: &WorkerRow, wallet: &str) -> bool {
    wallet.parse().is_ok_and(|wallet| worker.signs_for(wallet))
}
