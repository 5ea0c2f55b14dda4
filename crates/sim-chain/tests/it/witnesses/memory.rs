//! What an endpoint knows of the past, where it is not honest about that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chain_solana::rpc::Slot;

use crate::twisted::Twist;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    Honest,
    /// For a while it knows of no transaction.
    Blind,
    /// It may have lost the older part of its history, and says nothing of that.
    Purged,
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
            Trait::Honest => true,
            Trait::Blind => !self.is_blind.load(Ordering::Relaxed),
            Trait::Purged => self.holds(slot),
        }
    }

    fn holds(&self, slot: Slot) -> bool {
        self.of != Trait::Purged || slot.get() >= self.held_from.load(Ordering::Relaxed)
    }
}
