//! Meteora DLMM: liquidity in bins, each at a fixed price.
//!
//! A swap drains the active bin, steps to the next one that holds anything, and so on. The pool
//! here holds the bins of those bin arrays that were loaded; a swap that would run past them, or
//! over an array that exists but was not loaded, gives no quote.

mod fee;
mod step;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Bound;

pub use super::bin::{BINS_PER_ARRAY, Bin, array_of};
pub(super) use fee::DENOMINATOR as FEE_DENOMINATOR;
pub use fee::{Parameters, Volatility};

use super::bin::FeeToken;
use super::bins::Bins;
use fee::total_rate;
use step::{BinInPool, Remaining, Step, Totals};

use crate::{Activation, ChainTime, Direction, Refusal, q64};

/// Basis points in one.
const BASIS_POINTS: u128 = 10_000;

/// Where the pool's fee is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeCollection {
    /// In the input token.
    InputToken,
    /// In the second token, whichever way the swap goes.
    SecondToken,
}

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Fixed fee parameters.
    pub parameters: Parameters,
    /// Volatility state.
    pub volatility: Volatility,
    /// The bin the pool trades in.
    pub active_id: i32,
    /// Price ratio of neighbouring bins, in basis points.
    pub bin_step: u16,
    /// Where the fee is taken.
    pub collection: FeeCollection,
    /// Whether limit orders take part in swaps.
    pub limit_orders: bool,
    /// From when the pool trades, where it waits at all.
    pub activation: Option<Activation>,
    /// False where the pool was switched off.
    pub enabled: bool,
    /// The bins that were loaded.
    pub bins: Bins,
    /// Indexes of bin arrays that exist on the chain but were not loaded.
    pub missing_arrays: BTreeSet<i32>,
}

/// A priced swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// What is paid, fee included.
    pub amount_in: u64,
    /// What is received.
    pub amount_out: u64,
    /// The whole fee, in the token [`Pool::fee_is_on_input`] names.
    pub fee: u64,
    /// What of the fee goes to liquidity providers and to owners of limit orders.
    pub owners_fee: u64,
    /// What of that the liquidity providers may claim.
    pub providers_fee: u64,
    /// The protocol's part of the fee, together with what rounding left over.
    pub protocol_fee: u64,
    /// The fee rate of the last bin, in billionths.
    pub last_rate: u64,
    /// What the swap leaves otherwise than it was.
    pub after: After,
}

/// Those parts of a pool that a swap changes; all others would be copied for every quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The bin in which the price came to rest.
    pub active_id: i32,
    /// Volatility state.
    pub volatility: Volatility,
    /// The bins that the swap went through, by id.
    pub bins: Vec<(i32, Bin)>,
}

impl Pool {
    /// Whether a swap in this direction pays its fee in the input token.
    #[must_use]
    pub fn fee_is_on_input(&self, direction: Direction) -> bool {
        self.collection == FeeCollection::InputToken || direction == Direction::SecondToFirst
    }

    /// Whether a swap in this direction pays its fee in the first token.
    #[must_use]
    pub fn fee_is_in_first_token(&self, direction: Direction) -> bool {
        self.fee_is_on_input(direction) && direction == Direction::FirstToSecond
    }

    /// The price of the active bin, in Q64.64.
    pub fn price(&self) -> Result<u128, Refusal> {
        price(self.active_id, self.bin_step)
    }

    /// Prices the sale of exactly `amount_in`.
    pub fn quote_exact_in(
        &self,
        direction: Direction,
        amount_in: u64,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.walk(direction, Remaining::In(amount_in), now)
    }

    /// Prices the purchase of exactly `amount_out`.
    pub fn quote_exact_out(
        &self,
        direction: Direction,
        amount_out: u64,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.walk(direction, Remaining::Out(amount_out), now)
    }

    /// The price of the bin that pays next, in Q64.64, and what the pool charges there, of
    /// [`FEE_DENOMINATOR`].
    pub(super) fn marginal(
        &self,
        direction: Direction,
        now: ChainTime,
    ) -> Result<(u128, u64), Refusal> {
        self.check_open(now)?;
        let mut volatility = self.volatility;
        volatility.begin(&self.parameters, self.active_id, now.unix_time)?;
        let (id, bin) = self.next_bin(direction, self.active_id)?;
        volatility.visit(&self.parameters, id);
        let bin_price = match bin.price {
            0 => price(id, self.bin_step)?,
            known => known,
        };
        let rate = total_rate(&self.parameters, &volatility, self.bin_step)?;
        Ok((bin_price, rate))
    }

    /// Refuses where the pool is switched off or has not begun.
    pub(super) fn check_open(&self, now: ChainTime) -> Result<(), Refusal> {
        let waits = |activation: Activation| activation.now(now) < activation.point();
        if self.enabled && !self.activation.is_some_and(waits) {
            Ok(())
        } else {
            Err(Refusal::NotTradable)
        }
    }

    /// Whether a bin array that was not loaded lies in the price's way, the active one included.
    pub(super) fn needs_array(&self, direction: Direction) -> bool {
        let active = array_of(self.active_id);
        match direction {
            Direction::FirstToSecond => self.missing_arrays.range(..=active).next().is_some(),
            Direction::SecondToFirst => self.missing_arrays.range(active..).next().is_some(),
        }
    }

    /// Takes a swap of this pool over.
    pub fn take(&mut self, after: &After) {
        self.active_id = after.active_id;
        self.volatility = after.volatility;
        for (id, bin) in &after.bins {
            self.bins.put(*id, bin);
        }
    }

    fn walk(
        &self,
        direction: Direction,
        amount: Remaining,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.check_open(now)?;
        let mut after = After {
            active_id: self.active_id,
            volatility: self.volatility,
            bins: Vec::new(),
        };
        after
            .volatility
            .begin(&self.parameters, self.active_id, now.unix_time)?;

        let fee_token = if self.fee_is_in_first_token(direction) {
            FeeToken::First
        } else {
            FeeToken::Second
        };
        let mut remaining = amount;
        let mut total = Totals::default();
        while !remaining.is_done() {
            let (id, mut bin) = self.next_bin(direction, after.active_id)?;
            after.active_id = id;
            after.volatility.visit(&self.parameters, id);
            if bin.price == 0 {
                bin.price = price(id, self.bin_step)?;
            }
            let step = self.step(bin, &after.volatility, direction, remaining)?;

            remaining = remaining.less(&step)?;
            total.add(&step)?;
            bin.apply(direction, &step.fill)?;
            bin.earn(fee_token, step.fee.providers)?;
            // No swap comes back to a bin.
            after.bins.push((id, bin));
            if !remaining.is_done() {
                after.active_id = match direction {
                    Direction::FirstToSecond => id.checked_sub(1),
                    Direction::SecondToFirst => id.checked_add(1),
                }
                .ok_or(Refusal::Overflow)?;
            }
        }
        if total.amount_out == 0 {
            return Err(Refusal::ZeroOutput);
        }

        // A swap within one bin does not end the pause before it.
        if after.active_id != self.active_id {
            after.volatility.last_update = now.unix_time;
        }
        Ok(Swap {
            amount_in: total.amount_in,
            amount_out: total.amount_out,
            fee: total.fee,
            owners_fee: total.owners_fee,
            providers_fee: total.providers_fee,
            protocol_fee: total.protocol_fee,
            last_rate: total_rate(&self.parameters, &after.volatility, self.bin_step)?,
            after,
        })
    }

    /// The first bin from `from` on, in the direction the price moves, that can pay out.
    fn next_bin(&self, direction: Direction, from: i32) -> Result<(i32, Bin), Refusal> {
        let pays = |(_, bin): &(i32, Bin)| {
            let layers = bin.layers(direction, self.limit_orders);
            layers.liquidity > 0 || layers.processed_orders > 0 || layers.open_orders > 0
        };
        let found = match direction {
            Direction::FirstToSecond => self.bins.range(i32::MIN..=from).rev().find(pays),
            Direction::SecondToFirst => self.bins.range(from..=i32::MAX).find(pays),
        };
        let (found, bin) = found.ok_or(Refusal::InsufficientLiquidity)?;

        let (low, high) = (array_of(from.min(found)), array_of(from.max(found)));
        let between = (Bound::Included(low), Bound::Included(high));
        if self.missing_arrays.range(between).next().is_some() {
            return Err(Refusal::InsufficientLiquidity);
        }
        Ok((found, bin))
    }

    fn step(
        &self,
        bin: Bin,
        volatility: &Volatility,
        direction: Direction,
        remaining: Remaining,
    ) -> Result<Step, Refusal> {
        BinInPool {
            bin,
            layers: bin.layers(direction, self.limit_orders),
            direction,
            rate: total_rate(&self.parameters, volatility, self.bin_step)?,
            fee_on_input: self.fee_is_on_input(direction),
            protocol_share_bps: self.parameters.protocol_share_bps,
        }
        .take(remaining)
    }
}

/// The price of a bin: `(1 + bin_step)^id` in Q64.64.
pub fn price(bin_id: i32, bin_step: u16) -> Result<u128, Refusal> {
    let step = (u128::from(bin_step) << 64) / BASIS_POINTS;
    q64::pow(q64::ONE + step, bin_id)
}
