//! Raydium CPMM: constant product with a trade fee on the input and an optional creator fee.
//!
//! The reserves that the curve sees are the vaults less the fees which accrue inside them. The
//! rounding follows the program, not the venue's SDK: a creator fee on the input is rounded up
//! together with the trade fee, once.

use crate::rounding::{mul_div_ceil, mul_div_floor, narrow_u64};
use crate::{ChainTime, Direction, Refusal};

#[cfg(test)]
mod tests;

/// What every rate of this venue is a fraction of.
pub const RATE_DENOMINATOR: u64 = 1_000_000;

/// The protocol's part of the trade fee in the venue's standard configurations.
const STANDARD_PROTOCOL_FEE_RATE: u64 = 120_000;

/// The fund's part of the trade fee in the venue's standard configurations.
const STANDARD_FUND_FEE_RATE: u64 = 40_000;

/// Which token the pool's creator is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatorFeeOn {
    /// Whatever token is paid in.
    Input,
    /// Always the first token.
    First,
    /// Always the second token.
    Second,
}

/// The creator's fee on top of the trade fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreatorFee {
    /// Its rate; zero where the pool has none.
    pub rate: u64,
    /// The token it is taken from.
    pub on: CreatorFeeOn,
}

/// A pool with what its configuration account says of fees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Balance of the first token's vault. Wider than a token account, because the curve prices
    /// swaps that no vault could take in; the chain then fails on the transfer.
    pub vault_first: u128,
    /// Balance of the second token's vault.
    pub vault_second: u128,
    /// Fees held in the first vault for protocol, fund and creator: no part of the reserve.
    pub accrued_first: u64,
    /// Fees held in the second vault for protocol, fund and creator.
    pub accrued_second: u64,
    /// Trade fee.
    pub trade_fee_rate: u64,
    /// The protocol's part of the trade fee.
    pub protocol_fee_rate: u64,
    /// The fund's part of the trade fee.
    pub fund_fee_rate: u64,
    /// The creator's fee.
    pub creator_fee: CreatorFee,
    /// False where the pool's status forbids swaps.
    pub swaps_enabled: bool,
    /// Unix time from which swaps are allowed.
    pub open_time: u64,
}

/// A priced swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swap {
    /// What is paid, fees included.
    pub amount_in: u64,
    /// What is received.
    pub amount_out: u64,
    /// Trade fee, in the input token; the protocol's and the fund's parts are inside it.
    pub trade_fee: u64,
    /// The creator's fee, in the token [`Pool::creator_fee_is_on_input`] names.
    pub creator_fee: u64,
    /// The protocol's part of the trade fee.
    pub protocol_fee: u64,
    /// The fund's part of the trade fee.
    pub fund_fee: u64,
    /// Input reserve plus the net input: where the curve ends, before the liquidity providers'
    /// part of the fee is added to it.
    pub curve_reserve_in: u128,
    /// Output reserve less everything taken off the curve.
    pub curve_reserve_out: u128,
    /// The pool as the swap leaves it.
    pub after: Pool,
}

/// Net amounts on the curve together with the fees around them.
struct Priced {
    amount_in: u64,
    amount_out: u64,
    net_in: u128,
    gross_out: u128,
    trade_fee: u64,
    creator_fee: u64,
}

impl Pool {
    /// An open pool without accrued fees or creator, with the standard split of the trade fee.
    #[must_use]
    pub fn with_trade_fee(reserve_first: u64, reserve_second: u64, trade_fee_rate: u64) -> Self {
        Self {
            vault_first: reserve_first.into(),
            vault_second: reserve_second.into(),
            accrued_first: 0,
            accrued_second: 0,
            trade_fee_rate,
            protocol_fee_rate: STANDARD_PROTOCOL_FEE_RATE,
            fund_fee_rate: STANDARD_FUND_FEE_RATE,
            creator_fee: CreatorFee {
                rate: 0,
                on: CreatorFeeOn::Input,
            },
            swaps_enabled: true,
            open_time: 0,
        }
    }

    /// The reserves that the curve sees, first and second.
    pub fn reserves(&self) -> Result<(u128, u128), Refusal> {
        let first = self.vault_first.checked_sub(self.accrued_first.into());
        let second = self.vault_second.checked_sub(self.accrued_second.into());
        first.zip(second).ok_or(Refusal::Overflow)
    }

    /// Whether the creator is paid in the input token of a swap in this direction.
    #[must_use]
    pub fn creator_fee_is_on_input(&self, direction: Direction) -> bool {
        match self.creator_fee.on {
            CreatorFeeOn::Input => true,
            CreatorFeeOn::First => direction == Direction::FirstToSecond,
            CreatorFeeOn::Second => direction == Direction::SecondToFirst,
        }
    }

    /// Prices the sale of exactly `amount_in`.
    pub fn quote_exact_in(
        &self,
        direction: Direction,
        amount_in: u64,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.check_open(now)?;
        let (reserve_in, reserve_out) = self.reserves_by(direction)?;
        let amount = u128::from(amount_in);
        let rate = self.input_rate(direction)?;
        let total = mul_div_ceil(amount, rate, RATE_DENOMINATOR.into())?;
        let net_in = amount.checked_sub(total).ok_or(Refusal::Overflow)?;
        let gross_out = curve_out(reserve_in, reserve_out, net_in)?;

        let (trade, creator, amount_out) = if self.creator_fee_is_on_input(direction) {
            let creator = self.creator_part(total)?;
            (total.saturating_sub(creator), creator, gross_out)
        } else {
            let rate = self.creator_fee.rate.into();
            let creator = mul_div_ceil(gross_out, rate, RATE_DENOMINATOR.into())?;
            let amount_out = gross_out.checked_sub(creator).ok_or(Refusal::Overflow)?;
            (total, creator, amount_out)
        };
        let priced = Priced {
            amount_in,
            amount_out: narrow_u64(amount_out)?,
            net_in,
            gross_out,
            trade_fee: narrow_u64(trade)?,
            creator_fee: narrow_u64(creator)?,
        };
        self.settle(direction, &priced)
    }

    /// Prices the purchase of exactly `amount_out`.
    pub fn quote_exact_out(
        &self,
        direction: Direction,
        amount_out: u64,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.check_open(now)?;
        let (reserve_in, reserve_out) = self.reserves_by(direction)?;
        let on_input = self.creator_fee_is_on_input(direction);
        let gross_out = match self.creator_fee.rate {
            creator if !on_input && creator > 0 => gross_up(amount_out.into(), creator.into())?,
            _ => u128::from(amount_out),
        };

        let left = reserve_out.checked_sub(gross_out).filter(|left| *left > 0);
        let left = left.ok_or(Refusal::InsufficientLiquidity)?;
        let net_in = mul_div_ceil(reserve_in, gross_out, left)?;
        let amount_in = gross_up(net_in, self.input_rate(direction)?)?;

        let total = amount_in.checked_sub(net_in).ok_or(Refusal::Overflow)?;
        let (trade, creator) = if on_input {
            let creator = self.creator_part(total)?;
            (total.saturating_sub(creator), creator)
        } else {
            (total, gross_out.saturating_sub(amount_out.into()))
        };
        let priced = Priced {
            amount_in: narrow_u64(amount_in)?,
            amount_out,
            net_in,
            gross_out,
            trade_fee: narrow_u64(trade)?,
            creator_fee: narrow_u64(creator)?,
        };
        self.settle(direction, &priced)
    }

    /// What the pool charges on the next unit paid and on what that brings, of [`RATE_DENOMINATOR`].
    pub(super) fn marginal_fees(
        &self,
        direction: Direction,
        now: ChainTime,
    ) -> Result<(u64, u64), Refusal> {
        self.check_open(now)?;
        self.reserves_by(direction)?;
        let paid = narrow_u64(self.input_rate(direction)?)?;
        let received = match self.creator_fee_is_on_input(direction) {
            true => 0,
            false => self.creator_fee.rate,
        };
        Ok((paid, received))
    }

    /// Refuses where swaps are off or have not begun.
    pub(super) fn check_open(&self, now: ChainTime) -> Result<(), Refusal> {
        if self.swaps_enabled && now.unix_time >= self.open_time {
            Ok(())
        } else {
            Err(Refusal::NotTradable)
        }
    }

    fn reserves_by(&self, direction: Direction) -> Result<(u128, u128), Refusal> {
        let (reserve_in, reserve_out) = direction.in_out(self.reserves()?);
        if reserve_in == 0 || reserve_out == 0 {
            return Err(Refusal::InsufficientLiquidity);
        }
        Ok((reserve_in, reserve_out))
    }

    /// The rate taken off the input. The program divides by it to find the creator's part, and so
    /// fails where both rates are zero.
    fn input_rate(&self, direction: Direction) -> Result<u128, Refusal> {
        if !self.creator_fee_is_on_input(direction) {
            return Ok(self.trade_fee_rate.into());
        }
        match u128::from(self.trade_fee_rate) + u128::from(self.creator_fee.rate) {
            0 => Err(Refusal::NoQuote),
            rate => Ok(rate),
        }
    }

    fn creator_part(&self, total: u128) -> Result<u128, Refusal> {
        let creator = u128::from(self.creator_fee.rate);
        mul_div_floor(total, creator, u128::from(self.trade_fee_rate) + creator)
    }

    fn settle(&self, direction: Direction, priced: &Priced) -> Result<Swap, Refusal> {
        if priced.amount_out == 0 {
            return Err(Refusal::ZeroOutput);
        }
        let part = |rate: u64| {
            mul_div_floor(
                priced.trade_fee.into(),
                rate.into(),
                RATE_DENOMINATOR.into(),
            )
            .and_then(narrow_u64)
        };
        let protocol_fee = part(self.protocol_fee_rate)?;
        let fund_fee = part(self.fund_fee_rate)?;
        let (reserve_in, reserve_out) = self.reserves_by(direction)?;

        Ok(Swap {
            amount_in: priced.amount_in,
            amount_out: priced.amount_out,
            trade_fee: priced.trade_fee,
            creator_fee: priced.creator_fee,
            protocol_fee,
            fund_fee,
            curve_reserve_in: reserve_in
                .checked_add(priced.net_in)
                .ok_or(Refusal::Overflow)?,
            curve_reserve_out: reserve_out
                .checked_sub(priced.gross_out)
                .ok_or(Refusal::InsufficientLiquidity)?,
            after: self.after(direction, priced, protocol_fee, fund_fee)?,
        })
    }

    fn after(
        &self,
        direction: Direction,
        priced: &Priced,
        protocol_fee: u64,
        fund_fee: u64,
    ) -> Result<Self, Refusal> {
        let kept = protocol_fee
            .checked_add(fund_fee)
            .ok_or(Refusal::Overflow)?;
        let (accrued_in, accrued_out) = if self.creator_fee_is_on_input(direction) {
            (
                kept.checked_add(priced.creator_fee)
                    .ok_or(Refusal::Overflow)?,
                0,
            )
        } else {
            (kept, priced.creator_fee)
        };

        let mut after = *self;
        let vaults = (&mut after.vault_first, &mut after.vault_second);
        let (vault_in, vault_out) = direction.in_out(vaults);
        let accrued = (&mut after.accrued_first, &mut after.accrued_second);
        let (held_in, held_out) = direction.in_out(accrued);
        *vault_in = vault_in
            .checked_add(priced.amount_in.into())
            .ok_or(Refusal::Overflow)?;
        *vault_out = vault_out
            .checked_sub(priced.amount_out.into())
            .ok_or(Refusal::Overflow)?;
        *held_in = held_in.checked_add(accrued_in).ok_or(Refusal::Overflow)?;
        *held_out = held_out.checked_add(accrued_out).ok_or(Refusal::Overflow)?;
        Ok(after)
    }
}

/// What the constant product gives for a net input.
fn curve_out(reserve_in: u128, reserve_out: u128, net_in: u128) -> Result<u128, Refusal> {
    let deeper = reserve_in.checked_add(net_in).ok_or(Refusal::Overflow)?;
    mul_div_floor(net_in, reserve_out, deeper)
}

/// The smallest amount that leaves `net` once `rate` is taken off.
fn gross_up(net: u128, rate: u128) -> Result<u128, Refusal> {
    let denominator = u128::from(RATE_DENOMINATOR);
    let kept = denominator.checked_sub(rate).ok_or(Refusal::Overflow)?;
    mul_div_ceil(net, denominator, kept)
}
