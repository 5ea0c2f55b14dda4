//! Why a transaction failed, in words that the engine can act on.
//!
//! Programs number their errors as they like: 6003 is slippage for DLMM and a disabled pool for DAMM v2. A number
//! means something only beside the program of the instruction at the failure's place.

use std::fmt;

use amm::error::{Code, amm_v4, anchor, cpmm, damm_v2, dlmm, token};
use amm::instruction::{Amounts, Instruction};
use amm::{Address, Program, Swap};
use solana_instruction_error::InstructionError;
use solana_transaction_error::TransactionError;

use crate::address::{ASSOCIATED_TOKEN_PROGRAM, SYSTEM_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM};
use crate::message::Decoded;
use crate::rpc::Failure;

/// What a program's errors mean.
type Table = &'static [(&'static Code, Reason)];

const CPMM: Table = &[
    (&cpmm::EXCEEDED_SLIPPAGE, Reason::Slippage),
    (&cpmm::NOT_APPROVED, Reason::PoolClosed),
    (&cpmm::ZERO_TRADING_TOKENS, Reason::TooSmall),
    (&anchor::REQUIRE_GT_VIOLATED, Reason::TooSmall),
    (&cpmm::INSUFFICIENT_VAULT, Reason::Liquidity),
];

const AMM_V4: Table = &[
    (&amm_v4::EXCEEDED_SLIPPAGE, Reason::Slippage),
    (&amm_v4::INVALID_STATUS, Reason::PoolClosed),
    (&amm_v4::INVALID_INPUT, Reason::TooSmall),
    (&amm_v4::INSUFFICIENT_FUNDS, Reason::InsufficientFunds),
    // An account that is not there belongs to no token program.
    (&amm_v4::INVALID_SPL_TOKEN_PROGRAM, Reason::AccountMissing),
    (&amm_v4::INVALID_USER_TOKEN, Reason::WrongAccount),
];

const DAMM_V2: Table = &[
    (&damm_v2::EXCEEDED_SLIPPAGE, Reason::Slippage),
    (&damm_v2::POOL_DISABLED, Reason::PoolClosed),
    (&damm_v2::AMOUNT_IS_ZERO, Reason::TooSmall),
    (&damm_v2::PRICE_RANGE_VIOLATION, Reason::Liquidity),
];

const DLMM: Table = &[
    (&dlmm::EXCEEDED_AMOUNT_SLIPPAGE_TOLERANCE, Reason::Slippage),
    (&dlmm::INSUFFICIENT_IN_AMOUNT, Reason::Slippage),
    (&dlmm::POOL_DISABLED, Reason::PoolClosed),
    (&dlmm::INSUFFICIENT_OUT_AMOUNT, Reason::TooSmall),
    (&dlmm::INVALID_TOKEN_MINT, Reason::WrongAccount),
    (&dlmm::PAIR_INSUFFICIENT_LIQUIDITY, Reason::Liquidity),
    (
        &dlmm::CANNOT_FIND_NON_ZERO_LIQUIDITY_BIN_ARRAY,
        Reason::Liquidity,
    ),
    (
        &dlmm::BITMAP_EXTENSION_ACCOUNT_IS_NOT_PROVIDED,
        Reason::Liquidity,
    ),
    // It looked for a bin array that the instruction does not name.
    (&anchor::ACCOUNT_NOT_ENOUGH_KEYS, Reason::Liquidity),
];

const ANCHOR: Table = &[
    (&anchor::ACCOUNT_NOT_INITIALIZED, Reason::AccountMissing),
    (&anchor::INSTRUCTION_FALLBACK_NOT_FOUND, Reason::WrongForm),
    (&anchor::INSTRUCTION_DID_NOT_DESERIALIZE, Reason::WrongForm),
    (&anchor::CONSTRAINT_TOKEN_MINT, Reason::WrongAccount),
    (&anchor::CONSTRAINT_TOKEN_PROGRAM, Reason::WrongAccount),
];

/// Inside a venue's instruction too.
const TOKEN: Table = &[
    (&token::INSUFFICIENT_FUNDS, Reason::InsufficientFunds),
    (&token::MINT_MISMATCH, Reason::WrongAccount),
    (&token::OWNER_MISMATCH, Reason::WrongAccount),
    (&token::ACCOUNT_FROZEN, Reason::WrongAccount),
];

/// What went wrong, as far as it matters for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The price had moved beyond the order's limit.
    Slippage,
    /// The pool could not fill the amount any more.
    Liquidity,
    /// The amount buys nothing.
    TooSmall,
    /// The pool is disabled, or not open yet.
    PoolClosed,
    /// The wallet has too little of what it pays with, or too little SOL.
    InsufficientFunds,
    /// A token account is not there.
    AccountMissing,
    /// An account is of another mint or another owner than it should be, or frozen.
    WrongAccount,
    /// The limit of compute units was too low.
    OutOfUnits,
    /// The program does not take this form of its instruction.
    WrongForm,
    /// Its blockhash was too old, or unknown where it was tried.
    Expired,
    /// It has landed before.
    AlreadyProcessed,
    /// Anything else.
    Other,
}

/// A failure with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reverted {
    /// What to do about it.
    pub reason: Reason,
    /// The program of the instruction that failed.
    pub program: Option<Address>,
    /// The program's own number and name for it, where it is known.
    pub code: Option<(u32, Option<&'static str>)>,
    /// Which of several swaps pays less than this, or costs more, where that is why it failed.
    pub past_limit: Option<(usize, u64)>,
    /// The failure in the chain's words.
    pub failure: Failure,
}

impl Reverted {
    /// Finds out what a failure means for a transaction on a cluster of these programs.
    #[must_use]
    pub fn explain(failure: &Failure, transaction: &Decoded, programs: &[Program]) -> Self {
        let unplaced = |reason| Self {
            reason,
            program: None,
            code: None,
            past_limit: None,
            failure: failure.clone(),
        };
        let error = match failure {
            Failure::Known(error) => error,
            Failure::Unknown(_) => return unplaced(Reason::Other),
        };
        let TransactionError::InstructionError(place, error) = error else {
            return unplaced(of_transaction(error));
        };
        let instruction = transaction.instructions.get(usize::from(*place));
        let Some(id) = instruction.map(|it| it.program) else {
            return unplaced(Reason::Other);
        };
        let venue = programs.iter().find(|program| program.id() == id);
        let code = match error {
            InstructionError::Custom(number) => {
                let known = venue.and_then(|venue| venue.code(*number));
                Some((*number, known.map(|code| code.name)))
            }
            _ => None,
        };
        let reason = match of_instruction(id, venue, error) {
            Reason::InsufficientFunds
                if lacks_its_most(transaction, usize::from(*place), venue) =>
            {
                Reason::Slippage
            }
            reason => reason,
        };
        let past_limit = match reason {
            Reason::Slippage => past_limit(transaction, usize::from(*place), programs),
            _ => None,
        };
        Self {
            reason,
            program: Some(id),
            code,
            past_limit,
            failure: failure.clone(),
        }
    }

    /// The program and what it said, alike for all transactions that fail in this way.
    #[must_use]
    pub fn kind(&self) -> String {
        let said = match (&self.code, &self.failure) {
            (Some((number, Some(name))), _) => format!("{name} ({number})"),
            (Some((number, None)), _) => format!("error {number}"),
            (None, Failure::Known(TransactionError::InstructionError(_, error))) => {
                error.to_string()
            }
            (None, failure) => failure.to_string(),
        };
        match self.program {
            Some(program) => format!("{program}: {said}"),
            None => said,
        }
    }
}

impl fmt::Display for Reverted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some((_, Some(name))) => write!(f, "{name}: {}", self.failure),
            _ => self.failure.fmt(f),
        }
    }
}

/// The place of a swap among those of a transaction that makes several, and what it must pay or may cost.
fn past_limit(transaction: &Decoded, place: usize, programs: &[Program]) -> Option<(usize, u64)> {
    let decode = |instruction: &Instruction| {
        let mut programs = programs.iter();
        let program = programs.find(|it| it.id() == instruction.program)?;
        Swap::decode(program, instruction).ok()
    };
    let (before, failed) = transaction.instructions.split_at_checked(place)?;
    let leg = before.iter().filter_map(decode).count();
    let failed = decode(failed.first()?)?;
    let is_one_of_several = transaction.instructions.iter().filter_map(decode).count() > 1;
    let limit = match failed.amounts {
        Amounts::ExactIn { min_amount_out, .. } => min_amount_out,
        Amounts::ExactOut { max_amount_in, .. } => max_amount_in,
    };
    is_one_of_several.then_some((leg, limit))
}

/// Whether a purchase lacks what it costs in an account that the transaction made for it, with the most that it may cost:
/// AMM v4 looks at what is there before it looks at that limit.
fn lacks_its_most(transaction: &Decoded, place: usize, venue: Option<&Program>) -> bool {
    let (before, failed) = transaction.instructions.split_at(place);
    let swap = venue.zip(failed.first());
    let swap = swap.and_then(|(venue, failed)| Swap::decode(venue, failed).ok());
    swap.is_some_and(|swap| {
        let made = |it: &&Instruction| {
            let account = it.accounts.get(1).map(|account| account.address);
            it.program == SYSTEM_PROGRAM && account == Some(swap.trader.input)
        };
        matches!(swap.amounts, Amounts::ExactOut { .. }) && before.iter().any(|it| made(&it))
    })
}

fn of_transaction(error: &TransactionError) -> Reason {
    match error {
        TransactionError::InsufficientFundsForFee
        | TransactionError::InsufficientFundsForRent { .. }
        | TransactionError::AccountNotFound => Reason::InsufficientFunds,
        TransactionError::BlockhashNotFound => Reason::Expired,
        TransactionError::AlreadyProcessed => Reason::AlreadyProcessed,
        _ => Reason::Other,
    }
}

fn of_instruction(id: Address, venue: Option<&Program>, error: &InstructionError) -> Reason {
    match error {
        InstructionError::Custom(number) => match venue {
            Some(venue) => of_venue(venue, *number),
            None => of_chain_program(id, *number),
        },
        // A program whose units run out is stopped in the one way or in the other.
        InstructionError::ProgramFailedToComplete
        | InstructionError::ComputationalBudgetExceeded => Reason::OutOfUnits,
        InstructionError::InvalidInstructionData if venue.is_some() => Reason::WrongForm,
        InstructionError::InsufficientFunds => Reason::InsufficientFunds,
        _ => Reason::Other,
    }
}

fn of_venue(venue: &Program, number: u32) -> Reason {
    // What a token program fails with inside a venue's instruction comes out as the venue's. AMM v4 is no Anchor
    // program, and uses some of the token programs' numbers itself.
    let tables: [Table; 3] = match venue {
        Program::Cpmm(_) => [CPMM, ANCHOR, TOKEN],
        Program::AmmV4(_) => [AMM_V4, &[], TOKEN],
        Program::DammV2(_) => [DAMM_V2, ANCHOR, TOKEN],
        Program::Dlmm(_) => [DLMM, ANCHOR, TOKEN],
    };
    let Some(code) = venue.code(number) else {
        return Reason::Other;
    };
    let mut rows = tables.into_iter().flatten();
    rows.find(|(known, _)| *known == code)
        .map_or(Reason::Other, |(_, reason)| *reason)
}

/// The chain's own programs: 1 is too little of something for the three that move lamports and tokens.
fn of_chain_program(id: Address, number: u32) -> Reason {
    match id {
        SYSTEM_PROGRAM | ASSOCIATED_TOKEN_PROGRAM if number == 1 => Reason::InsufficientFunds,
        TOKEN_PROGRAM | TOKEN_2022_PROGRAM => {
            let mut rows = TOKEN.iter();
            rows.find(|(known, _)| known.number == number)
                .map_or(Reason::Other, |(_, reason)| *reason)
        }
        _ => Reason::Other,
    }
}
