//! The workers that are alive, as the store sees it: one row per worker, renewed by its heartbeat.
//!
//! Promises of every [`WorkerRegistry`]:
//! 1. A worker holds its leases as long as its last heartbeat is younger than the lease time, and each of
//!    them as long as its heartbeats name the order. One that they do not name is free after two of them
//!    at the most, unless it was granted, or claimed again, since the last heartbeat whose answer the
//!    worker had heard when it wrote the names down.
//! 2. Once it was silent for longer, its heartbeats are answered `Gone`, for ever: it must stop and
//!    come back under another identity.
//! 3. `retire` ends all that the worker holds at once. Nothing of it counts as a death, also where the
//!    worker had been silent for too long and what it held has not been granted to others.
//! 4. Every heartbeat's answer tells whether the engine is paused.
//! 5. A listed worker's `running` is the number of orders that its last heartbeat named.
//! 6. Heartbeats are numbered. One that arrives after a later one changes nothing.
//! 7. A store's clock that is set back ends no lease, and keeps those of the dead no longer than the lease
//!    time once `bury_silent` was asked.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{OrderId, Timestamp, WorkerId};

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
    /// How many it holds: none when it enters, then as many as its last heartbeat named.
    pub running: u32,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
}

/// A sign of life, and what the worker holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// Grows with each heartbeat of the worker, from 1 on.
    pub number: u64,
    /// The latest one whose answer had arrived when `holding` was written down; 0 for none.
    pub heard: u64,
    /// Every order that the worker has claimed, or tries to claim, and has not given back.
    pub holding: Vec<OrderId>,
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

    /// Renews the leases that it names, and gives up those that it has stopped naming.
    async fn heartbeat(&self, worker: WorkerId, beat: &Beat) -> Result<Heartbeat>;

    /// Takes a worker out and ends its leases.
    async fn retire(&self, worker: WorkerId) -> Result<()>;

    /// Removes workers that have been silent for longer than the lease time; returns them.
    async fn bury_silent(&self) -> Result<Vec<WorkerId>>;

    /// The workers that are alive, oldest first.
    async fn workers(&self) -> Result<Vec<WorkerRow>>;
}
