//! How the simulated world is set up, and the delays that follow from it.

use std::path::PathBuf;
use std::time::Duration;

/// The time between two blocks at scale 1.
const BLOCK_TIME: Duration = Duration::from_millis(400);
/// Blocks never come faster than this, so that a transaction has time to land within its 150 blocks.
const BLOCK_TIME_MIN: Duration = Duration::from_millis(20);
/// A venue's answer takes this long at scale 1, and up to [`QUOTE_SPREAD`] more.
const QUOTE_DELAY: Duration = Duration::from_millis(200);
const QUOTE_SPREAD: Duration = Duration::from_millis(50);
/// From acceptance to execution at scale 1, and up to [`EXECUTION_SPREAD`] more.
const EXECUTION_DELAY: Duration = Duration::from_millis(2_000);
const EXECUTION_SPREAD: Duration = Duration::from_millis(1_000);
/// A slower world would be of no use and would overflow durations.
const SCALE_MAX: f64 = 1_000.0;

/// What a simulated chain is made from.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// Multiplies every delay and the block time; 0 means no delays.
    pub latency_scale: f64,
    /// The chance, drawn for each call, that it fails in a retryable way.
    pub failure_rate: f64,
    /// Determines prices, delays and failures. Without one the ledger's own seed is used; a fresh ledger
    /// draws one.
    pub seed: Option<u64>,
    /// The ledger's file. Without one the ledger is in memory and everything runs on the caller's task, as
    /// simulations on a paused clock need it.
    pub ledger_path: Option<PathBuf>,
}

/// The delays of one world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) block_time: Duration,
    pub(crate) quote_delay: Duration,
    pub(crate) quote_spread: Duration,
    pub(crate) execution_delay: Duration,
    pub(crate) execution_spread: Duration,
}

impl Pace {
    pub(crate) fn new(latency_scale: f64) -> Self {
        let scale = if latency_scale.is_finite() {
            latency_scale.clamp(0.0, SCALE_MAX)
        } else {
            1.0
        };
        Self {
            block_time: BLOCK_TIME.mul_f64(scale).max(BLOCK_TIME_MIN),
            quote_delay: QUOTE_DELAY.mul_f64(scale),
            quote_spread: QUOTE_SPREAD.mul_f64(scale),
            execution_delay: EXECUTION_DELAY.mul_f64(scale),
            execution_spread: EXECUTION_SPREAD.mul_f64(scale),
        }
    }

    /// The longest a transaction usually takes from acceptance to its fate.
    pub(crate) fn usual_time(&self) -> Duration {
        self.execution_delay + self.execution_spread
    }
}
