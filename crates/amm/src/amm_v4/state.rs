//! An AMM v4 pool with all that a swap needs of the chain, and what a swap makes of it.

use super::account::{PoolAccount, PoolLayout, SWAP_ONLY};
use super::instruction::{Market, SwapInstruction};
use super::quote::{Pool, Status, Swap};
use super::{Deployment, Form};
use crate::instruction::{Amounts, Instruction, Trader};
use crate::layout::Field;
use crate::price::Price;
use crate::quoting::{Ask, Fees, Figures, Marginal, Quoting};
use crate::rounding::narrow_u64;
use crate::snapshot::{ReadError, Snapshot, balances, read};
use crate::token::TOKEN_PROGRAM;
use crate::{Address, ChainTime, Direction, Refusal};

/// What a swap uses at most; 22,000 are usual.
const COMPUTE_UNITS: u32 = 30_000;

/// A pool and its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The program.
    pub deployment: Deployment,
    /// The pool's address.
    pub address: Address,
    /// The pool's account.
    pub account: PoolAccount,
    /// What is priced.
    pub pool: Pool,
}

/// What the pool counts of its swaps in one direction.
struct Counters {
    paid_in: Field<PoolLayout, u128>,
    paid_out: Field<PoolLayout, u128>,
    fees: Field<PoolLayout, u64>,
}

impl State {
    /// Reads a pool; its vaults must be there.
    pub fn read(
        deployment: Deployment,
        address: Address,
        snapshot: &impl Snapshot,
    ) -> Result<Self, ReadError> {
        let account: PoolAccount = read(snapshot, address, deployment.id)?;
        let vaults = (PoolAccount::VAULT_COIN, PoolAccount::VAULT_PC);
        let vaults = balances(snapshot, (account.get(vaults.0), account.get(vaults.1)))?;
        let pool = account.pool(vaults).map_err(ReadError::at(address))?;
        Ok(Self {
            deployment,
            address,
            account,
            pool,
        })
    }

    /// The instruction that swaps with this pool.
    #[must_use]
    pub fn swap_instruction(&self, trader: Trader, amounts: Amounts) -> SwapInstruction {
        let market = match self.deployment.form {
            Form::Short => None,
            Form::Long => Some(Market::unread(
                self.account.get(PoolAccount::OPEN_ORDERS),
                self.account.get(PoolAccount::MARKET_PROGRAM),
                self.account.get(PoolAccount::MARKET),
                self.address,
            )),
        };
        SwapInstruction {
            trader,
            token_program: TOKEN_PROGRAM,
            pool: self.address,
            authority: self.deployment.authority,
            vaults: (
                self.account.get(PoolAccount::VAULT_COIN),
                self.account.get(PoolAccount::VAULT_PC),
            ),
            market,
            amounts,
        }
    }
}

impl Quoting for State {
    type Swap = Swap;

    fn ask(&self, ask: Ask, direction: Direction, now: ChainTime) -> Result<Swap, Refusal> {
        match ask {
            Ask::In(amount) => self.pool.quote_exact_in(direction, amount, now),
            Ask::Out(amount) => self.pool.quote_exact_out(direction, amount, now),
        }
    }

    fn figures(&self, _ask: Ask, _direction: Direction, swap: &Swap) -> Result<Figures, Refusal> {
        Ok(Figures {
            amount_in: swap.amount_in,
            amount_out: swap.amount_out,
            fee: Fees::on_input(swap.fee),
            price_after: swap.after.reserves().map(Price::of_reserves)?,
            compute_units: COMPUTE_UNITS,
        })
    }

    fn after(&self, direction: Direction, swap: &Swap, now: ChainTime) -> Result<Self, Refusal> {
        let mut after = self.clone();
        let account = &mut after.account;
        let counters = Counters::of(direction);
        let mut add = |field: Field<PoolLayout, u128>, amount: u64| {
            let sum = account.get(field).checked_add(u128::from(amount));
            account.set(field, sum.ok_or(Refusal::Overflow)?);
            Ok(())
        };
        add(counters.paid_in, swap.amount_in)?;
        add(counters.paid_out, swap.amount_out)?;
        let fees = account.get(counters.fees).checked_add(swap.fee);
        account.set(counters.fees, fees.ok_or(Refusal::Overflow)?);
        if let Status::WaitingForOpenTime(_) = self.pool.status {
            account.set(PoolAccount::STATUS, SWAP_ONLY);
        }
        account.set(PoolAccount::RECENT_EPOCH, now.epoch);

        // No vault takes in more than a token account can hold.
        narrow_u64(swap.after.vault_coin)?;
        narrow_u64(swap.after.vault_pc)?;
        after.pool = swap.after;
        Ok(after)
    }

    fn price(&self) -> Result<Price, Refusal> {
        self.pool.reserves().map(Price::of_reserves)
    }

    fn marginal(&self, direction: Direction, now: ChainTime) -> Result<Marginal, Refusal> {
        let fee = self.pool.marginal_fee(direction, now)?;
        let of = self.pool.swap_fee_denominator;
        Marginal::new(self.price()?, direction, (fee, 0), of)
    }

    fn mints(&self) -> (Address, Address) {
        (
            self.account.get(PoolAccount::MINT_COIN),
            self.account.get(PoolAccount::MINT_PC),
        )
    }

    fn accounts(&self) -> Vec<(Address, &[u8])> {
        vec![(self.address, self.account.bytes())]
    }

    fn instruction(&self, _direction: Direction, trader: Trader, amounts: Amounts) -> Instruction {
        self.swap_instruction(trader, amounts)
            .encode(&self.deployment)
    }
}

impl Counters {
    fn of(direction: Direction) -> Self {
        match direction {
            Direction::FirstToSecond => Self {
                paid_in: PoolAccount::SWAP_COIN_IN,
                paid_out: PoolAccount::SWAP_PC_OUT,
                fees: PoolAccount::SWAP_COIN_FEES,
            },
            Direction::SecondToFirst => Self {
                paid_in: PoolAccount::SWAP_PC_IN,
                paid_out: PoolAccount::SWAP_COIN_OUT,
                fees: PoolAccount::SWAP_PC_FEES,
            },
        }
    }
}
