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

use super::execution::invocation::Invocation;
use super::{address, execution};

pub(crate) use reader::Reader;
use token::Edition;
use venues::Venue;

type ProgramResult = Result<(), InstructionError>;

/// A program that is written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    System,
    ComputeBudget,
    Token(Edition),
    AssociatedToken,
    Memo(memo::Version),
    Venue(Venue),
}

/// What the Compute Budget program takes for an instruction, which was carried out before anything ran.
const COMPUTE_BUDGET_UNITS: u64 = 150;

fn kind(id: &Address) -> Option<Kind> {
    Some(match *id {
        address::SYSTEM => Kind::System,
        address::COMPUTE_BUDGET => Kind::ComputeBudget,
        address::TOKEN => Kind::Token(Edition::Token),
        address::TOKEN_2022 => Kind::Token(Edition::Token2022),
        address::ASSOCIATED_TOKEN => Kind::AssociatedToken,
        address::MEMO => Kind::Memo(memo::Version::V3),
        address::MEMO_V1 => Kind::Memo(memo::Version::V1),
        _ => Kind::Venue(Venue::find(id)?),
    })
}

/// The program at an address.
pub(super) fn find(id: &Address) -> Option<execution::Program> {
    kind(id).map(|_| run as execution::Program)
}

fn run(invocation: &mut Invocation<'_, '_>) -> ProgramResult {
    match kind(&invocation.program()) {
        Some(Kind::System) => system::run(invocation),
        Some(Kind::ComputeBudget) => invocation.charge(COMPUTE_BUDGET_UNITS),
        Some(Kind::Token(edition)) => token::run(invocation, edition),
        Some(Kind::AssociatedToken) => associated_token::run(invocation),
        Some(Kind::Memo(version)) => memo::run(invocation, version),
        Some(Kind::Venue(venue)) => venue.run(invocation),
        None => Err(InstructionError::UnsupportedProgramId),
    }
}
