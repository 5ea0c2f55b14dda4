//! One swap as an instruction asks for it, whichever of the four programs it calls.

use crate::damm_v2::quote::Mode;
use crate::error::Failure;
use crate::instruction::{Amounts, Instruction, Trader};
use crate::token::TOKEN_PROGRAM;
use crate::{Address, Program, amm_v4, cpmm, damm_v2, dlmm};

/// What the swaps of all programs have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// Who swaps, from and to which accounts.
    pub trader: Trader,
    /// The pool.
    pub pool: Address,
    /// The pool's vaults, in the order in which the instruction names them.
    pub vaults: (Address, Address),
    /// The mints, in the same order; AMM v4 names none.
    pub mints: Option<(Address, Address)>,
    /// The mints' token programs, in the same order; AMM v4 knows one.
    pub token_programs: (Address, Address),
    /// Whose token account gets a share of the fee, where somebody's does.
    pub fee_share: Option<Address>,
    /// How much. A sale that may be partial is a sale.
    pub amounts: Amounts,
    /// DLMM's bin arrays, in the order in which the price travels.
    pub bin_arrays: Vec<Address>,
}

impl Swap {
    /// Reads an instruction to this program.
    pub fn decode(program: &Program, instruction: &Instruction) -> Result<Self, Failure> {
        Ok(match program {
            Program::Cpmm(_) => cpmm::instruction::SwapInstruction::decode(instruction)?.into(),
            Program::AmmV4(_) => amm_v4::instruction::SwapInstruction::decode(instruction)?.into(),
            Program::DammV2(_) => {
                damm_v2::instruction::SwapInstruction::decode(instruction)?.into()
            }
            Program::Dlmm(_) => dlmm::instruction::SwapInstruction::decode(instruction)?.into(),
        })
    }

    /// Reads an instruction that asks for a swap and for nothing beside it: each account that the program fixes is
    /// that one, and no accounts or bytes stand behind those of the swap.
    #[must_use]
    pub fn decode_exactly(program: &Program, instruction: &Instruction) -> Option<Self> {
        let (swap, encoded) = match program {
            Program::Cpmm(it) => {
                let swap = cpmm::instruction::SwapInstruction::decode(instruction).ok()?;
                let fixed = cpmm::instruction::SwapInstruction {
                    authority: it.authority,
                    ..swap
                };
                (Self::from(swap), fixed.encode(it))
            }
            Program::AmmV4(it) => {
                let swap = amm_v4::instruction::SwapInstruction::decode(instruction).ok()?;
                let fixed = amm_v4::instruction::SwapInstruction {
                    authority: it.authority,
                    token_program: TOKEN_PROGRAM,
                    ..swap
                };
                (Self::from(swap), fixed.encode(it))
            }
            Program::DammV2(it) => {
                let swap = damm_v2::instruction::SwapInstruction::decode(instruction).ok()?;
                let sysvar = damm_v2::instruction::INSTRUCTIONS_SYSVAR;
                let fixed = damm_v2::instruction::SwapInstruction {
                    authority: it.authority,
                    event_authority: it.event_authority,
                    instructions: swap.instructions.map(|_| sysvar),
                    ..swap
                };
                (Self::from(swap), fixed.encode(it))
            }
            Program::Dlmm(it) => {
                let swap = dlmm::instruction::SwapInstruction::decode(instruction).ok()?;
                let fixed = dlmm::instruction::SwapInstruction {
                    event_authority: it.event_authority,
                    memo_program: dlmm::instruction::MEMO_PROGRAM,
                    ..swap.clone()
                };
                (Self::from(swap), fixed.encode(it))
            }
        };
        says_the_same(instruction, &encoded).then_some(swap)
    }

    const fn of(
        trader: Trader,
        pool: Address,
        vaults: (Address, Address),
        amounts: Amounts,
    ) -> Self {
        Self {
            trader,
            pool,
            vaults,
            mints: None,
            token_programs: (TOKEN_PROGRAM, TOKEN_PROGRAM),
            fee_share: None,
            amounts,
            bin_arrays: Vec::new(),
        }
    }
}

/// Whether two instructions tell the same program the same of the same accounts. Who may write is the message's word.
fn says_the_same(one: &Instruction, other: &Instruction) -> bool {
    let of =
        |it: &Instruction| -> Vec<Address> { it.accounts.iter().map(|it| it.address).collect() };
    one.program == other.program && one.data == other.data && of(one) == of(other)
}

impl From<cpmm::instruction::SwapInstruction> for Swap {
    fn from(swap: cpmm::instruction::SwapInstruction) -> Self {
        Self {
            mints: Some(swap.mints),
            token_programs: swap.token_programs,
            ..Self::of(swap.trader, swap.pool, swap.vaults, swap.amounts)
        }
    }
}

impl From<amm_v4::instruction::SwapInstruction> for Swap {
    fn from(swap: amm_v4::instruction::SwapInstruction) -> Self {
        Self {
            token_programs: (swap.token_program, swap.token_program),
            ..Self::of(swap.trader, swap.pool, swap.vaults, swap.amounts)
        }
    }
}

impl From<damm_v2::instruction::SwapInstruction> for Swap {
    fn from(swap: damm_v2::instruction::SwapInstruction) -> Self {
        let amounts = match swap.mode {
            Mode::ExactIn | Mode::PartialIn => Amounts::sale((swap.amount, swap.limit)),
            Mode::ExactOut => Amounts::purchase((swap.limit, swap.amount)),
        };
        Self {
            mints: Some(swap.mints),
            token_programs: swap.token_programs,
            fee_share: swap.referral,
            ..Self::of(swap.trader, swap.pool, swap.vaults, amounts)
        }
    }
}

impl From<dlmm::instruction::SwapInstruction> for Swap {
    fn from(swap: dlmm::instruction::SwapInstruction) -> Self {
        Self {
            mints: Some(swap.mints),
            token_programs: swap.token_programs,
            fee_share: swap.host,
            bin_arrays: swap.bin_arrays,
            ..Self::of(swap.trader, swap.pair, swap.vaults, swap.amounts)
        }
    }
}
