//! One execution of an order as one transaction: what it does, in which order, and what makes it its own.
//!
//! The instructions: compute-unit limit and price, the token accounts that the route fills, a temporary account for
//! wrapped SOL, the swaps, and the temporary account's end. Native SOL goes through an account of this execution
//! alone, never through the wallet's own wrapped SOL: executions side by side do not disturb each other, and what the
//! owner has wrapped stays wrapped.
//!
//! **Invariant:** every transaction names one address that no other names ([`own`]). It makes equal orders at one
//! blockhash different messages with different signatures, and its absence from the chain provable.

pub mod budget;
pub mod compile;
pub(crate) mod instructions;
pub mod own;
pub mod rehearsal;
pub mod rent;
pub mod work;

use std::collections::BTreeSet;
use std::sync::Arc;

use amm::instruction::{Amounts, Instruction, Trader};
use amm::{Address, Direction, Pool};
use domain::OrderId;

use crate::address::{TOKEN_PROGRAM, WRAPPED_SOL, associated_token};
use crate::rpc::Lamports;
use budget::Budget;

/// Bytes of an account of wrapped SOL.
pub const WRAPPED_ACCOUNT_BYTES: usize = amm::token::ACCOUNT_LENGTH;
/// More swaps fit into no transaction.
pub const LEGS_MAX: usize = 4;

/// A token as transactions see it: its mint, and the program that owns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// The mint.
    pub mint: Address,
    /// The token program.
    pub program: Address,
}

impl Asset {
    /// SOL as a token.
    pub const WRAPPED_SOL: Self = Self {
        mint: WRAPPED_SOL,
        program: TOKEN_PROGRAM,
    };

    /// Whether this is native SOL, wrapped for the swap.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.mint == WRAPPED_SOL
    }
}

/// One swap of a route.
#[derive(Debug, Clone, Copy)]
pub struct Leg<'a> {
    /// The pool.
    pub pool: &'a Pool,
    /// Which way.
    pub direction: Direction,
    /// How much, and the limit that the program holds to.
    pub amounts: Amounts,
}

/// What is to be done by one transaction.
#[derive(Debug, Clone, Copy)]
pub struct Execution<'a> {
    /// The order.
    pub order_id: OrderId,
    /// Which execution of the order this is.
    pub number: u32,
    /// Who pays, swaps and signs.
    pub wallet: Address,
    /// What the route pays with, what it goes through, and what it yields, in this order.
    pub path: &'a [Asset],
    /// Its swaps, in the order in which they happen.
    pub legs: &'a [Leg<'a>],
    /// What it may use, and what it pays for that.
    pub budget: Budget,
    /// What an account of [`WRAPPED_ACCOUNT_BYTES`] must hold now.
    pub wrapped_rent: Lamports,
}

/// Why no transaction can be made of it. All of them are defects of the route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no swap, or there are more than fit.
    #[error("a route has 1 to {LEGS_MAX} swaps, not {0}")]
    Legs(usize),
    /// A swap takes or gives a token that is not on the route.
    #[error("a swap of the route uses the mint {0}, which is not on its path")]
    OffPath(Address),
    /// A swap with no limit would take anything for nothing.
    #[error("a swap of the route has no limit")]
    NoLimit,
    /// The sums are beyond any amount that exists.
    #[error("the route's amounts do not fit into 64 bits")]
    Overflow,
    /// It does not fit into one packet.
    #[error(
        "the transaction takes {bytes} bytes, of at most {}",
        compile::BYTES_MAX
    )]
    TooLarge {
        /// What it takes in the shortest form found.
        bytes: usize,
    },
    /// Its accounts cannot be put into a message.
    #[error("the transaction's accounts do not fit into a message")]
    TooManyAccounts,
}

/// An execution's instructions, with what must be known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The instructions, in their order.
    pub instructions: Vec<Instruction>,
    /// How much SOL is wrapped.
    pub wrapped: u64,
    /// Where its swaps begin among them.
    first_swap: usize,
    holdings: Holdings,
}

impl Draft {
    /// Where each token of the path is kept. The account of native SOL is made and ended by the execution itself.
    #[must_use]
    pub fn holdings(&self) -> &[(Asset, Address)] {
        &self.holdings.0
    }

    /// The accounts of its swaps that others want to write too: those of the wallet show what it paid itself.
    #[must_use]
    pub fn contested(&self, wallet: Address) -> Arc<[Address]> {
        let swaps = self.instructions.iter().skip(self.first_swap);
        let written = swaps
            .flat_map(|it| &it.accounts)
            .filter(|it| it.is_writable);
        let is_own = |address: &Address| {
            *address == wallet || self.holdings.0.iter().any(|(_, own)| own == address)
        };
        let contested = written.map(|it| it.address).filter(|it| !is_own(it));
        // The same for all who use these pools.
        let contested: BTreeSet<Address> = contested.collect();
        contested.into_iter().collect()
    }
}

/// Where an execution keeps each token of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holdings(Vec<(Asset, Address)>);

impl Holdings {
    fn of(execution: &Execution<'_>, own: Address) -> Self {
        let path = execution.path.iter().map(|asset| {
            let account = match asset.is_native() {
                true => own,
                false => associated_token(execution.wallet, asset.mint, asset.program),
            };
            (*asset, account)
        });
        Self(path.collect())
    }

    fn account(&self, mint: Address) -> Result<Address, Error> {
        let mut path = self.0.iter();
        let found = path.find(|(asset, _)| asset.mint == mint);
        found
            .map(|(_, account)| *account)
            .ok_or(Error::OffPath(mint))
    }
}

/// What an execution does.
pub fn draft(execution: &Execution<'_>) -> Result<Draft, Error> {
    if !(1..=LEGS_MAX).contains(&execution.legs.len()) {
        return Err(Error::Legs(execution.legs.len()));
    }
    if !execution.legs.iter().all(|leg| is_limited(leg.amounts)) {
        return Err(Error::NoLimit);
    }
    let wallet = execution.wallet;
    let seed = own::seed(execution.order_id, execution.number);
    let own = own::address(wallet, &seed);
    let holdings = Holdings::of(execution, own);
    let wraps = execution.path.iter().any(Asset::is_native);

    let mut all = budget_instructions(execution.budget).to_vec();
    if !wraps {
        all.push(instructions::transfer_of_nothing(wallet, own));
    }
    let filled = holdings.0.iter().skip(1);
    for (asset, account) in filled.filter(|(asset, _)| !asset.is_native()) {
        all.push(instructions::create_associated_token(
            wallet, *account, *asset,
        ));
    }
    let wrapped = funding(execution)?;
    if wraps {
        let lamports = execution.wrapped_rent.checked_add(Lamports::new(wrapped));
        let lamports = lamports.ok_or(Error::Overflow)?;
        let (bytes, program) = (WRAPPED_ACCOUNT_BYTES, Asset::WRAPPED_SOL.program);
        all.push(instructions::create_with_seed(
            wallet, own, &seed, lamports, bytes, program,
        ));
        all.push(instructions::initialize_account(
            wallet,
            own,
            Asset::WRAPPED_SOL,
        ));
    }
    let first_swap = all.len();
    for leg in execution.legs {
        all.push(swap(wallet, &holdings, leg)?);
    }
    if wraps {
        all.push(instructions::close(wallet, own));
    }
    Ok(Draft {
        instructions: all,
        wrapped,
        first_swap,
        holdings,
    })
}

/// Changes what a transaction of these instructions may use and what it offers for that.
pub fn set_budget(instructions: &mut [Instruction], budget: Budget) {
    let places = instructions.iter_mut().zip(budget_instructions(budget));
    for (place, instruction) in places {
        *place = instruction;
    }
}

/// The first instructions of every transaction.
fn budget_instructions(budget: Budget) -> [Instruction; 2] {
    [
        instructions::compute_unit_limit(budget.units),
        instructions::compute_unit_price(budget.price),
    ]
}

/// DAMM v2 takes dust for nothing where it may, so every swap says what is the least.
const fn is_limited(amounts: Amounts) -> bool {
    match amounts {
        Amounts::ExactIn { min_amount_out, .. } => min_amount_out > 0,
        Amounts::ExactOut { max_amount_in, .. } => max_amount_in < u64::MAX,
    }
}

fn swap(wallet: Address, holdings: &Holdings, leg: &Leg<'_>) -> Result<Instruction, Error> {
    let (input, output) = leg.direction.in_out(leg.pool.mints());
    let trader = Trader {
        wallet,
        input: holdings.account(input)?,
        output: holdings.account(output)?,
    };
    Ok(leg
        .pool
        .swap_instruction(leg.direction, trader, leg.amounts))
}

/// How much SOL is wrapped before the swaps: what those that pay with it may take, where the route begins with it.
fn funding(execution: &Execution<'_>) -> Result<u64, Error> {
    if !execution.path.first().is_some_and(Asset::is_native) {
        return Ok(0);
    }
    let mut total = 0_u64;
    for leg in execution.legs {
        let (input, _) = leg.direction.in_out(leg.pool.mints());
        if input == WRAPPED_SOL {
            let most = match leg.amounts {
                Amounts::ExactIn { amount_in, .. } => amount_in,
                Amounts::ExactOut { max_amount_in, .. } => max_amount_in,
            };
            total = total.checked_add(most).ok_or(Error::Overflow)?;
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests;
