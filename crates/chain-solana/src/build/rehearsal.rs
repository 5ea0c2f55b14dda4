//! An execution as it is simulated: the same transaction, but for where its output ends.
//!
//! What the wallet holds may change between two looks, by other orders. So what the swaps pay goes to an account that
//! begins empty and is still there at the end: what it holds is the output, whatever else the wallet does.

use amm::Address;
use amm::instruction::Instruction;

use super::budget::Budget;
use super::instructions::{create_with_seed, initialize_account};
use super::work::{UNITS_MAX, associated_token_units};
use super::{Asset, Draft, Error, set_budget};
use crate::address::{ASSOCIATED_TOKEN_PROGRAM, with_seed};
use crate::rpc::{Lamports, MicroLamports};

/// The seed of the account that only simulations have.
const SEED: &str = "rehearsal-1";
/// Compute units of the end of a temporary account, which a rehearsal lacks.
const CLOSING_UNITS: u32 = 4_000;

/// What is simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Its instructions.
    pub instructions: Vec<Instruction>,
    /// The account that holds the output at its end.
    pub outlet: Address,
    /// Compute units that the transaction uses beyond these.
    pub more_units: u32,
}

/// What the account of a rehearsal is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlet {
    /// Its bytes.
    pub bytes: usize,
    /// What it must hold to stay.
    pub rent: Lamports,
}

impl Rehearsal {
    /// Of an execution of this wallet that yields this asset.
    pub fn of(
        draft: &Draft,
        wallet: Address,
        output: Asset,
        outlet: Outlet,
    ) -> Result<Self, Error> {
        let mut instructions = draft.instructions.clone();
        set_budget(
            &mut instructions,
            Budget {
                units: UNITS_MAX,
                price: MicroLamports::new(0),
            },
        );
        let usual = draft.holdings.account(output.mint)?;
        if output.is_native() {
            // The last instruction would end the account that the output is in.
            instructions.pop();
            return Ok(Self {
                instructions,
                outlet: usual,
                more_units: CLOSING_UNITS,
            });
        }
        let account = with_seed(wallet, SEED, output.program);
        for swap in &mut instructions[draft.first_swap..] {
            for meta in &mut swap.accounts {
                if meta.address == usual {
                    meta.address = account;
                }
            }
        }
        let made = create_with_seed(
            wallet,
            account,
            SEED,
            outlet.rent,
            outlet.bytes,
            output.program,
        );
        let begun = initialize_account(wallet, account, output);
        instructions.splice(draft.first_swap..draft.first_swap, [made, begun]);
        Ok(Self {
            instructions,
            outlet: account,
            more_units: 0,
        })
    }

    /// The same without the wallet's usual account of its output, which nothing in it needs: a rehearsal is longer
    /// than its transaction, and may be too long where that is not.
    pub fn shortened(
        mut self,
        draft: &Draft,
        wallet: Address,
        output: Asset,
    ) -> Result<Self, Error> {
        let usual = draft.holdings.account(output.mint)?;
        let before = self.instructions.len();
        self.instructions.retain(|it| {
            let names_it = it.accounts.iter().any(|meta| meta.address == usual);
            it.program != ASSOCIATED_TOKEN_PROGRAM || !names_it
        });
        if self.instructions.len() < before {
            self.more_units += associated_token_units(wallet, output);
        }
        Ok(self)
    }
}
