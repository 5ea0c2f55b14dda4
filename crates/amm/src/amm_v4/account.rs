//! Raydium AMM v4: the one account of a pool, which has no discriminator.

use super::quote::{Pool, Status};
use crate::Address;
use crate::layout::{Account, DecodeError, Field, Layout};

/// The status of a pool that trades.
pub(super) const SWAP_ONLY: u64 = 6;

/// The layout of a pool account.
#[derive(Debug)]
pub enum PoolLayout {}

impl Layout for PoolLayout {
    const LENGTH: usize = 752;
    const DISCRIMINATOR: Option<[u8; 8]> = None;
}

/// A pool account. Its reserves are not in it: they are the balances of the two vaults.
pub type PoolAccount = Account<PoolLayout>;

type InPool<T> = Field<PoolLayout, T>;

impl PoolAccount {
    /// Whether swaps are allowed, as a number.
    pub const STATUS: InPool<u64> = Field::at(0);
    /// Bump of the program's authority.
    pub const NONCE: InPool<u64> = Field::at(8);
    /// Decimals of the coin token.
    pub const DECIMALS_COIN: InPool<u64> = Field::at(32);
    /// Decimals of the pc token.
    pub const DECIMALS_PC: InPool<u64> = Field::at(40);
    /// Numerator of the swap fee.
    pub const SWAP_FEE_NUMERATOR: InPool<u64> = Field::at(176);
    /// Denominator of the swap fee.
    pub const SWAP_FEE_DENOMINATOR: InPool<u64> = Field::at(184);
    /// Profit in the coin vault that is not the pool's to trade with.
    pub const NEED_TAKE_PNL_COIN: InPool<u64> = Field::at(192);
    /// Profit in the pc vault that is not the pool's to trade with.
    pub const NEED_TAKE_PNL_PC: InPool<u64> = Field::at(200);
    /// Unix time from which a waiting pool trades.
    pub const OPEN_TIME: InPool<u64> = Field::at(224);
    /// All coin ever paid in by swaps.
    pub const SWAP_COIN_IN: InPool<u128> = Field::at(256);
    /// All pc ever paid out by swaps.
    pub const SWAP_PC_OUT: InPool<u128> = Field::at(272);
    /// All fees ever taken in pc.
    pub const SWAP_PC_FEES: InPool<u64> = Field::at(288);
    /// All pc ever paid in by swaps.
    pub const SWAP_PC_IN: InPool<u128> = Field::at(296);
    /// All coin ever paid out by swaps.
    pub const SWAP_COIN_OUT: InPool<u128> = Field::at(312);
    /// All fees ever taken in coin.
    pub const SWAP_COIN_FEES: InPool<u64> = Field::at(328);
    /// Vault of the coin token.
    pub const VAULT_COIN: InPool<Address> = Field::at(336);
    /// Vault of the pc token.
    pub const VAULT_PC: InPool<Address> = Field::at(368);
    /// Mint of the coin token.
    pub const MINT_COIN: InPool<Address> = Field::at(400);
    /// Mint of the pc token.
    pub const MINT_PC: InPool<Address> = Field::at(432);
    /// Mint of the shares of liquidity providers.
    pub const SHARE_MINT: InPool<Address> = Field::at(464);
    /// The pool's account at its former order book.
    pub const OPEN_ORDERS: InPool<Address> = Field::at(496);
    /// The former order book.
    pub const MARKET: InPool<Address> = Field::at(528);
    /// The former order book's program.
    pub const MARKET_PROGRAM: InPool<Address> = Field::at(560);
    /// The pool's former orders.
    pub const TARGET_ORDERS: InPool<Address> = Field::at(592);
    /// Who may change the pool.
    pub const OWNER: InPool<Address> = Field::at(688);
    /// Shares that there are.
    pub const SHARE_SUPPLY: InPool<u64> = Field::at(720);
    /// The epoch of the last swap.
    pub const RECENT_EPOCH: InPool<u64> = Field::at(736);

    /// The pool this account and the balances of its vaults describe.
    pub fn pool(&self, (vault_coin, vault_pc): (u64, u64)) -> Result<Pool, DecodeError> {
        let status = match self.get(Self::STATUS) {
            1 | SWAP_ONLY => Status::Open,
            7 => Status::WaitingForOpenTime(self.get(Self::OPEN_TIME)),
            0 | 2..=5 => Status::Closed,
            other => return Err(DecodeError::unknown("status", other)),
        };
        Ok(Pool {
            vault_coin: vault_coin.into(),
            vault_pc: vault_pc.into(),
            need_take_pnl_coin: self.get(Self::NEED_TAKE_PNL_COIN),
            need_take_pnl_pc: self.get(Self::NEED_TAKE_PNL_PC),
            swap_fee_numerator: self.get(Self::SWAP_FEE_NUMERATOR),
            swap_fee_denominator: self.get(Self::SWAP_FEE_DENOMINATOR),
            status,
        })
    }
}

/// What the program traded at its former order book by; a swap looks at none of it.
impl PoolAccount {
    /// Orders it kept.
    pub const ORDER_COUNT: InPool<u64> = Field::at(16);
    /// How far from the price they stood.
    pub const ORDER_DEPTH: InPool<u64> = Field::at(24);
    /// What it was doing there.
    pub const STATE: InPool<u64> = Field::at(48);
    /// Whether it was to begin anew.
    pub const RESET_FLAG: InPool<u64> = Field::at(56);
    /// The least order.
    pub const ORDER_SIZE_MIN: InPool<u64> = Field::at(64);
    /// Part of the volume that an order might be.
    pub const VOLUME_CUT_MAX: InPool<u64> = Field::at(72);
    /// How much amounts varied.
    pub const AMOUNT_WAVE: InPool<u64> = Field::at(80);
    /// Coin in one lot.
    pub const LOT_COIN: InPool<u64> = Field::at(88);
    /// Pc in one lot.
    pub const LOT_PC: InPool<u64> = Field::at(96);
    /// The lowest price of an order.
    pub const PRICE_MULTIPLIER_MIN: InPool<u64> = Field::at(104);
    /// The highest price of an order.
    pub const PRICE_MULTIPLIER_MAX: InPool<u64> = Field::at(112);
    /// What its own prices were counted in.
    pub const DECIMAL_VALUE: InPool<u64> = Field::at(120);
    /// How far apart orders stood, numerator.
    pub const SEPARATION_NUMERATOR: InPool<u64> = Field::at(128);
    /// How far apart orders stood, denominator.
    pub const SEPARATION_DENOMINATOR: InPool<u64> = Field::at(136);
    /// The order book's fee, numerator.
    pub const TRADE_FEE_NUMERATOR: InPool<u64> = Field::at(144);
    /// The order book's fee, denominator.
    pub const TRADE_FEE_DENOMINATOR: InPool<u64> = Field::at(152);
    /// The protocol's part of the profit, numerator.
    pub const PNL_NUMERATOR: InPool<u64> = Field::at(160);
    /// The protocol's part of the profit, denominator.
    pub const PNL_DENOMINATOR: InPool<u64> = Field::at(168);
}
