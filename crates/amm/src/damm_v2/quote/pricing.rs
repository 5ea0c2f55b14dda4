//! From an amount to a priced swap: where the fee is taken, and the pool the swap leaves.
//!
//! The four ways of pricing differ in the order of fee and curve; everything before and after is
//! shared.

use super::curve::{self, Move};
use super::fee::{Basis, FeeSplit};
use super::parts::{Circumstances, fee_included, fee_on_top};
use super::{FeeCollection, Mode, Pool, Referral, Swap};
use crate::{ChainTime, Direction, Refusal};

/// A move along the curve with the fee around it.
struct Priced {
    moved: Move,
    fee: u64,
    amount_left: u64,
}

impl Pool {
    /// Prices a swap of any mode, referred or not.
    pub fn quote(
        &self,
        mode: Mode,
        direction: Direction,
        amount: u64,
        referral: Referral,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.check_open(now)?;
        let at = self.circumstances(direction, now);
        let priced = match (mode, self.fee_is_on_input(direction)) {
            (Mode::ExactOut, true) => self.exact_out_fee_on_input(&at, amount)?,
            (Mode::ExactOut, false) => self.exact_out_fee_on_output(&at, amount)?,
            (Mode::ExactIn | Mode::PartialIn, true) => self.sale_fee_on_input(mode, &at, amount)?,
            (Mode::ExactIn | Mode::PartialIn, false) => {
                self.sale_fee_on_output(mode, &at, amount)?
            }
        };
        let split = self.fees.split(priced.fee, referral)?;
        self.settle(direction, &priced, split, now)
    }

    /// What the pool charges on the next unit paid, or on what that brings, of the parts' denominator.
    pub(in crate::damm_v2) fn marginal_fee(
        &self,
        direction: Direction,
        now: ChainTime,
    ) -> Result<u64, Refusal> {
        self.check_open(now)?;
        let at = self.circumstances(direction, now);
        self.fees.numerator(&at, Basis::Included(0))
    }

    fn sale_fee_on_input(
        &self,
        mode: Mode,
        at: &Circumstances,
        amount_in: u64,
    ) -> Result<Priced, Refusal> {
        let numerator = self.fees.numerator(at, Basis::Included(amount_in))?;
        let fee = fee_included(amount_in, numerator)?;
        let net = amount_in.checked_sub(fee).ok_or(Refusal::Overflow)?;
        let moved = self.curve_in(mode, at.direction, net)?;

        // What the program reports as left is net of fee; the fee itself is on what was used.
        let amount_left = net.checked_sub(moved.amount_in).ok_or(Refusal::Overflow)?;
        if amount_left == 0 {
            return Ok(Priced {
                moved,
                fee,
                amount_left,
            });
        }
        let numerator = self.fees.numerator(at, Basis::Excluded(moved.amount_in))?;
        let fee = fee_on_top(moved.amount_in, numerator)?;
        Ok(Priced {
            moved,
            fee,
            amount_left,
        })
    }

    fn sale_fee_on_output(
        &self,
        mode: Mode,
        at: &Circumstances,
        amount_in: u64,
    ) -> Result<Priced, Refusal> {
        let numerator = self.fees.numerator(at, Basis::Included(amount_in))?;
        let moved = self.curve_in(mode, at.direction, amount_in)?;
        let amount_left = amount_in
            .checked_sub(moved.amount_in)
            .ok_or(Refusal::Overflow)?;
        let fee = fee_included(moved.amount_out, numerator)?;
        Ok(Priced {
            moved,
            fee,
            amount_left,
        })
    }

    fn exact_out_fee_on_input(
        &self,
        at: &Circumstances,
        amount_out: u64,
    ) -> Result<Priced, Refusal> {
        let moved = self.curve_exact_out(at.direction, amount_out)?;
        let numerator = self.fees.numerator(at, Basis::Excluded(moved.amount_in))?;
        let fee = fee_on_top(moved.amount_in, numerator)?;
        Ok(Priced {
            moved,
            fee,
            amount_left: 0,
        })
    }

    fn exact_out_fee_on_output(
        &self,
        at: &Circumstances,
        amount_out: u64,
    ) -> Result<Priced, Refusal> {
        let numerator = self.fees.numerator(at, Basis::Excluded(amount_out))?;
        let fee = fee_on_top(amount_out, numerator)?;
        let gross = amount_out.checked_add(fee).ok_or(Refusal::Overflow)?;
        let moved = self.curve_exact_out(at.direction, gross)?;
        Ok(Priced {
            moved,
            fee,
            amount_left: 0,
        })
    }

    /// Refuses where the pool is disabled or has not begun.
    pub(in crate::damm_v2) fn check_open(&self, now: ChainTime) -> Result<(), Refusal> {
        if self.enabled && self.activation.now(now) >= self.activation.point() {
            Ok(())
        } else {
            Err(Refusal::NotTradable)
        }
    }

    pub(super) fn circumstances(&self, direction: Direction, now: ChainTime) -> Circumstances {
        Circumstances {
            direction,
            activation_point: self.activation.point(),
            current_point: self.activation.now(now),
            sqrt_price: self.sqrt_price,
            initial_sqrt_price: self.initial_sqrt_price,
        }
    }

    fn curve_in(&self, mode: Mode, direction: Direction, net: u64) -> Result<Move, Refusal> {
        match (self.product_reserves(direction), mode) {
            (None, Mode::PartialIn) => self.range().partial_in(direction, net),
            (None, Mode::ExactIn | Mode::ExactOut) => self.range().exact_in(direction, net),
            // A constant product has no bound for a partial fill to stop at.
            (Some((reserve_in, reserve_out)), _) => Ok(Move {
                amount_in: net,
                amount_out: curve::product_exact_in(reserve_in, reserve_out, net)?,
                sqrt_price: self.sqrt_price,
            }),
        }
    }

    fn curve_exact_out(&self, direction: Direction, gross: u64) -> Result<Move, Refusal> {
        if gross == 0 {
            return Err(Refusal::ZeroOutput);
        }
        match self.product_reserves(direction) {
            None => self.range().exact_out(direction, gross),
            Some((reserve_in, reserve_out)) => Ok(Move {
                amount_in: curve::product_exact_out(reserve_in, reserve_out, gross)?,
                amount_out: gross,
                sqrt_price: self.sqrt_price,
            }),
        }
    }

    fn settle(
        &self,
        direction: Direction,
        priced: &Priced,
        fee: FeeSplit,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        let Priced {
            moved, amount_left, ..
        } = *priced;
        let on_input = self.fee_is_on_input(direction);
        let (amount_in, amount_out) = if on_input {
            (
                moved.amount_in.checked_add(fee.total()),
                Some(moved.amount_out),
            )
        } else {
            (
                Some(moved.amount_in),
                moved.amount_out.checked_sub(fee.total()),
            )
        };
        Ok(Swap {
            amount_in: amount_in.ok_or(Refusal::Overflow)?,
            net_amount_in: moved.amount_in,
            amount_left,
            amount_out: amount_out.ok_or(Refusal::Overflow)?,
            fee,
            after: self.after(direction, &moved, fee, now)?,
        })
    }

    fn after(
        &self,
        direction: Direction,
        moved: &Move,
        fee: FeeSplit,
        now: ChainTime,
    ) -> Result<Self, Refusal> {
        let mut after = *self;
        after.sqrt_price = moved.sqrt_price;
        if let Some((reserve_in, reserve_out)) = self.product_reserves(direction) {
            let grown = reserve_in
                .checked_add(moved.amount_in)
                .ok_or(Refusal::Overflow)?;
            let shrunk = reserve_out
                .checked_sub(moved.amount_out)
                .ok_or(Refusal::Overflow)?;
            // What put them in the swap's order puts them back in the pool's.
            let (reserve_first, second) = direction.in_out((grown, shrunk));
            let reserve_second = second
                .checked_add(fee.compounding)
                .ok_or(Refusal::Overflow)?;
            after.collection = FeeCollection::Compounding {
                reserve_first,
                reserve_second,
            };
            after.sqrt_price = curve::sqrt_price_of(reserve_first, reserve_second)?;
        }

        let held = if self.fee_is_in_second_token(direction) {
            &mut after.protocol_fees_second
        } else {
            &mut after.protocol_fees_first
        };
        *held = held.checked_add(fee.protocol).ok_or(Refusal::Overflow)?;
        if let Some(volatility) = self.fees.volatility {
            after.fees.volatility =
                Some(volatility.after(self.sqrt_price, after.sqrt_price, now.unix_time)?);
        }
        Ok(after)
    }
}
