//! What the four programs have in common: a pool prices a swap, names its instruction, and says what it leaves.
//!
//! Token-2022 transfer fees are taken here, before and after the program's own arithmetic.

use crate::instruction::{Amounts, Instruction, Trader};
use crate::price::Price;
use crate::token::TransferFees;
use crate::{Address, ChainTime, Direction, Refusal};

/// The conditions under which a swap is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions {
    /// Which way it goes.
    pub direction: Direction,
    /// What the token programs keep of its two transfers.
    pub transfer_fees: TransferFees,
    /// The chain's time.
    pub now: ChainTime,
}

/// Amounts by the token they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fees {
    /// In the token that is paid.
    pub input: u64,
    /// In the token that is received.
    pub output: u64,
}

/// What a swap costs and yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// What leaves the trader's account.
    pub amount_in: u64,
    /// What arrives in the trader's account.
    pub amount_out: u64,
    /// What the pool charges, for whomever.
    pub fee: Fees,
    /// What the token programs keep.
    pub transfer_fee: Fees,
    /// The pool's price before the swap.
    pub price_before: Price,
    /// The pool's price after the swap.
    pub price_after: Price,
    /// What the instruction uses at most, by experience and without its token account's creation. Simulate where
    /// that is possible.
    pub compute_units: u32,
}

impl Quote {
    /// How much worse the swap is than the pool's price before it, fees aside, in millionths rounded down; nothing
    /// where there is no such price.
    #[must_use]
    pub fn impact_ppm(&self, direction: Direction) -> Option<u32> {
        let price = match direction {
            Direction::FirstToSecond => self.price_before,
            Direction::SecondToFirst => self.price_before.inverse(),
        };
        let paid = self.reaching_pool().checked_sub(self.fee.input)?;
        price.shortfall_ppm(paid, self.leaving_pool()?.checked_add(self.fee.output)?)
    }

    /// What the pool charges, in millionths of what it is charged on.
    #[must_use]
    pub fn fee_ppm(&self) -> Option<u32> {
        let part = |fee: u64, of: u64| (u128::from(fee) * 1_000_000).checked_div(of.into());
        let paid = part(self.fee.input, self.reaching_pool())?;
        let received = self.leaving_pool()?.checked_add(self.fee.output)?;
        u32::try_from(paid + part(self.fee.output, received)?).ok()
    }

    /// What arrives at the pool.
    const fn reaching_pool(&self) -> u64 {
        self.amount_in.saturating_sub(self.transfer_fee.input)
    }

    /// What the pool sends.
    const fn leaving_pool(&self) -> Option<u64> {
        self.amount_out.checked_add(self.transfer_fee.output)
    }
}

/// What the next unit of what is paid brings: no swap through the pool brings more for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marginal {
    /// The price of what is paid in what is received, before fees.
    pub price: Price,
    /// What the pool's fees leave of what is paid and of what is received, as fractions.
    pub kept: [(u64, u64); 2],
}

impl Marginal {
    /// Eighteen digits of it, and the power of ten of the last one.
    #[must_use]
    pub fn significant(&self) -> Option<(u64, i32)> {
        self.price.significant(self.kept)
    }

    /// A price of the first token in the second, seen this way, less these fees of so many each, on what is paid and on
    /// what is received.
    pub(crate) fn new(
        price: Price,
        direction: Direction,
        (paid, received): (u64, u64),
        of: u64,
    ) -> Result<Self, Refusal> {
        let kept = |fee: u64| Some((of.checked_sub(fee)?, of));
        let kept = kept(paid).zip(kept(received));
        let (paid, received) = kept.ok_or(Refusal::Overflow)?;
        Ok(Self {
            price: match direction {
                Direction::FirstToSecond => price,
                Direction::SecondToFirst => price.inverse(),
            },
            kept: [paid, received],
        })
    }
}

/// What is asked of a program's own arithmetic.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    /// What a sale yields.
    In(u64),
    /// What a purchase costs.
    Out(u64),
}

/// What a program's own arithmetic says of a swap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// What the pool takes in.
    pub(crate) amount_in: u64,
    /// What the pool pays out.
    pub(crate) amount_out: u64,
    /// What it charges.
    pub(crate) fee: Fees,
    /// Where the price came to rest.
    pub(crate) price_after: Price,
    /// What the instruction uses at most.
    pub(crate) compute_units: u32,
}

/// A pool of one program, with its accounts.
pub(crate) trait Quoting: Sized {
    /// A swap as the program prices it.
    type Swap;

    /// Prices a swap.
    fn ask(&self, ask: Ask, direction: Direction, now: ChainTime) -> Result<Self::Swap, Refusal>;

    /// What is to be said of a priced swap.
    fn figures(
        &self,
        ask: Ask,
        direction: Direction,
        swap: &Self::Swap,
    ) -> Result<Figures, Refusal>;

    /// The pool and its accounts after a priced swap.
    fn after(
        &self,
        direction: Direction,
        swap: &Self::Swap,
        now: ChainTime,
    ) -> Result<Self, Refusal>;

    /// The price of the first token in the second.
    fn price(&self) -> Result<Price, Refusal>;

    /// What the next unit paid brings, the pool's fees taken off.
    fn marginal(&self, direction: Direction, now: ChainTime) -> Result<Marginal, Refusal>;

    /// Mints of the first and the second token.
    fn mints(&self) -> (Address, Address);

    /// The program's own accounts that a swap may change.
    fn accounts(&self) -> Vec<(Address, &[u8])>;

    /// The instruction that swaps.
    fn instruction(&self, direction: Direction, trader: Trader, amounts: Amounts) -> Instruction;

    /// What a sale yields.
    fn quote_in(&self, amount_in: u64, at: &Conditions) -> Result<Quote, Refusal> {
        let arriving = at.transfer_fees.input.arriving(amount_in)?;
        let ask = Ask::In(arriving);
        let swap = self.ask(ask, at.direction, at.now)?;
        let figures = self.figures(ask, at.direction, &swap)?;
        let amount_out = at.transfer_fees.output.arriving(figures.amount_out)?;
        self.quote(amount_in, amount_out, &figures)
    }

    /// What a purchase costs.
    fn quote_out(&self, amount_out: u64, at: &Conditions) -> Result<Quote, Refusal> {
        let leaving = at.transfer_fees.output.to_send(amount_out)?;
        let ask = Ask::Out(leaving);
        let swap = self.ask(ask, at.direction, at.now)?;
        let figures = self.figures(ask, at.direction, &swap)?;
        let amount_in = at.transfer_fees.input.to_send(figures.amount_in)?;
        self.quote(amount_in, amount_out, &figures)
    }

    /// The pool and its accounts after a swap.
    fn after_swap(&self, amounts: Amounts, at: &Conditions) -> Result<Self, Refusal> {
        let ask = match amounts {
            Amounts::ExactIn { amount_in, .. } => {
                Ask::In(at.transfer_fees.input.arriving(amount_in)?)
            }
            Amounts::ExactOut { amount_out, .. } => {
                Ask::Out(at.transfer_fees.output.to_send(amount_out)?)
            }
        };
        let swap = self.ask(ask, at.direction, at.now)?;
        self.after(at.direction, &swap, at.now)
    }

    /// The program may let dust through that pays out nothing; nobody wants that quote.
    fn quote(&self, amount_in: u64, amount_out: u64, figures: &Figures) -> Result<Quote, Refusal> {
        if amount_in == 0 || amount_out == 0 {
            return Err(Refusal::ZeroOutput);
        }
        Ok(Quote {
            amount_in,
            amount_out,
            fee: figures.fee,
            transfer_fee: Fees {
                input: amount_in.saturating_sub(figures.amount_in),
                output: figures.amount_out.saturating_sub(amount_out),
            },
            price_before: self.price()?,
            price_after: figures.price_after,
            compute_units: figures.compute_units,
        })
    }
}

impl Fees {
    /// A fee in the token that is paid.
    pub(crate) const fn on_input(fee: u64) -> Self {
        Self {
            input: fee,
            output: 0,
        }
    }

    /// A fee in the token that is received.
    pub(crate) const fn on_output(fee: u64) -> Self {
        Self {
            input: 0,
            output: fee,
        }
    }
}
