//! Raydium AMM v4: the one account of a pool, which has no discriminator.

use super::{Account, Address, DecodeError};
use crate::math::amm_v4::{Pool, Status};

/// Length of a pool account.
pub const POOL_LENGTH: usize = 752;

/// A pool account. Its reserves are not in it: they are the balances of the two vaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmmInfo {
    /// Whether swaps are allowed.
    pub status: Status,
    /// Decimals of the coin token.
    pub decimals_coin: u64,
    /// Decimals of the pc token.
    pub decimals_pc: u64,
    /// Numerator of the swap fee.
    pub swap_fee_numerator: u64,
    /// Denominator of the swap fee.
    pub swap_fee_denominator: u64,
    /// Profit in the coin vault that is not the pool's to trade with.
    pub need_take_pnl_coin: u64,
    /// Profit in the pc vault that is not the pool's to trade with.
    pub need_take_pnl_pc: u64,
    /// Vault of the coin token.
    pub vault_coin: Address,
    /// Vault of the pc token.
    pub vault_pc: Address,
    /// Mint of the coin token.
    pub mint_coin: Address,
    /// Mint of the pc token.
    pub mint_pc: Address,
    /// The pool's account at its former order book.
    pub open_orders: Address,
    /// The former order book.
    pub market: Address,
    /// The former order book's program.
    pub market_program: Address,
}

impl AmmInfo {
    /// Reads a pool account.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let account = Account::open(bytes, POOL_LENGTH, None)?;
        let status = match account.u64(0)? {
            1 | 6 => Status::Open,
            7 => Status::WaitingForOpenTime(account.u64(224)?),
            0 | 2..=5 => Status::Closed,
            value => {
                return Err(DecodeError::UnknownValue {
                    field: "status",
                    value,
                });
            }
        };
        Ok(Self {
            status,
            decimals_coin: account.u64(32)?,
            decimals_pc: account.u64(40)?,
            swap_fee_numerator: account.u64(176)?,
            swap_fee_denominator: account.u64(184)?,
            need_take_pnl_coin: account.u64(192)?,
            need_take_pnl_pc: account.u64(200)?,
            vault_coin: account.address(336)?,
            vault_pc: account.address(368)?,
            mint_coin: account.address(400)?,
            mint_pc: account.address(432)?,
            open_orders: account.address(496)?,
            market: account.address(528)?,
            market_program: account.address(560)?,
        })
    }

    /// The pool this account and the balances of its vaults describe.
    #[must_use]
    pub fn pool(&self, vault_coin: u64, vault_pc: u64) -> Pool {
        Pool {
            vault_coin: vault_coin.into(),
            vault_pc: vault_pc.into(),
            need_take_pnl_coin: self.need_take_pnl_coin,
            need_take_pnl_pc: self.need_take_pnl_pc,
            swap_fee_numerator: self.swap_fee_numerator,
            swap_fee_denominator: self.swap_fee_denominator,
            status: self.status,
        }
    }
}
