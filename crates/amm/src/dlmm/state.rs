//! A DLMM pair with all that a swap needs of the chain, and what a swap makes of it.

use std::collections::BTreeMap;

use super::Deployment;
use super::account::PairAccount;
use super::bin_array::BinArray;
use super::instruction::{MEMO_PROGRAM, SwapInstruction};
use super::oracle::OracleAccount;
use super::quote::{FEE_DENOMINATOR, Pool, Swap, array_of, price};
use crate::instruction::{Amounts, Instruction, Trader};
use crate::price::Price;
use crate::quoting::{Ask, Fees, Figures, Marginal, Quoting};
use crate::snapshot::{ReadError, Snapshot, read, read_where_there};
use crate::{Address, ChainTime, Direction, Refusal, token};

/// What a swap within one bin uses at most, and each further bin; 41,000 and 5,200 are usual.
const COMPUTE_UNITS: u32 = 46_000;
const COMPUTE_UNITS_A_BIN: u32 = 6_000;
/// The same of the purchase of an exact amount; 44,500 and 6,600 are usual.
const COMPUTE_UNITS_BUYING: u32 = 50_000;
const COMPUTE_UNITS_A_BIN_BUYING: u32 = 6_800;

/// A pair and its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The program.
    pub deployment: Deployment,
    /// The pair's address.
    pub address: Address,
    /// The pair's account.
    pub account: PairAccount,
    /// Where the loaded ones of its bin arrays are, by index.
    pub arrays: BTreeMap<i32, Address>,
    /// Its price observations, where they were read; no quote needs them.
    pub oracle: Option<OracleAccount>,
    /// What is priced.
    pub pool: Pool,
}

impl State {
    /// Reads a pair with these of its bin arrays; more arrays let larger swaps be priced.
    pub fn read(
        deployment: Deployment,
        address: Address,
        arrays: &[Address],
        snapshot: &impl Snapshot,
    ) -> Result<Self, ReadError> {
        let account: PairAccount = read(snapshot, address, deployment.id)?;
        let (mut found, mut loaded) = (BTreeMap::new(), Vec::new());
        for at in arrays {
            let array: BinArray = read(snapshot, *at, deployment.id)?;
            let index = array.index().map_err(ReadError::at(*at))?;
            if array.get(BinArray::PAIR) == address {
                found.insert(index, *at);
                loaded.push(array);
            }
        }
        let oracle = account.get(PairAccount::ORACLE);
        let oracle = read_where_there(snapshot, oracle, deployment.id)?;
        let pool = account.pool(loaded).map_err(ReadError::at(address))?;
        Ok(Self {
            deployment,
            address,
            account,
            arrays: found,
            oracle,
            pool,
        })
    }

    /// The instruction that swaps with this pair, naming every loaded bin array that lies in the price's way. Before
    /// them stands the one behind the price, which the program passes over unless the price has moved into it by then.
    #[must_use]
    pub fn swap_instruction(
        &self,
        direction: Direction,
        trader: Trader,
        amounts: Amounts,
    ) -> SwapInstruction {
        let token_program = |flag| token::program_of_flag(self.account.get(flag));
        let active = array_of(self.pool.active_id);
        let address = |(_, address): (&i32, &Address)| *address;
        let bin_arrays = match direction {
            Direction::FirstToSecond => {
                let ahead = self.arrays.range(..=active).rev();
                let behind = self.arrays.range(active + 1..).next();
                behind.into_iter().chain(ahead).map(address).collect()
            }
            Direction::SecondToFirst => {
                let ahead = self.arrays.range(active..);
                let behind = self.arrays.range(..active).next_back();
                behind.into_iter().chain(ahead).map(address).collect()
            }
        };
        SwapInstruction {
            trader,
            pair: self.address,
            bitmap_extension: None,
            vaults: (
                self.account.get(PairAccount::VAULT_FIRST),
                self.account.get(PairAccount::VAULT_SECOND),
            ),
            mints: (
                self.account.get(PairAccount::MINT_FIRST),
                self.account.get(PairAccount::MINT_SECOND),
            ),
            oracle: self.account.get(PairAccount::ORACLE),
            host: None,
            token_programs: (
                token_program(PairAccount::TOKEN_FLAG_FIRST),
                token_program(PairAccount::TOKEN_FLAG_SECOND),
            ),
            memo_program: MEMO_PROGRAM,
            event_authority: self.deployment.event_authority,
            bin_arrays,
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

    fn figures(&self, ask: Ask, direction: Direction, swap: &Swap) -> Result<Figures, Refusal> {
        Ok(Figures {
            amount_in: swap.amount_in,
            amount_out: swap.amount_out,
            fee: if self.pool.fee_is_on_input(direction) {
                Fees::on_input(swap.fee)
            } else {
                Fees::on_output(swap.fee)
            },
            price_after: price(swap.after.active_id, self.pool.bin_step).map(Price::of_q64)?,
            compute_units: compute_units(ask, self.pool.active_id, swap.after.active_id),
        })
    }

    fn after(&self, direction: Direction, swap: &Swap, now: ChainTime) -> Result<Self, Refusal> {
        let mut after = self.clone();
        let volatility = swap.after.volatility;
        let account = &mut after.account;
        account.set(PairAccount::VOLATILITY_ACCUMULATOR, volatility.accumulator);
        account.set(PairAccount::VOLATILITY_REFERENCE, volatility.reference);
        account.set(PairAccount::INDEX_REFERENCE, volatility.index_reference);
        let last_update = i64::try_from(volatility.last_update).map_err(|_| Refusal::Overflow)?;
        account.set(PairAccount::LAST_UPDATE, last_update);
        account.set(PairAccount::ACTIVE_ID, swap.after.active_id);
        let field = if self.pool.fee_is_in_first_token(direction) {
            PairAccount::PROTOCOL_FEES_FIRST
        } else {
            PairAccount::PROTOCOL_FEES_SECOND
        };
        let fees = account.get(field).checked_add(swap.protocol_fee);
        account.set(field, fees.ok_or(Refusal::Overflow)?);

        if let Some(oracle) = &mut after.oracle {
            oracle.observe(self.pool.active_id, now.unix_time)?;
        }
        after.pool.take(&swap.after);
        Ok(after)
    }

    fn price(&self) -> Result<Price, Refusal> {
        self.pool.price().map(Price::of_q64)
    }

    fn marginal(&self, direction: Direction, now: ChainTime) -> Result<Marginal, Refusal> {
        let (price, fee) = self.pool.marginal(direction, now)?;
        let fees = match self.pool.fee_is_on_input(direction) {
            true => (fee, 0),
            false => (0, fee),
        };
        Marginal::new(Price::of_q64(price), direction, fees, FEE_DENOMINATOR)
    }

    fn mints(&self) -> (Address, Address) {
        (
            self.account.get(PairAccount::MINT_FIRST),
            self.account.get(PairAccount::MINT_SECOND),
        )
    }

    fn accounts(&self) -> Vec<(Address, &[u8])> {
        let arrays = self.arrays.iter().filter_map(|(index, address)| {
            let array = self.pool.bins.array(*index)?;
            Some((*address, array.bytes()))
        });
        let oracle = self.oracle.iter().map(|oracle| {
            let address = self.account.get(PairAccount::ORACLE);
            (address, oracle.bytes())
        });
        std::iter::once((self.address, self.account.bytes()))
            .chain(arrays)
            .chain(oracle)
            .collect()
    }

    fn instruction(&self, direction: Direction, trader: Trader, amounts: Amounts) -> Instruction {
        self.swap_instruction(direction, trader, amounts)
            .encode(&self.deployment)
    }
}

/// What a swap that leaves one bin for another uses at most.
fn compute_units(ask: Ask, from: i32, to: i32) -> u32 {
    let (first, a_bin) = match ask {
        Ask::In(_) => (COMPUTE_UNITS, COMPUTE_UNITS_A_BIN),
        Ask::Out(_) => (COMPUTE_UNITS_BUYING, COMPUTE_UNITS_A_BIN_BUYING),
    };
    a_bin
        .saturating_mul(from.abs_diff(to))
        .saturating_add(first)
}
