//! Raydium CPMM: the pool's state and the fee configuration it points to.

use super::{Account, Address, DecodeError};
use crate::math::cpmm::{CreatorFee, CreatorFeeOn, Pool};

/// Length of a pool account.
pub const POOL_LENGTH: usize = 637;

/// Length of a configuration account.
pub const CONFIG_LENGTH: usize = 236;

const POOL_DISCRIMINATOR: [u8; 8] = [247, 237, 227, 245, 215, 195, 222, 70];
const CONFIG_DISCRIMINATOR: [u8; 8] = [218, 244, 33, 104, 203, 203, 43, 111];

/// Bit of the status that switches swaps off.
const SWAPS_OFF: u8 = 1 << 2;

/// A pool account. Its reserves are not in it: they are the balances of the two vaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// The configuration account.
    pub config: Address,
    /// Vault of the first token.
    pub vault_first: Address,
    /// Vault of the second token.
    pub vault_second: Address,
    /// Mint of the first token.
    pub mint_first: Address,
    /// Mint of the second token.
    pub mint_second: Address,
    /// Token program of the first token.
    pub token_program_first: Address,
    /// Token program of the second token.
    pub token_program_second: Address,
    /// The pool's price observations.
    pub observation: Address,
    /// Decimals of the first token.
    pub decimals_first: u8,
    /// Decimals of the second token.
    pub decimals_second: u8,
    /// Status bits.
    pub status: u8,
    /// Unix time from which swaps are allowed.
    pub open_time: u64,
    /// Protocol, fund and creator fees waiting in the first vault.
    pub accrued_first: [u64; 3],
    /// Protocol, fund and creator fees waiting in the second vault.
    pub accrued_second: [u64; 3],
    /// Where a creator fee is taken.
    pub creator_fee_on: CreatorFeeOn,
    /// Whether there is a creator fee.
    pub creator_fee_enabled: bool,
}

/// A configuration account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Number of the configuration.
    pub index: u16,
    /// Trade fee.
    pub trade_fee_rate: u64,
    /// The protocol's part of the trade fee.
    pub protocol_fee_rate: u64,
    /// The fund's part of the trade fee.
    pub fund_fee_rate: u64,
    /// The creator's fee, for pools that have it enabled.
    pub creator_fee_rate: u64,
}

impl PoolState {
    /// Reads a pool account.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let account = Account::open(bytes, POOL_LENGTH, Some(POOL_DISCRIMINATOR))?;
        let creator_fee_on = match account.u8(389)? {
            0 => CreatorFeeOn::Input,
            1 => CreatorFeeOn::First,
            2 => CreatorFeeOn::Second,
            other => {
                let value = other.into();
                return Err(DecodeError::UnknownValue {
                    field: "creator_fee_on",
                    value,
                });
            }
        };
        Ok(Self {
            config: account.address(8)?,
            vault_first: account.address(72)?,
            vault_second: account.address(104)?,
            mint_first: account.address(168)?,
            mint_second: account.address(200)?,
            token_program_first: account.address(232)?,
            token_program_second: account.address(264)?,
            observation: account.address(296)?,
            status: account.u8(329)?,
            decimals_first: account.u8(331)?,
            decimals_second: account.u8(332)?,
            accrued_first: [account.u64(341)?, account.u64(357)?, account.u64(397)?],
            accrued_second: [account.u64(349)?, account.u64(365)?, account.u64(405)?],
            open_time: account.u64(373)?,
            creator_fee_on,
            creator_fee_enabled: account.u8(390)? != 0,
        })
    }

    /// The pool these accounts and the balances of its vaults describe.
    #[must_use]
    pub fn pool(&self, config: &Config, vault_first: u64, vault_second: u64) -> Pool {
        // Sums beyond the width of a token amount cannot be honest; they leave no reserve.
        let held = |fees: [u64; 3]| fees.into_iter().fold(0, u64::saturating_add);
        Pool {
            vault_first: vault_first.into(),
            vault_second: vault_second.into(),
            accrued_first: held(self.accrued_first),
            accrued_second: held(self.accrued_second),
            trade_fee_rate: config.trade_fee_rate,
            protocol_fee_rate: config.protocol_fee_rate,
            fund_fee_rate: config.fund_fee_rate,
            creator_fee: CreatorFee {
                rate: if self.creator_fee_enabled {
                    config.creator_fee_rate
                } else {
                    0
                },
                on: self.creator_fee_on,
            },
            swaps_enabled: self.status & SWAPS_OFF == 0,
            open_time: self.open_time,
        }
    }
}

impl Config {
    /// Reads a configuration account.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let account = Account::open(bytes, CONFIG_LENGTH, Some(CONFIG_DISCRIMINATOR))?;
        Ok(Self {
            index: account.u16(10)?,
            trade_fee_rate: account.u64(12)?,
            protocol_fee_rate: account.u64(20)?,
            fund_fee_rate: account.u64(28)?,
            creator_fee_rate: account.u64(108)?,
        })
    }
}
