//! What differs from cluster to cluster and from operator to operator.

use std::sync::Arc;
use std::time::Duration;

use amm::Program;
use domain::FeeLevel;

use crate::fees::FeePolicy;
use crate::pace::Pace;
use crate::rpc::{Commitment, Lamports};

/// Slots for which a blockhash is built on: few of the 150 that a transaction lives.
const BLOCKHASH_SLOTS: u32 = 5;
/// Pools that were read are given to whoever asks next for so small a part of a slot.
const SHARED_PART: u32 = 8;
/// The most that a transaction pays where nobody says otherwise.
const FEE_MAX: Lamports = Lamports::new(1_000_000);

/// What differs from cluster to cluster and from operator to operator.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The lookup tables that transactions may take accounts from, where they do not fit without.
    pub tables: Arc<[domain::Address]>,
    /// The venues' programs.
    pub programs: Vec<Program>,
    /// From when on a transaction counts as landed.
    pub commitment: Landed,
    /// What transactions offer for their place in a block, and the most they pay.
    pub fees: FeePolicy,
    /// Whether transactions are simulated before they are signed.
    pub simulating: Simulating,
    /// Whether it is looked at before signing that the wallet holds what a transaction takes.
    pub checks_funds: bool,
    /// How long slots are, and how often fates are looked for.
    pub pace: Pace,
    /// How long a signer has for one signature.
    pub signing_limit: Duration,
    /// How long a blockhash is built on.
    pub blockhash_for: Duration,
    /// How long pools that were read are given to others who ask for them; zero for not at all.
    pub shared_for: Duration,
    /// Pools that were read longer ago are neither quoted from nor built on.
    pub quote_age_max: Duration,
}

/// Whether transactions are simulated before they are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simulating {
    /// Each pays what was quoted, or is not signed.
    On,
    /// The quotes are trusted.
    Off,
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
    /// What a status must have reached for it.
    #[must_use]
    pub const fn commitment(self) -> Commitment {
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
        Self::of(Pace::simulated(latency_scale))
    }

    /// A real cluster's, with these programs.
    #[must_use]
    pub fn live(programs: Vec<Program>, commitment: Landed) -> Self {
        Self {
            programs,
            commitment,
            simulating: Simulating::On,
            checks_funds: true,
            ..Self::of(Pace::real(commitment.commitment()))
        }
    }

    fn of(pace: Pace) -> Self {
        Self {
            tables: Arc::from([]),
            programs: Program::MAINNET.to_vec(),
            commitment: Landed::Confirmed,
            fees: FeePolicy {
                level: FeeLevel::DEFAULT,
                most: FEE_MAX,
            },
            simulating: Simulating::Off,
            // The simulated cluster tops its wallet up.
            checks_funds: false,
            pace,
            signing_limit: Duration::from_secs(2),
            blockhash_for: pace.slot * BLOCKHASH_SLOTS,
            shared_for: pace.slot / SHARED_PART,
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
            (real.blockhash_for, real.shared_for),
            (millis(2_000), millis(50))
        );
        // The simulated cluster's slots do not get shorter than this.
        assert_eq!(none.blockhash_for, millis(100));
        assert_eq!(none.shared_for, Duration::from_micros(2_500));
    }

    #[test]
    fn a_real_cluster_is_given_time_to_be_final() {
        let confirmed = Settings::live(Program::DEVNET.to_vec(), Landed::Confirmed);
        let finalized = Settings::live(Program::DEVNET.to_vec(), Landed::Finalized);

        assert_eq!(confirmed.programs, Program::DEVNET);
        assert_eq!(confirmed.pace, Pace::real(Commitment::Confirmed));
        assert_eq!(finalized.pace, Pace::real(Commitment::Finalized));
    }
}
