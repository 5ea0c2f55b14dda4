//! The workers that are alive, as the store sees it: one row per worker, renewed by its heartbeat.
//!
//! Promises of every [`WorkerRegistry`]:
//! 1. A worker holds its leases as long as its last heartbeat is younger than the lease time.
//! 2. Once it was silent for longer, its heartbeats are answered `Gone`, for ever: it must stop and
//!    come back under another identity.
//! 3. `retire` ends all that the worker holds at once. Nothing of it counts as a death, also where the
//!    worker had been silent for too long and what it held has not been granted to others.
//! 4. Every heartbeat's answer tells whether the engine is paused.
//! 5. A listed worker's `running` is the number of leases it holds at that moment.
//! 6. A store's clock that is set back ends no lease, and keeps those of the dead no longer than the lease
//!    time once `bury_silent` was asked.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{Timestamp, WorkerId};

use crate::Result;

/// A worker's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerRow {
    pub id: WorkerId,
    /// Version of the program.
    pub version: String,
    /// Where it runs, for people.
    pub host: String,
    /// How many orders it may hold.
    pub slots: u32,
    /// How many it holds: what it says when it enters, what the store sees when it is listed.
    pub running: u32,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// Carry on; while paused, without taking new work.
    Alive { paused: bool, live_workers: u32 },
    /// Silent for too long: whatever it held may belong to others.
    Gone,
}

/// The workers that are alive. See the module's promises.
#[async_trait]
pub trait WorkerRegistry: Send + Sync + Debug {
    /// Enters a new worker; its times are the store's.
    async fn enlist(&self, worker: &WorkerRow) -> Result<()>;

    /// Renews all leases of this worker.
    async fn heartbeat(&self, worker: WorkerId, running: u32) -> Result<Heartbeat>;

    /// Takes a worker out and ends its leases.
    async fn retire(&self, worker: WorkerId) -> Result<()>;

    /// Removes workers that have been silent for longer than the lease time; returns them.
    async fn bury_silent(&self) -> Result<Vec<WorkerId>>;

    /// The workers that are alive, oldest first; what each holds is counted when this is asked.
    async fn workers(&self) -> Result<Vec<WorkerRow>>;
}
