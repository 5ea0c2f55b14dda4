//! The programs that this chain has, by their addresses. Whatever else is called fails as a program that a
//! real cluster does not have.

mod associated_token;
mod memo;
mod reader;
mod system;
pub(super) mod token;
mod venues;

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::address;
use super::invocation::Invocation;

pub(crate) use reader::Reader;
use token::Edition;
use venues::Venue;

type ProgramResult = Result<(), InstructionError>;

/// A program that is written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    System,
    ComputeBudget,
    Token(Edition),
    AssociatedToken,
    Memo(memo::Version),
    Venue(Venue),
}

/// What the Compute Budget program takes for an instruction, which was carried out before anything ran.
const COMPUTE_BUDGET_UNITS: u64 = 150;

pub(super) fn find(id: &Address) -> Option<Program> {
    Some(match *id {
        address::SYSTEM => Program::System,
        address::COMPUTE_BUDGET => Program::ComputeBudget,
        address::TOKEN => Program::Token(Edition::Token),
        address::TOKEN_2022 => Program::Token(Edition::Token2022),
        address::ASSOCIATED_TOKEN => Program::AssociatedToken,
        address::MEMO => Program::Memo(memo::Version::V3),
        address::MEMO_V1 => Program::Memo(memo::Version::V1),
        _ => Program::Venue(Venue::find(id)?),
    })
}

/// Whether a program is part of the runtime, so that its instructions ask for few compute units.
pub(super) fn is_builtin(id: &Address) -> bool {
    let loaders = [address::BPF_LOADER, address::UPGRADEABLE_LOADER];
    loaders.contains(id) || find(id).is_some_and(Program::is_builtin)
}

impl Program {
    /// Builtin programs do not tell the units they used.
    pub(super) const fn is_builtin(self) -> bool {
        matches!(self, Self::System | Self::ComputeBudget)
    }

    pub(super) fn run(self, invocation: &mut Invocation<'_, '_>) -> ProgramResult {
        match self {
            Self::System => system::run(invocation),
            Self::ComputeBudget => invocation.charge(COMPUTE_BUDGET_UNITS),
            Self::Token(edition) => token::run(invocation, edition),
            Self::AssociatedToken => associated_token::run(invocation),
            Self::Memo(version) => memo::run(invocation, version),
            Self::Venue(venue) => venue.run(invocation),
        }
    }
}
