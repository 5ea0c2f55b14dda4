//! One swap as an instruction asks for it, whichever of the four programs it calls.

use crate::damm_v2::quote::Mode;
use crate::error::Failure;
use crate::instruction::{Amounts, Instruction, Trader};
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
    /// How much. A sale that may be partial is a sale.
    pub amounts: Amounts,
    /// DLMM's bin arrays, in the order in which the price travels.
    pub bin_arrays: Vec<Address>,
}

impl Swap {
    /// Reads an instruction to this program.
    pub fn decode(program: &Program, instruction: &Instruction) -> Result<Self, Failure> {
        Ok(match program {
            Program::Cpmm(_) => {
                let swap = cpmm::instruction::SwapInstruction::decode(instruction)?;
                Self::of(swap.trader, swap.pool, swap.vaults, swap.amounts)
            }
            Program::AmmV4(_) => {
                let swap = amm_v4::instruction::SwapInstruction::decode(instruction)?;
                Self::of(swap.trader, swap.pool, swap.vaults, swap.amounts)
            }
            Program::DammV2(_) => {
                let swap = damm_v2::instruction::SwapInstruction::decode(instruction)?;
                let amounts = match swap.mode {
                    Mode::ExactIn | Mode::PartialIn => Amounts::sale((swap.amount, swap.limit)),
                    Mode::ExactOut => Amounts::purchase((swap.limit, swap.amount)),
                };
                Self::of(swap.trader, swap.pool, swap.vaults, amounts)
            }
            Program::Dlmm(_) => {
                let swap = dlmm::instruction::SwapInstruction::decode(instruction)?;
                Self {
                    bin_arrays: swap.bin_arrays,
                    ..Self::of(swap.trader, swap.pair, swap.vaults, swap.amounts)
                }
            }
        })
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
            amounts,
            bin_arrays: Vec::new(),
        }
    }
}
