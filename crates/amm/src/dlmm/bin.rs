//! One DLMM bin: a fixed price, the liquidity of its providers, and limit orders behind it.
//!
//! A swap drains the layers in order: liquidity first, then limit orders already being worked off,
//! then open ones. Each layer rounds for itself, so the order and the layers decide the last unit.

use crate::rounding::{mul_div_ceil, mul_div_floor, narrow_u64};
use crate::{Direction, Refusal, q64};

/// Bins in one bin array.
pub const BINS_PER_ARRAY: i32 = 70;

/// Index of the bin array a bin lies in.
#[must_use]
pub const fn array_of(bin_id: i32) -> i32 {
    bin_id.div_euclid(BINS_PER_ARRAY)
}

/// What waits in a bin at its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bin {
    /// The first token held for the liquidity providers.
    pub amount_x: u64,
    /// The second token held for the liquidity providers.
    pub amount_y: u64,
    /// Price of the first token in the second, in Q64.64.
    pub price: u128,
    /// Shares of the liquidity providers, in Q64.64.
    pub liquidity_supply: u128,
    /// All fees ever earned in the first token, by liquidity, in Q64.64.
    pub fee_x_per_liquidity: u128,
    /// All fees ever earned in the second token, by liquidity, in Q64.64.
    pub fee_y_per_liquidity: u128,
    /// Output of limit orders that are partly filled already.
    pub processed_order_remaining: u64,
    /// Output of limit orders not yet touched.
    pub open_order_amount: u64,
    /// Whether the limit orders sell the first token; otherwise they sell the second.
    pub orders_are_asks: bool,
}

/// The layers a swap in one direction may drain, in their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layers {
    pub(super) liquidity: u64,
    pub(super) processed_orders: u64,
    pub(super) open_orders: u64,
}

/// The token a fee is taken in.
#[derive(Debug, Clone, Copy)]
pub(super) enum FeeToken {
    First,
    Second,
}

/// What went into a bin and came out of it, before any fee.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fill {
    pub(super) amount_in: u64,
    pub(super) amount_out: u64,
    pub(super) liquidity_in: u64,
    pub(super) liquidity_out: u64,
    pub(super) processed_orders_out: u64,
    pub(super) open_orders_out: u64,
}

impl Bin {
    /// A bin as its first provider leaves it.
    pub fn provided(amount_x: u64, amount_y: u64, price: u128) -> Result<Self, Refusal> {
        let worth = price.checked_mul(amount_x.into());
        let supply = worth.and_then(|worth| worth.checked_add(u128::from(amount_y) << 64));
        Ok(Self {
            amount_x,
            amount_y,
            price,
            liquidity_supply: supply.ok_or(Refusal::Overflow)?,
            ..Self::default()
        })
    }

    /// Whether nothing at all waits here.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.amount_x == 0
            && self.amount_y == 0
            && self.processed_order_remaining == 0
            && self.open_order_amount == 0
    }

    /// The layers a swap in this direction meets; limit orders only where the pool has them.
    pub(super) const fn layers(&self, direction: Direction, limit_orders: bool) -> Layers {
        let (liquidity, orders_match) = match direction {
            Direction::FirstToSecond => (self.amount_y, !self.orders_are_asks),
            Direction::SecondToFirst => (self.amount_x, self.orders_are_asks),
        };
        if limit_orders && orders_match {
            Layers {
                liquidity,
                processed_orders: self.processed_order_remaining,
                open_orders: self.open_order_amount,
            }
        } else {
            Layers {
                liquidity,
                processed_orders: 0,
                open_orders: 0,
            }
        }
    }

    /// Sells `amount` into the layers until it or they are used up.
    pub(super) fn fill(
        &self,
        direction: Direction,
        layers: &Layers,
        amount: u64,
    ) -> Result<Fill, Refusal> {
        let (liquidity_in, liquidity_out) = self.fill_layer(direction, amount, layers.liquidity)?;
        let left = amount.saturating_sub(liquidity_in);
        let (processed_in, processed_orders_out) =
            self.fill_layer(direction, left, layers.processed_orders)?;
        let left = left.saturating_sub(processed_in);
        let (open_in, open_orders_out) = self.fill_layer(direction, left, layers.open_orders)?;

        Ok(Fill {
            amount_in: sum([liquidity_in, processed_in, open_in])?,
            amount_out: sum([liquidity_out, processed_orders_out, open_orders_out])?,
            liquidity_in,
            liquidity_out,
            processed_orders_out,
            open_orders_out,
        })
    }

    /// What must go in, before any fee, for `amount_out` to come out of the layers.
    pub(super) fn input_for(
        &self,
        direction: Direction,
        layers: &Layers,
        amount_out: u64,
    ) -> Result<u64, Refusal> {
        let mut left = amount_out;
        let mut amount_in = 0;
        for layer in [
            layers.liquidity,
            layers.processed_orders,
            layers.open_orders,
        ] {
            let taken = left.min(layer);
            amount_in = sum([amount_in, self.input_ceil(direction, taken)?])?;
            left = left.saturating_sub(taken);
        }
        Ok(amount_in)
    }

    /// Adds a fill to the bin. Providers are paid in kind; what limit orders earned belongs to
    /// their owners and does not trade again.
    pub(super) fn apply(&mut self, direction: Direction, fill: &Fill) -> Result<(), Refusal> {
        let (paid, drained) = direction.in_out((&mut self.amount_x, &mut self.amount_y));
        *paid = paid
            .checked_add(fill.liquidity_in)
            .ok_or(Refusal::Overflow)?;
        *drained = drained
            .checked_sub(fill.liquidity_out)
            .ok_or(Refusal::Overflow)?;
        self.processed_order_remaining = self
            .processed_order_remaining
            .checked_sub(fill.processed_orders_out)
            .ok_or(Refusal::Overflow)?;
        self.open_order_amount = self
            .open_order_amount
            .checked_sub(fill.open_orders_out)
            .ok_or(Refusal::Overflow)?;
        Ok(())
    }

    /// Notes a fee for the liquidity providers, who claim it by their shares.
    pub(super) fn earn(&mut self, token: FeeToken, fee: u64) -> Result<(), Refusal> {
        // A bin that only holds limit orders has no providers.
        let Some(growth) = (u128::from(fee) << 64).checked_div(self.liquidity_supply >> 64) else {
            return Ok(());
        };
        let stored = match token {
            FeeToken::First => &mut self.fee_x_per_liquidity,
            FeeToken::Second => &mut self.fee_y_per_liquidity,
        };
        *stored = stored.checked_add(growth).ok_or(Refusal::Overflow)?;
        Ok(())
    }

    /// What one layer takes in and gives out.
    fn fill_layer(
        &self,
        direction: Direction,
        amount: u64,
        available: u64,
    ) -> Result<(u64, u64), Refusal> {
        if amount == 0 || available == 0 {
            return Ok((0, 0));
        }
        let max_in = self.input_ceil(direction, available)?;
        if amount >= max_in {
            return Ok((max_in, available));
        }
        Ok((amount, self.output_floor(direction, amount)?))
    }

    fn input_ceil(&self, direction: Direction, amount_out: u64) -> Result<u64, Refusal> {
        let amount = match direction {
            Direction::FirstToSecond => mul_div_ceil(amount_out.into(), q64::ONE, self.price)?,
            Direction::SecondToFirst => mul_div_ceil(amount_out.into(), self.price, q64::ONE)?,
        };
        narrow_u64(amount)
    }

    fn output_floor(&self, direction: Direction, amount_in: u64) -> Result<u64, Refusal> {
        let amount = match direction {
            Direction::FirstToSecond => mul_div_floor(self.price, amount_in.into(), q64::ONE)?,
            Direction::SecondToFirst => mul_div_floor(amount_in.into(), q64::ONE, self.price)?,
        };
        narrow_u64(amount)
    }
}

impl Layers {
    /// All that the layers can give out.
    pub(super) fn total(&self) -> Result<u64, Refusal> {
        sum([self.liquidity, self.processed_orders, self.open_orders])
    }
}

fn sum<const N: usize>(amounts: [u64; N]) -> Result<u64, Refusal> {
    amounts
        .into_iter()
        .try_fold(0u64, |total, amount| total.checked_add(amount))
        .ok_or(Refusal::Overflow)
}
