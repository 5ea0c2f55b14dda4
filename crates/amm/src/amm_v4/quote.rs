//! Raydium AMM v4: the legacy constant product, which most SOL pairs still trade on.
//!
//! One fee on the input, rounded up; all of it stays in the vault, so the reserves grow by the
//! whole input. The fee follows the program's current rule; binaries older than August 2025 let
//! amounts below [`DUST_LIMIT`] pass free of fee, which is why a router should refuse those.

use crate::rounding::{mul_div_ceil, mul_div_floor, narrow_u64};
use crate::{ChainTime, Direction, Refusal};

#[cfg(test)]
mod tests;

/// Below this many base units, deployed binaries do not agree on the fee.
pub const DUST_LIMIT: u64 = 400;

/// The default fee: 25 parts in ten thousand.
const DEFAULT_FEE: (u64, u64) = (25, 10_000);

/// Whether and since when a pool may be swapped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Swaps are allowed.
    Open,
    /// Swaps are allowed once the pool's open time has passed.
    WaitingForOpenTime(u64),
    /// Swaps are refused.
    Closed,
}

/// A pool: two vaults and a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Balance of the coin vault (first token). Wider than a token account, because the curve
    /// prices swaps that no vault could take in; the chain then fails on the transfer.
    pub vault_coin: u128,
    /// Balance of the pc vault (second token).
    pub vault_pc: u128,
    /// Profit in the coin vault that is not the pool's to trade with.
    pub need_take_pnl_coin: u64,
    /// Profit in the pc vault that is not the pool's to trade with.
    pub need_take_pnl_pc: u64,
    /// Numerator of the swap fee.
    pub swap_fee_numerator: u64,
    /// Denominator of the swap fee.
    pub swap_fee_denominator: u64,
    /// Whether swaps are allowed.
    pub status: Status,
}

/// A priced swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swap {
    /// What is paid, fee included.
    pub amount_in: u64,
    /// What is received.
    pub amount_out: u64,
    /// The fee, in the input token.
    pub fee: u64,
    /// The pool as the swap leaves it.
    pub after: Pool,
}

impl Pool {
    /// An open pool with the venue's default fee of 0.25 %.
    #[must_use]
    pub fn with_default_fee(reserve_coin: u64, reserve_pc: u64) -> Self {
        let (swap_fee_numerator, swap_fee_denominator) = DEFAULT_FEE;
        Self {
            vault_coin: reserve_coin.into(),
            vault_pc: reserve_pc.into(),
            need_take_pnl_coin: 0,
            need_take_pnl_pc: 0,
            swap_fee_numerator,
            swap_fee_denominator,
            status: Status::Open,
        }
    }

    /// The reserves that the curve sees, coin and pc.
    pub fn reserves(&self) -> Result<(u128, u128), Refusal> {
        let coin = self.vault_coin.checked_sub(self.need_take_pnl_coin.into());
        let pc = self.vault_pc.checked_sub(self.need_take_pnl_pc.into());
        coin.zip(pc).ok_or(Refusal::Overflow)
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
        let fee = mul_div_ceil(
            amount_in.into(),
            self.swap_fee_numerator.into(),
            self.swap_fee_denominator.into(),
        )?;

        let net_in = u128::from(amount_in)
            .checked_sub(fee)
            .ok_or(Refusal::Overflow)?;
        let deeper = reserve_in.checked_add(net_in).ok_or(Refusal::Overflow)?;
        let amount_out = narrow_u64(mul_div_floor(reserve_out, net_in, deeper)?)?;
        self.settle(direction, amount_in, amount_out, narrow_u64(fee)?)
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
        let left = reserve_out
            .checked_sub(amount_out.into())
            .filter(|left| *left > 0);
        let left = left.ok_or(Refusal::InsufficientLiquidity)?;

        let net_in = mul_div_ceil(reserve_in, amount_out.into(), left)?;
        let kept = self
            .swap_fee_denominator
            .checked_sub(self.swap_fee_numerator);
        let amount_in = mul_div_ceil(
            net_in,
            self.swap_fee_denominator.into(),
            kept.ok_or(Refusal::Overflow)?.into(),
        )?;
        let fee = narrow_u64(amount_in.saturating_sub(net_in))?;
        self.settle(direction, narrow_u64(amount_in)?, amount_out, fee)
    }

    /// What the pool charges on the next unit paid, of the fee's denominator.
    pub(super) fn marginal_fee(
        &self,
        direction: Direction,
        now: ChainTime,
    ) -> Result<u64, Refusal> {
        self.check_open(now)?;
        self.reserves_by(direction)?;
        Ok(self.swap_fee_numerator)
    }

    /// Refuses where swaps are off or have not begun.
    pub(super) fn check_open(&self, now: ChainTime) -> Result<(), Refusal> {
        match self.status {
            Status::Open => Ok(()),
            Status::WaitingForOpenTime(open_time) if now.unix_time >= open_time => Ok(()),
            Status::WaitingForOpenTime(_) | Status::Closed => Err(Refusal::NotTradable),
        }
    }

    fn reserves_by(&self, direction: Direction) -> Result<(u128, u128), Refusal> {
        let (reserve_in, reserve_out) = direction.in_out(self.reserves()?);
        if reserve_in == 0 || reserve_out == 0 {
            return Err(Refusal::InsufficientLiquidity);
        }
        Ok((reserve_in, reserve_out))
    }

    fn settle(
        &self,
        direction: Direction,
        amount_in: u64,
        amount_out: u64,
        fee: u64,
    ) -> Result<Swap, Refusal> {
        if amount_out == 0 {
            return Err(Refusal::ZeroOutput);
        }
        let mut after = *self;
        // The first swap after the open time turns a waiting pool into an open one.
        after.status = Status::Open;
        let (vault_in, vault_out) = direction.in_out((&mut after.vault_coin, &mut after.vault_pc));
        *vault_in = vault_in
            .checked_add(amount_in.into())
            .ok_or(Refusal::Overflow)?;
        *vault_out = vault_out
            .checked_sub(amount_out.into())
            .ok_or(Refusal::Overflow)?;
        Ok(Swap {
            amount_in,
            amount_out,
            fee,
            after,
        })
    }
}
