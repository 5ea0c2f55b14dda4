//! How long a slot is, and what follows from it: how often a transaction is looked for, and how often its bytes are
//! sent again.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::rpc::{Commitment, Slot};

/// How long a slot is on mainnet, and how short the simulated cluster makes it at most.
const SLOT: Duration = Duration::from_millis(400);
const SIMULATED_SLOT_MIN: Duration = Duration::from_millis(20);
/// On a real cluster no slot counts as shorter, whatever an endpoint says, and nowhere is a transaction sent again
/// sooner.
const LEAST: Duration = Duration::from_millis(100);
/// Slots are not taken for longer than so many times what was assumed: a cluster that stands still would stop us too.
const STRETCH_MAX: u32 = 4;
/// No question is asked more often.
const LOOK_EVERY_MIN: Duration = Duration::from_millis(5);
/// Slots from a transaction's sending to its being confirmed and told of, at most as a rule.
const USUAL_SLOTS: u32 = 8;
/// Slots from a block's being confirmed to its being final.
const SLOTS_TO_FINAL: u32 = 32;
/// Simulated time is never slowed down further.
pub(crate) const SCALE_MAX: f64 = 1_000.0;
/// Slots that must have passed before their length is believed, and after which the measuring begins anew.
const MEASURED_MIN: u64 = 32;
const MEASURED_MAX: u64 = 512;

/// What is assumed of a cluster's slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a slot is, until the cluster has shown it.
    pub slot: Duration,
    /// No slot counts as shorter.
    pub slot_min: Duration,
    /// The same bytes are not sent again sooner.
    pub resend_min: Duration,
    /// How often fates are looked for in a slot while one waits for any.
    pub looks_per_slot: u32,
    /// Slots from a transaction's sending to its fate being known, at most as a rule.
    pub usual_slots: u32,
}

impl Pace {
    /// A real cluster's, where a transaction counts as landed at this commitment. Its endpoints count what they are
    /// asked.
    #[must_use]
    pub const fn real(landed: Commitment) -> Self {
        let usual_slots = match landed {
            Commitment::Processed | Commitment::Confirmed => USUAL_SLOTS,
            Commitment::Finalized => USUAL_SLOTS + SLOTS_TO_FINAL,
        };
        Self {
            slot: SLOT,
            slot_min: LEAST,
            resend_min: LEAST,
            looks_per_slot: 1,
            usual_slots,
        }
    }

    /// The simulated cluster's, whose slots are as long as on mainnet times this.
    #[must_use]
    pub fn simulated(latency_scale: f64) -> Self {
        let scale = match latency_scale.is_finite() {
            true => latency_scale.clamp(0.0, SCALE_MAX),
            false => 1.0,
        };
        Self {
            slot: SLOT.mul_f64(scale).max(SIMULATED_SLOT_MIN),
            slot_min: SIMULATED_SLOT_MIN,
            resend_min: LEAST,
            looks_per_slot: 2,
            usual_slots: USUAL_SLOTS,
        }
    }
}

impl Pace {
    /// How long to wait between two looks for fates.
    pub(crate) fn look_every(&self) -> Duration {
        self.looks(self.slot)
    }

    fn looks(&self, slot: Duration) -> Duration {
        (slot / self.looks_per_slot.max(1)).max(LOOK_EVERY_MIN)
    }
}

/// A cluster's slots, as it shows them.
#[derive(Debug)]
pub(crate) struct SlotTime {
    assumed: Pace,
    measured: Mutex<Measured>,
}

#[derive(Debug, Default)]
struct Measured {
    /// A slot, and when it was first heard of.
    from: Option<(u64, Duration)>,
    slot: Option<Duration>,
}

impl SlotTime {
    pub(crate) fn new(assumed: Pace) -> Self {
        Self {
            assumed,
            measured: Mutex::default(),
        }
    }

    /// An endpoint stands at this slot now.
    pub(crate) fn observe(&self, slot: Slot, now: Duration) {
        let slot = slot.get();
        let mut measured = self.measured();
        let (first, at) = *measured.from.get_or_insert((slot, now));
        let passed = slot.saturating_sub(first);
        if passed < MEASURED_MIN {
            // Where the first one was a lie, all others are far below it.
            if first.saturating_sub(slot) > MEASURED_MAX {
                measured.from = Some((slot, now));
            }
            return;
        }
        let assumed = self.assumed;
        let nanos = now.saturating_sub(at).as_nanos() / u128::from(passed);
        let each = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        // No cluster is that fast: another endpoint answered, or one that lies.
        if each >= assumed.slot_min / 10 {
            let longest = assumed.slot * STRETCH_MAX;
            measured.slot = Some(each.clamp(assumed.slot_min, longest));
            if passed < MEASURED_MAX {
                return;
            }
        }
        measured.from = Some((slot, now));
    }

    /// How long a slot is.
    pub(crate) fn slot(&self) -> Duration {
        self.measured().slot.unwrap_or(self.assumed.slot)
    }

    /// How long to wait between two looks for fates.
    pub(crate) fn look_every(&self) -> Duration {
        self.assumed.looks(self.slot())
    }

    /// What the pauses between two sends of the same bytes are counted in.
    pub(crate) fn resend_unit(&self) -> Duration {
        self.slot().max(self.assumed.resend_min)
    }

    /// How long a transaction takes until its fate is known, at most as a rule.
    pub(crate) fn usual(&self) -> Duration {
        self.slot() * self.assumed.usual_slots
    }

    fn measured(&self) -> MutexGuard<'_, Measured> {
        self.measured
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

#[cfg(test)]
mod tests;
