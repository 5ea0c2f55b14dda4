//! Delays and failures, each kind drawn from a random stream of its own, so that a seed repeats one kind whatever
//! calls of the others are made.

use std::time::Duration;

use ports::Random;
use ports::simulation::Faults;

use crate::cluster::bounded_scale;

/// How long a read of pools takes at scale 1, and up to [`POOL_SPREAD`] more.
const POOL_DELAY: Duration = Duration::from_millis(200);
const POOL_SPREAD: Duration = Duration::from_millis(50);
/// From acceptance to confirmation at scale 1, and up to [`LANDING_SPREAD`] more.
const LANDING_DELAY: Duration = Duration::from_millis(2_000);
const LANDING_SPREAD: Duration = Duration::from_millis(1_000);
/// The block in which a transaction is executed closes after so many slots at the latest: one slot may be skipped.
const SLOTS_TO_CLOSE: u32 = 2;
/// A transaction that lands late does so this many slots later than others, and up to [`LATE_SPREAD_SLOTS`] more.
const LATE_SLOTS: u32 = 10;
const LATE_SPREAD_SLOTS: u32 = 30;
/// One that lands just before its expiry does so in one of so many last blocks.
const LAST_BLOCKS: u64 = 3;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    PoolReads,
    Sends,
    Replies,
    Statuses,
    PoolDelays,
    ExecutionDelays,
    Dropped,
    Late,
    LateBy,
    BeforeExpiry,
    BeforeExpiryBy,
    LostReplies,
    TooManyRequests,
    Unavailable,
    Behind,
    TimeOut,
    Sockets,
}

const STREAMS: u64 = 17;

/// The random streams of one world, and how long things take there.
#[derive(Debug)]
pub(super) struct Weather {
    scale: f64,
    failure_rate: f64,
    slot_time: Duration,
    streams: Vec<Random>,
}

impl Weather {
    pub(super) fn new(
        seed: u64,
        latency_scale: f64,
        failure_rate: f64,
        slot_time: Duration,
    ) -> Self {
        // Neighbouring seeds must not share a stream.
        let stream = |number| Random::seeded(seed ^ Random::seeded(number).bits());
        Self {
            scale: bounded_scale(latency_scale),
            failure_rate,
            slot_time,
            streams: (0..STREAMS).map(stream).collect(),
        }
    }

    fn stream(&self, stream: Stream) -> &Random {
        &self.streams[stream as usize]
    }

    pub(super) fn chance(&self, stream: Stream, chance: f64) -> bool {
        self.stream(stream).chance(chance)
    }

    /// Whether a call is among those that fail without any fault being ordered.
    pub(super) fn fails(&self, stream: Stream) -> bool {
        self.chance(stream, self.failure_rate)
    }

    /// Whether it makes a difference that a call reads pools.
    pub(super) fn minds_pools(&self) -> bool {
        self.scale > 0.0 || self.failure_rate > 0.0
    }

    pub(super) fn pool_delay(&self) -> Option<Duration> {
        let spread = POOL_SPREAD.mul_f64(self.scale);
        let delay =
            POOL_DELAY.mul_f64(self.scale) + self.stream(Stream::PoolDelays).duration_below(spread);
        (!delay.is_zero()).then_some(delay)
    }

    /// How long a transaction waits until it is executed, so that its block is closed, and the transaction confirmed,
    /// within the time that was promised.
    pub(super) fn execution_delay(&self, faults: &Faults) -> Duration {
        let to_close = self.slot_time * SLOTS_TO_CLOSE;
        let spread = LANDING_SPREAD.mul_f64(self.scale).saturating_sub(to_close);
        let usual = LANDING_DELAY.mul_f64(self.scale)
            + self.stream(Stream::ExecutionDelays).duration_below(spread);
        if !self.chance(Stream::Late, faults.land_late) {
            return usual;
        }
        let late = self
            .stream(Stream::LateBy)
            .duration_below(self.slot_time * LATE_SPREAD_SLOTS);
        usual + self.slot_time * LATE_SLOTS + late
    }

    /// How many blocks before its last one a transaction lands, where it lands just before its expiry.
    pub(super) fn blocks_before_expiry(&self, faults: &Faults) -> Option<u64> {
        self.chance(Stream::BeforeExpiry, faults.land_before_expiry)
            .then(|| self.stream(Stream::BeforeExpiryBy).below(LAST_BLOCKS))
    }
}
