//! The live workers as the store sees them: one row per worker, renewed by its heartbeats.
//!
//! Promises of every [`WorkerRegistry`]:
//! 1. A worker keeps its leases while its last heartbeat is younger than the lease time, and keeps
//!    each lease while its heartbeats name the order. A lease that they do not name is free after
//!    at most two heartbeats. It is not, if it was granted, or claimed again, since the last
//!    heartbeat whose answer the worker had when it wrote the list of names.
//! 2. After a longer silence the worker's heartbeats are answered `Gone`, for ever: it must stop
//!    and register again under another identity.
//! 3. `retire` ends all leases of the worker at once. None of them counts as a death, even if the
//!    worker had been silent for too long, as long as its orders have not been granted to others.
//! 4. Every heartbeat's answer says whether the engine is paused.
//! 5. A listed worker's `running` is the number of orders that its last heartbeat named.
//! 6. Heartbeats are numbered. One that arrives after a later one changes nothing.
//! 7. A store's clock that is set back ends no lease, and keeps the leases of dead workers for at
//!    most the lease time after `mark_silent_dead` was called.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{Address, NamedWallet, OrderId, Timestamp, WorkerId};

use crate::Result;

/// A worker's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerRow {
    pub id: WorkerId,
    /// Version of the program.
    pub version: String,
    /// Where it runs, for people.
    pub host: String,
    /// How many orders it may execute at once.
    pub slots: u32,
    /// The limits on spending that it holds to, for people; empty where it has none.
    pub limits: String,
    /// How many it has: none at registration, then as many as its last heartbeat named.
    pub running: u32,
    /// The wallets whose keys it has, the one that it uses unasked first. A worker that names none may have any.
    pub wallets: Vec<NamedWallet>,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
}

impl WorkerRow {
    /// Whether it may sign for this wallet.
    #[must_use]
    pub fn signs_for(&self, wallet: Address) -> bool {
        let mut wallets = self.wallets.iter();
        self.wallets.is_empty() || wallets.any(|own| own.address == wallet)
    }
}

/// A heartbeat, and the orders in the worker's hands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// Grows with each heartbeat of the worker, from 1 on.
    pub number: u64,
    /// The latest heartbeat whose answer had arrived when the worker wrote `holding`; 0 for none.
    pub heard: u64,
    /// Every order that the worker has claimed, or tries to claim, and has not given back.
    pub holding: Vec<OrderId>,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// Continue; while paused, without starting executions.
    Alive { paused: bool, live_workers: u32 },
    /// Silent for too long: its orders may belong to other workers.
    Gone,
}

/// The live workers. See the module's promises.
#[async_trait]
pub trait WorkerRegistry: Send + Sync + Debug {
    /// Registers a new worker; its times come from the store.
    async fn enlist(&self, worker: &WorkerRow) -> Result<()>;

    /// Renews the leases that it names, and gives up those that it no longer names.
    async fn heartbeat(&self, worker: WorkerId, beat: &Beat) -> Result<Heartbeat>;

    /// Removes a worker and ends its leases.
    async fn retire(&self, worker: WorkerId) -> Result<()>;

    /// Removes workers that have been silent for longer than the lease time; returns them.
    async fn mark_silent_dead(&self) -> Result<Vec<WorkerId>>;

    /// The live workers, oldest first.
    async fn workers(&self) -> Result<Vec<WorkerRow>>;
}
