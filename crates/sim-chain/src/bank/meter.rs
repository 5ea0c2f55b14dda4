//! How many compute units a transaction has left.

use solana_instruction_error::InstructionError;

#[derive(Debug, Clone, Copy)]
pub(super) struct Meter {
    limit: u64,
    left: u64,
}

impl Meter {
    pub(super) const fn new(limit: u64) -> Self {
        Self { limit, left: limit }
    }

    /// Takes units; where there are too few, takes all that is left and fails.
    pub(super) fn charge(&mut self, units: u64) -> Result<(), InstructionError> {
        let enough = self.left >= units;
        self.left = self.left.saturating_sub(units);
        enough
            .then_some(())
            .ok_or(InstructionError::ComputationalBudgetExceeded)
    }

    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    pub(super) const fn used(&self) -> u64 {
        self.limit - self.left
    }
}
