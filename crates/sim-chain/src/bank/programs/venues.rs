//! The venues' programs.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::ProgramResult;
use crate::bank::invocation::Invocation;

/// A venue's program. It has no variant yet: each comes with the mathematics behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bank) enum Venue {}

impl Venue {
    pub(super) fn find(_id: &Address) -> Option<Self> {
        None
    }

    pub(super) fn run(self, _invocation: &mut Invocation<'_, '_>) -> ProgramResult {
        Err(InstructionError::UnsupportedProgramId)
    }
}
