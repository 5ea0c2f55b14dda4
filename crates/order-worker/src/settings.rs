//! A worker's settings, as `bootstrap` has parsed and checked them.

use std::num::NonZeroU32;
use std::time::Duration;

pub use config::LimitScope;

use config::{Config, Switch};
use domain::MaxImpact;
use domain::spending::SpendLimits;
use ports::reconciliation::OnAlarm;
use ports::retry::Policy;

use crate::doubting::DOUBT_AFTER;
use crate::limiter::Rate;

/// A worker's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Version of the program, for the list of workers.
    pub version: String,
    /// Where it runs, for the list of workers.
    pub host: String,
    /// Orders that it executes at once; at least one is assumed.
    pub concurrency: u32,
    /// How many executions may start; absent if there is no limit.
    pub rate: Option<Rate>,
    /// Which starts the rate counts. If the queue counts for all workers and is down, each worker
    /// keeps to its share.
    pub scope: LimitScope,
    /// Executions of one order, the first one included.
    pub max_executions: u32,
    /// How far an order may move its pool's price; absent where there is no limit.
    pub max_impact: Option<MaxImpact>,
    /// What may be spent.
    pub limits: SpendLimits,
    /// When failed executions are repeated.
    pub retry: Policy,
    /// How long the store lets a silent worker keep its leases.
    pub lease: Duration,
    /// How often the worker sends a heartbeat: at least three times within a lease.
    pub heartbeat: Duration,
    /// How often the sweeper compares the queue with the store.
    pub sweep: Duration,
    /// How many transactions of one kind in a row may be rolled back before the engine halts itself; absent where
    /// that never happens.
    pub halt_after_reverts: Option<NonZeroU32>,
    /// What is done about lamports that no receipt explains.
    pub on_alarm: OnAlarm,
    /// How long an order has been submitted before it is told to operators.
    pub doubt_after: Duration,
}

impl Settings {
    /// The worker's part of the configuration, for a worker on `host`.
    #[must_use]
    pub fn configured(config: &Config, host: String) -> Self {
        let Config { work, periods, .. } = config;
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host,
            concurrency: work.queue_max_concurrency,
            rate: Rate::configured(work),
            scope: config.limit_scope(),
            max_executions: work.retry_max_attempts,
            max_impact: config.max_impact(),
            limits: config
                .spend_limits()
                .expect("invariant: a configuration is checked before it is used"),
            retry: Policy {
                base_delay: work.retry_base_delay(),
                max_delay: work.retry_max_delay(),
            },
            lease: periods.lease(),
            heartbeat: periods.heartbeat(),
            sweep: periods.sweep(),
            halt_after_reverts: config.halt_after_reverts(),
            on_alarm: on_alarm(config),
            doubt_after: DOUBT_AFTER,
        }
    }
}

/// What is done about lamports that no receipt explains, whichever process finds them.
#[must_use]
pub fn on_alarm(config: &Config) -> OnAlarm {
    match config.halts_on_unexplained() {
        Switch::On => OnAlarm::Halt,
        Switch::Off => OnAlarm::Tell,
    }
}
