//! What differs from cluster to cluster and from operator to operator.

use std::time::Duration;

use amm::Program;

use crate::rpc::{Commitment, MicroLamports};

/// How long a slot is on mainnet, and how short the simulated cluster makes it at most.
const SLOT_TIME: Duration = Duration::from_millis(400);
const SLOT_TIME_MIN: Duration = Duration::from_millis(20);
/// Simulated time is never slowed down further.
const SCALE_MAX: f64 = 1_000.0;
/// Slots from a transaction's sending to its being confirmed and told of, at most as a rule.
const USUAL_SLOTS: u32 = 8;
/// Slots for which a blockhash is built on: few of the 150 that a transaction lives.
const BLOCKHASH_SLOTS: u32 = 5;
/// No question is asked more often.
const LOOK_EVERY_MIN: Duration = Duration::from_millis(5);
/// How long pools that were read are given to whoever asks next: a small part of a slot.
const SHARED_FOR: Duration = Duration::from_millis(50);
/// What is offered for each compute unit where nobody competes.
const PRICE: MicroLamports = MicroLamports::new(10_000);

/// What differs from cluster to cluster and from operator to operator.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The venues' programs.
    pub programs: Vec<Program>,
    /// From when on a transaction counts as landed.
    pub commitment: Landed,
    /// What is offered for each compute unit.
    pub price: MicroLamports,
    /// How long a transaction usually takes until its fate is known.
    pub usual_time: Duration,
    /// How often fates are looked for while one waits for any.
    pub look_every: Duration,
    /// How long a signer has for one signature.
    pub signing_limit: Duration,
    /// How long a blockhash is built on.
    pub blockhash_for: Duration,
    /// How long pools that were read are given to others who ask for them; zero for not at all.
    pub shared_for: Duration,
    /// Pools that were read longer ago are neither quoted from nor built on.
    pub quote_age_max: Duration,
}

/// From when on a transaction counts as landed. A processed block may vanish any moment, so it is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// Two thirds of the stake voted for its block.
    Confirmed,
    /// Its block can no longer be undone.
    Finalized,
}

impl Landed {
    pub(crate) const fn commitment(self) -> Commitment {
        match self {
            Self::Confirmed => Commitment::Confirmed,
            Self::Finalized => Commitment::Finalized,
        }
    }
}

impl Settings {
    /// The simulated cluster's, whose slots are as long as on mainnet times this.
    #[must_use]
    pub fn simulated(latency_scale: f64) -> Self {
        let scale = match latency_scale.is_finite() {
            true => latency_scale.clamp(0.0, SCALE_MAX),
            false => 1.0,
        };
        let slot = SLOT_TIME.mul_f64(scale).max(SLOT_TIME_MIN);
        Self {
            programs: Program::MAINNET.to_vec(),
            commitment: Landed::Confirmed,
            price: PRICE,
            usual_time: slot * USUAL_SLOTS,
            look_every: (slot / 2).max(LOOK_EVERY_MIN),
            signing_limit: Duration::from_secs(2),
            blockhash_for: slot * BLOCKHASH_SLOTS,
            shared_for: SHARED_FOR.mul_f64(scale),
            quote_age_max: Duration::from_secs(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_follow_the_length_of_a_slot() {
        let real = Settings::simulated(1.0);
        let none = Settings::simulated(0.0);

        let millis = Duration::from_millis;
        assert_eq!(
            (real.look_every, real.shared_for),
            (millis(200), millis(50))
        );
        assert_eq!(real.blockhash_for, millis(2_000));
        // The simulated cluster's slots do not get shorter than this.
        assert_eq!((none.look_every, none.shared_for), (millis(10), millis(0)));
        assert!(none.usual_time > none.look_every);
    }
}
