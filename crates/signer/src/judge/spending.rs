//! What a message may take out of the wallet at most.

use std::collections::BTreeMap;

use amm::Address;
use amm::instruction::Amounts;
use amm::token::{ACCOUNT_LENGTH, TOKEN_PROGRAM};
use chain_solana::build::budget::LAMPORTS_PER_SIGNATURE;
use chain_solana::build::work::UNITS_MAX;

use super::Refusal;

const MICRO: u128 = 1_000_000;
/// What an account deposits for each of its bytes, and for 128 more, at most: the rate has only ever been lowered.
const LAMPORTS_PER_BYTE_MAX: u64 = 6_960;
const HEADER_BYTES: u64 = 128;
const ACCOUNT_BYTES: u64 = ACCOUNT_LENGTH as u64;
/// Of Token-2022, with every extension that a mint demands of its accounts.
const EXTENDED_ACCOUNT_BYTES_MAX: u64 = 650;

/// What a message may take out of the wallet at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spending {
    /// Of each mint what its swaps pay; native SOL is that of wrapped SOL.
    pub paid: BTreeMap<Address, u64>,
    /// What the chain takes for it, in lamports.
    pub fees: u64,
    /// The wallet's usual accounts that it makes where they are not there yet, with the most that each deposits, in
    /// lamports.
    pub made: BTreeMap<Address, u64>,
}

/// What is known so far of a message that is being read.
#[derive(Debug, Default)]
pub(super) struct Tally {
    spending: Spending,
    /// Of each mint what its swaps must have brought so far, or the message does nothing.
    brought: BTreeMap<Address, u64>,
    units: Option<u32>,
    price: Option<u64>,
}

impl Tally {
    pub(super) fn set_units(&mut self, units: u32) -> bool {
        self.units.replace(units).is_none()
    }

    pub(super) fn set_price(&mut self, price: u64) -> bool {
        self.price.replace(price).is_none()
    }

    /// All of it, with the fee, once all is known that it depends on.
    pub(super) fn end(mut self) -> Result<Spending, Refusal> {
        let units = self.units.unwrap_or(UNITS_MAX).min(UNITS_MAX);
        let priority = u128::from(units) * u128::from(self.price.unwrap_or(0));
        let priority = u64::try_from(priority.div_ceil(MICRO)).map_err(|_| Refusal::Overflow)?;
        let fees = priority.checked_add(LAMPORTS_PER_SIGNATURE);
        self.spending.fees = fees.ok_or(Refusal::Overflow)?;
        Ok(self.spending)
    }

    pub(super) fn make(&mut self, account: Address, token_program: Address) {
        let bytes = match token_program == TOKEN_PROGRAM {
            true => ACCOUNT_BYTES,
            false => EXTENDED_ACCOUNT_BYTES_MAX,
        };
        let deposit = (HEADER_BYTES + bytes) * LAMPORTS_PER_BYTE_MAX;
        self.spending.made.insert(account, deposit);
    }

    /// One swap from the first mint to the second. What an earlier swap of the message must have brought is not the
    /// wallet's loss: all of the message happens or nothing.
    pub(super) fn swap(
        &mut self,
        (paid, received): (Address, Address),
        amounts: Amounts,
    ) -> Result<(), Refusal> {
        let (most, least) = match amounts {
            Amounts::ExactIn {
                amount_in,
                min_amount_out,
            } => (amount_in, min_amount_out),
            Amounts::ExactOut {
                amount_out,
                max_amount_in,
            } => (max_amount_in, amount_out),
        };
        if most == 0 || least == 0 || most == u64::MAX {
            return Err(Refusal::NoLimit);
        }
        let brought = self.brought.entry(paid).or_default();
        let covered = most.min(*brought);
        *brought -= covered;
        add(&mut self.spending.paid, paid, most - covered)?;
        add(&mut self.brought, received, least)
    }
}

fn add(sums: &mut BTreeMap<Address, u64>, mint: Address, amount: u64) -> Result<(), Refusal> {
    let sum = sums.entry(mint).or_default();
    *sum = sum.checked_add(amount).ok_or(Refusal::Overflow)?;
    Ok(())
}
