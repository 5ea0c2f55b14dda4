//! How fast time goes in a world, and how long things last in it.

use std::time::Duration;

/// The lengths of a world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Multiplies the cluster's delays and its slots.
    pub(crate) latency_scale: f64,
    /// Multiplies the delays of processes' endpoints, where that is another number.
    pub(crate) endpoints_scale: Option<f64>,
    /// How often the cluster fails by itself: one of these is drawn.
    pub(crate) failure_rates: [f64; 3],
    /// Over how many pools in a row routes go at most.
    pub(crate) hops: usize,
    /// How long a silent worker keeps its orders.
    pub(crate) lease: Duration,
    pub(crate) sweep: Duration,
    /// Longer than any delay of an order there, except after defects.
    pub(crate) longest_rest: Duration,
    /// The longest time between two faults of a worker.
    pub(crate) peace: Duration,
    /// The longest time until a dead one is replaced.
    pub(crate) absence: Duration,
    /// Long enough for all its orders to pass to other workers, which finish them.
    pub(crate) freeze: Duration,
}

impl Pace {
    /// A twentieth of the usual delays: a block every 20 ms, so that transactions expire within 3 s.
    pub(crate) const QUICK: Self = Self {
        latency_scale: 0.05,
        endpoints_scale: None,
        failure_rates: [0.0, 0.0, 0.1],
        hops: 2,
        lease: Duration::from_secs(1),
        sweep: Duration::from_millis(200),
        longest_rest: Duration::from_secs(40),
        peace: Duration::from_secs(4),
        absence: Duration::from_millis(1_500),
        freeze: Duration::from_secs(3),
    };

    /// Slots of 400 ms, endpoints that answer within 50 ms, and the engine's own defaults. Nothing fails but workers.
    pub(crate) const OF_LIFE: Self = Self {
        latency_scale: 1.0,
        endpoints_scale: Some(0.2),
        failure_rates: [0.0; 3],
        // So that a price is one slot's, and whoever looks at that slot sees the same one.
        hops: 1,
        lease: Duration::from_secs(20),
        sweep: Duration::from_secs(1),
        longest_rest: Duration::from_secs(700),
        peace: Duration::from_secs(480),
        absence: Duration::from_secs(30),
        freeze: Duration::from_secs(60),
    };
}
