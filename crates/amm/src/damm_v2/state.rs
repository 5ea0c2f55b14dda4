//! A DAMM v2 pool, and what a swap makes of it.

use ruint::aliases::U256;

use super::Deployment;
use super::account::{PoolAccount, PoolLayout};
use super::instruction::{INSTRUCTIONS_SYSVAR, SwapInstruction, of_amounts};
use super::quote::{BaseFee, FEE_DENOMINATOR, FeeCollection, Pool, Swap};
use crate::instruction::{Amounts, Instruction, Trader};
use crate::layout::{Field, Value};
use crate::price::Price;
use crate::quoting::{Ask, Fees, Figures, Marginal, Quoting};
use crate::rounding::{checked_add, div_floor};
use crate::snapshot::{ReadError, Snapshot, read};
use crate::{Address, ChainTime, Direction, Refusal, token};

/// What a swap uses at most; 17,000 are usual, and fees that follow a schedule or volatility cost more.
const COMPUTE_UNITS: u32 = 32_000;

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

/// What the account counts of a token's fees.
struct FeeFields {
    protocol: Field<PoolLayout, u64>,
    per_liquidity: Field<PoolLayout, U256>,
    total_providers: Field<PoolLayout, u128>,
    total_protocol: Field<PoolLayout, u64>,
}

impl State {
    /// Reads a pool.
    pub fn read(
        deployment: Deployment,
        address: Address,
        snapshot: &impl Snapshot,
    ) -> Result<Self, ReadError> {
        let account: PoolAccount = read(snapshot, address, deployment.id)?;
        let pool = account.pool().map_err(ReadError::at(address))?;
        Ok(Self {
            deployment,
            address,
            account,
            pool,
        })
    }

    /// What enters and leaves the curve. Older accounts have no reserves written yet; the first swap does.
    fn write_reserves(&mut self, direction: Direction, swap: &Swap) -> Result<(), Refusal> {
        if self.account.get(PoolAccount::LAYOUT_VERSION) == 0 {
            let (first, second) = self.pool.reserves_rounded_up()?;
            self.account.set(PoolAccount::RESERVE_FIRST, first);
            self.account.set(PoolAccount::RESERVE_SECOND, second);
            self.account.set(PoolAccount::LAYOUT_VERSION, 1);
        }
        let fee = swap.fee;
        let gross_out = if self.pool.fee_is_on_input(direction) {
            Some(swap.amount_out)
        } else {
            swap.amount_out.checked_add(fee.total())
        };
        let gross_out = gross_out.ok_or(Refusal::Overflow)?;
        let reserves = (PoolAccount::RESERVE_FIRST, PoolAccount::RESERVE_SECOND);
        let (reserve_in, reserve_out) = direction.in_out(reserves);
        let less = self.account.get(reserve_out).checked_sub(gross_out);
        self.account
            .set(reserve_out, less.ok_or(Refusal::InsufficientLiquidity)?);
        self.add(reserve_in, swap.net_amount_in, u64::checked_add)?;
        self.add(
            PoolAccount::RESERVE_SECOND,
            fee.compounding,
            u64::checked_add,
        )
    }

    fn write_fees(&mut self, direction: Direction, swap: &Swap) -> Result<(), Refusal> {
        let fee = swap.fee;
        let providers = u128::from(fee.claiming) + u128::from(fee.compounding);
        // Claimed by liquidity, in 128 bits behind the point.
        let growth = U256::from(fee.claiming).wrapping_shl(128);
        let growth = div_floor(growth, U256::from(self.pool.liquidity))?;

        let fields = if self.pool.fee_is_in_second_token(direction) {
            FeeFields::SECOND
        } else {
            FeeFields::FIRST
        };
        self.add(fields.protocol, fee.protocol, u64::checked_add)?;
        self.add(fields.total_protocol, fee.protocol, u64::checked_add)?;
        self.add(fields.total_providers, providers, u128::checked_add)?;
        self.add(fields.per_liquidity, growth, |sum, growth| {
            checked_add(sum, growth).ok()
        })
    }

    fn add<T: Value>(
        &mut self,
        field: Field<PoolLayout, T>,
        amount: T,
        checked_add: impl Fn(T, T) -> Option<T>,
    ) -> Result<(), Refusal> {
        let sum = checked_add(self.account.get(field), amount);
        self.account.set(field, sum.ok_or(Refusal::Overflow)?);
        Ok(())
    }

    /// The instruction that swaps with this pool, unreferred.
    #[must_use]
    pub fn swap_instruction(&self, trader: Trader, amounts: Amounts) -> SwapInstruction {
        let token_program = |flag| token::program_of_flag(self.account.get(flag));
        let is_limited = matches!(self.pool.fees.base, BaseFee::RateLimiter(_));
        let (mode, amount, limit) = of_amounts(amounts);
        SwapInstruction {
            trader,
            authority: self.deployment.authority,
            pool: self.address,
            vaults: (
                self.account.get(PoolAccount::VAULT_FIRST),
                self.account.get(PoolAccount::VAULT_SECOND),
            ),
            mints: (
                self.account.get(PoolAccount::MINT_FIRST),
                self.account.get(PoolAccount::MINT_SECOND),
            ),
            token_programs: (
                token_program(PoolAccount::TOKEN_FLAG_FIRST),
                token_program(PoolAccount::TOKEN_FLAG_SECOND),
            ),
            referral: None,
            event_authority: self.deployment.event_authority,
            instructions: is_limited.then_some(INSTRUCTIONS_SYSVAR),
            mode,
            amount,
            limit,
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

    fn figures(&self, _ask: Ask, direction: Direction, swap: &Swap) -> Result<Figures, Refusal> {
        Ok(Figures {
            amount_in: swap.amount_in,
            amount_out: swap.amount_out,
            fee: if self.pool.fee_is_on_input(direction) {
                Fees::on_input(swap.fee.total())
            } else {
                Fees::on_output(swap.fee.total())
            },
            price_after: price(&swap.after),
            compute_units: COMPUTE_UNITS,
        })
    }

    fn after(&self, direction: Direction, swap: &Swap, _now: ChainTime) -> Result<Self, Refusal> {
        let mut after = self.clone();
        after.write_reserves(direction, swap)?;
        after.write_fees(direction, swap)?;
        let account = &mut after.account;
        account.set(PoolAccount::SQRT_PRICE, swap.after.sqrt_price);
        if let Some(volatility) = swap.after.fees.volatility {
            account.set(PoolAccount::LAST_UPDATE, volatility.last_update);
            account.set(
                PoolAccount::SQRT_PRICE_REFERENCE,
                volatility.sqrt_price_reference,
            );
            account.set(PoolAccount::VOLATILITY_ACCUMULATOR, volatility.accumulator);
            account.set(PoolAccount::VOLATILITY_REFERENCE, volatility.reference);
        }
        after.pool = swap.after;
        Ok(after)
    }

    fn price(&self) -> Result<Price, Refusal> {
        Ok(price(&self.pool))
    }

    fn marginal(&self, direction: Direction, now: ChainTime) -> Result<Marginal, Refusal> {
        let fee = self.pool.marginal_fee(direction, now)?;
        let fees = match self.pool.fee_is_on_input(direction) {
            true => (fee, 0),
            false => (0, fee),
        };
        Marginal::new(self.price()?, direction, fees, FEE_DENOMINATOR)
    }

    fn mints(&self) -> (Address, Address) {
        (
            self.account.get(PoolAccount::MINT_FIRST),
            self.account.get(PoolAccount::MINT_SECOND),
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

impl FeeFields {
    const FIRST: Self = Self {
        protocol: PoolAccount::PROTOCOL_FEES_FIRST,
        per_liquidity: PoolAccount::FEE_FIRST_PER_LIQUIDITY,
        total_providers: PoolAccount::TOTAL_PROVIDER_FEES_FIRST,
        total_protocol: PoolAccount::TOTAL_PROTOCOL_FEES_FIRST,
    };

    const SECOND: Self = Self {
        protocol: PoolAccount::PROTOCOL_FEES_SECOND,
        per_liquidity: PoolAccount::FEE_SECOND_PER_LIQUIDITY,
        total_providers: PoolAccount::TOTAL_PROVIDER_FEES_SECOND,
        total_protocol: PoolAccount::TOTAL_PROTOCOL_FEES_SECOND,
    };
}

/// A constant product writes its root down rounded; its reserves say it exactly.
fn price(pool: &Pool) -> Price {
    match pool.collection {
        FeeCollection::Compounding {
            reserve_first,
            reserve_second,
        } => Price::of_reserves((reserve_first.into(), reserve_second.into())),
        FeeCollection::OutputToken | FeeCollection::SecondToken => {
            Price::of_sqrt_q64(pool.sqrt_price)
        }
    }
}
