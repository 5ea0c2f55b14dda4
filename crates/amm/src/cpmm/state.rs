//! A CPMM pool with all that a swap needs of the chain, and what a swap makes of it.

use super::Deployment;
use super::account::{ConfigAccount, PoolAccount};
use super::instruction::SwapInstruction;
use super::observation::ObservationAccount;
use super::quote::{Pool, RATE_DENOMINATOR, Swap};
use crate::instruction::{Amounts, Instruction, Trader};
use crate::layout::Field;
use crate::price::Price;
use crate::quoting::{Ask, Fees, Figures, Marginal, Quoting};
use crate::rounding::{mul_div_floor, narrow_u64};
use crate::snapshot::{ReadError, Snapshot, balances, read, read_where_there};
use crate::{Address, ChainTime, Direction, Refusal};

/// One, in Q32.32.
const ONE_Q32: u128 = 1 << 32;

/// What a swap uses at most; 33,000 are usual, and a transfer fee costs some more.
const COMPUTE_UNITS: u32 = 40_000;

/// A pool and its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The program.
    pub deployment: Deployment,
    /// The pool's address.
    pub address: Address,
    /// The pool's account.
    pub account: PoolAccount,
    /// Its configuration.
    pub config: ConfigAccount,
    /// Its price observations, where they were read; no quote needs them.
    pub observation: Option<ObservationAccount>,
    /// What is priced.
    pub pool: Pool,
}

impl State {
    /// Reads a pool; its configuration and its vaults must be there.
    pub fn read(
        deployment: Deployment,
        address: Address,
        snapshot: &impl Snapshot,
    ) -> Result<Self, ReadError> {
        let account: PoolAccount = read(snapshot, address, deployment.id)?;
        let config = read(snapshot, account.get(PoolAccount::CONFIG), deployment.id)?;
        let observation = account.get(PoolAccount::OBSERVATION);
        let observation = read_where_there(snapshot, observation, deployment.id)?;
        let vaults = (PoolAccount::VAULT_FIRST, PoolAccount::VAULT_SECOND);
        let vaults = balances(snapshot, (account.get(vaults.0), account.get(vaults.1)))?;
        let pool = account
            .pool(&config, vaults)
            .map_err(ReadError::at(address))?;
        Ok(Self {
            deployment,
            address,
            account,
            config,
            observation,
            pool,
        })
    }

    /// The instruction that swaps with this pool.
    #[must_use]
    pub fn swap_instruction(
        &self,
        direction: Direction,
        trader: Trader,
        amounts: Amounts,
    ) -> SwapInstruction {
        let pair =
            |first, second| direction.in_out((self.account.get(first), self.account.get(second)));
        SwapInstruction {
            trader,
            authority: self.deployment.authority,
            config: self.account.get(PoolAccount::CONFIG),
            pool: self.address,
            vaults: pair(PoolAccount::VAULT_FIRST, PoolAccount::VAULT_SECOND),
            token_programs: pair(
                PoolAccount::TOKEN_PROGRAM_FIRST,
                PoolAccount::TOKEN_PROGRAM_SECOND,
            ),
            mints: pair(PoolAccount::MINT_FIRST, PoolAccount::MINT_SECOND),
            observation: self.account.get(PoolAccount::OBSERVATION),
            amounts,
        }
    }

    /// The price of either token in the other before a swap, in Q32.32.
    fn price_q32(&self) -> Result<(u128, u128), Refusal> {
        let (first, second) = self.pool.reserves()?;
        Ok((
            mul_div_floor(second, ONE_Q32, first)?,
            mul_div_floor(first, ONE_Q32, second)?,
        ))
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

    fn figures(&self, _ask: Ask, direction: Direction, swap: &Swap) -> Result<Figures, Refusal> {
        let mut fee = Fees::on_input(swap.trade_fee);
        let creator_side = if self.pool.creator_fee_is_on_input(direction) {
            &mut fee.input
        } else {
            &mut fee.output
        };
        let sum = creator_side.checked_add(swap.creator_fee);
        *creator_side = sum.ok_or(Refusal::Overflow)?;
        Ok(Figures {
            amount_in: swap.amount_in,
            amount_out: swap.amount_out,
            fee,
            price_after: swap.after.reserves().map(Price::of_reserves)?,
            compute_units: COMPUTE_UNITS,
        })
    }

    fn after(&self, direction: Direction, swap: &Swap, now: ChainTime) -> Result<Self, Refusal> {
        let mut after = self.clone();
        let account = &mut after.account;
        let mut add = |fields: (Field<_, u64>, Field<_, u64>), to: Direction, fee: u64| {
            let (field, _) = to.in_out(fields);
            let sum = account.get(field).checked_add(fee);
            account.set(field, sum.ok_or(Refusal::Overflow)?);
            Ok(())
        };
        let protocol = (
            PoolAccount::PROTOCOL_FEES_FIRST,
            PoolAccount::PROTOCOL_FEES_SECOND,
        );
        let fund = (PoolAccount::FUND_FEES_FIRST, PoolAccount::FUND_FEES_SECOND);
        let creator = (
            PoolAccount::CREATOR_FEES_FIRST,
            PoolAccount::CREATOR_FEES_SECOND,
        );
        let creator_side = if self.pool.creator_fee_is_on_input(direction) {
            direction
        } else {
            direction.reversed()
        };
        add(protocol, direction, swap.protocol_fee)?;
        add(fund, direction, swap.fund_fee)?;
        add(creator, creator_side, swap.creator_fee)?;
        account.set(PoolAccount::RECENT_EPOCH, now.epoch);

        if let Some(observation) = &mut after.observation {
            observation.observe(now.unix_time, self.price_q32()?)?;
        }
        // No vault takes in more than a token account can hold.
        narrow_u64(swap.after.vault_first)?;
        narrow_u64(swap.after.vault_second)?;
        after.pool = swap.after;
        Ok(after)
    }

    fn price(&self) -> Result<Price, Refusal> {
        self.pool.reserves().map(Price::of_reserves)
    }

    fn marginal(&self, direction: Direction, now: ChainTime) -> Result<Marginal, Refusal> {
        let fees = self.pool.marginal_fees(direction, now)?;
        Marginal::new(self.price()?, direction, fees, RATE_DENOMINATOR)
    }

    fn mints(&self) -> (Address, Address) {
        (
            self.account.get(PoolAccount::MINT_FIRST),
            self.account.get(PoolAccount::MINT_SECOND),
        )
    }

    fn accounts(&self) -> Vec<(Address, &[u8])> {
        let mut accounts = vec![(self.address, self.account.bytes())];
        if let Some(observation) = &self.observation {
            let address = self.account.get(PoolAccount::OBSERVATION);
            accounts.push((address, observation.bytes()));
        }
        accounts
    }

    fn instruction(&self, direction: Direction, trader: Trader, amounts: Amounts) -> Instruction {
        self.swap_instruction(direction, trader, amounts)
            .encode(&self.deployment)
    }
}
