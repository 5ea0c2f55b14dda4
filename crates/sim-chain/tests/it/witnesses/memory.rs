//! What an endpoint tells of the past, where it is not honest about that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chain_solana::rpc::{Commitment, Failure, Hash, Outcome, Slot};

use crate::twisted::Twist;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    Honest,
    /// For a while it knows of no transaction.
    Blind,
    /// It may have lost the older part of its history, and says nothing of that.
    Purged,
    /// It says of every transaction that it was rolled back, in a block that is final.
    Reverting,
    /// For a while another cluster stands in its place, on which no transaction is known.
    Moving,
}

#[derive(Debug)]
pub(super) struct Memory {
    pub(super) of: Trait,
    pub(super) is_blind: Arc<AtomicBool>,
    pub(super) held_from: Arc<AtomicU64>,
}

impl Twist for Memory {
    fn sees(&self, slot: Slot) -> bool {
        match self.of {
            Trait::Honest | Trait::Reverting => true,
            Trait::Blind | Trait::Moving => !self.is_blind.load(Ordering::Relaxed),
            Trait::Purged => self.holds(slot),
        }
    }

    fn holds(&self, slot: Slot) -> bool {
        self.of != Trait::Purged || slot.get() >= self.held_from.load(Ordering::Relaxed)
    }

    fn tells(&self, outcome: Outcome) -> Outcome {
        match self.of {
            Trait::Reverting => Err(Failure::Unknown("it says so".to_owned())),
            _ => outcome,
        }
    }

    fn vouches(&self, commitment: Commitment) -> Commitment {
        match self.of {
            Trait::Reverting => Commitment::Finalized,
            _ => commitment,
        }
    }

    fn shows(&self, genesis: Hash) -> Hash {
        match self.of {
            Trait::Moving if self.is_blind.load(Ordering::Relaxed) => Hash::new_from_array([9; 32]),
            _ => genesis,
        }
    }
}
