//! What operators may set about a worker, as parsed and checked by `bootstrap`.

use std::time::Duration;

use crate::limiter::Rate;
use crate::retry::Policy;

/// A worker's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Version of the program, for the list of workers.
    pub version: String,
    /// Where it runs, for the list of workers.
    pub host: String,
    /// Orders in execution at once; at least one is assumed.
    pub concurrency: u32,
    /// How many executions may start; absent where there is no limit.
    pub rate: Option<Rate>,
    /// Whose starts the rate counts.
    pub scope: Scope,
    /// How failed executions are repeated.
    pub retry: Policy,
    /// How long the store lets a silent worker keep its leases.
    pub lease: Duration,
    /// How often the worker says that it is alive: at least three times within a lease.
    pub heartbeat: Duration,
    /// How often the sweeper compares the queue with the store.
    pub sweep: Duration,
}

/// Whose starts a rate limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Each worker has the whole limit.
    Worker,
    /// All workers share it: the queue keeps it, and while the queue is away each worker keeps to its
    /// part.
    Queue,
}
