//! Meteora DAMM v2: the one account of a pool, which holds all that a quote needs.

use super::{Account, Address, DecodeError, activation};
use crate::math::damm_v2::fee::{BaseFee, Decay, Fees};
use crate::math::damm_v2::rate_limiter::RateLimiter;
use crate::math::damm_v2::volatility::Volatility;
use crate::math::damm_v2::{
    FeeCollection, MAX_FEE_NUMERATOR, MAX_FEE_NUMERATOR_FIRST_VERSION, Pool,
};

/// Length of a pool account.
pub const POOL_LENGTH: usize = 1112;

const POOL_DISCRIMINATOR: [u8; 8] = [241, 154, 109, 4, 17, 177, 109, 188];

/// A pool account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Mint of the first token.
    pub mint_first: Address,
    /// Mint of the second token.
    pub mint_second: Address,
    /// Vault of the first token.
    pub vault_first: Address,
    /// Vault of the second token.
    pub vault_second: Address,
    /// What a quote needs.
    pub pool: Pool,
}

impl PoolState {
    /// Reads a pool account.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let account = Account::open(bytes, POOL_LENGTH, Some(POOL_DISCRIMINATOR))?;
        let collection = match account.u8(484)? {
            0 => FeeCollection::OutputToken,
            1 => FeeCollection::SecondToken,
            2 => FeeCollection::Compounding {
                reserve_first: account.u64(680)?,
                reserve_second: account.u64(688)?,
            },
            other => return Err(unknown("collect_fee_mode", other)),
        };
        Ok(Self {
            mint_first: account.address(168)?,
            mint_second: account.address(200)?,
            vault_first: account.address(232)?,
            vault_second: account.address(264)?,
            pool: Pool {
                liquidity: account.u128(360)?,
                sqrt_price: account.u128(456)?,
                sqrt_price_min: account.u128(424)?,
                sqrt_price_max: account.u128(440)?,
                initial_sqrt_price: account.u128(152)?,
                fees: fees(&account)?,
                collection,
                protocol_fees_first: account.u64(392)?,
                protocol_fees_second: account.u64(400)?,
                activation: activation(account.u8(480)?, account.u64(472)?)?,
                enabled: account.u8(481)? == 0,
            },
        })
    }
}

fn fees(account: &Account<'_>) -> Result<Fees, DecodeError> {
    let max_numerator = match account.u8(486)? {
        0 => MAX_FEE_NUMERATOR_FIRST_VERSION,
        1 => MAX_FEE_NUMERATOR,
        other => return Err(unknown("fee_version", other)),
    };
    Ok(Fees {
        cliff_numerator: account.u64(8)?,
        base: base_fee(account)?,
        volatility: volatility(account)?,
        max_numerator,
        protocol_percent: account.u8(48)?,
        referral_percent: account.u8(50)?,
        compounding_bps: account.u16(54)?,
    })
}

fn base_fee(account: &Account<'_>) -> Result<BaseFee, DecodeError> {
    let mode = account.u8(16)?;
    let decay = match mode {
        0 | 3 => Decay::Linear,
        _ => Decay::Exponential,
    };
    match mode {
        0 | 1 => Ok(match account.u64(24)? {
            0 => BaseFee::Constant,
            period_length => BaseFee::TimeSchedule {
                decay,
                periods: account.u16(22)?,
                period_length,
                reduction: account.u64(32)?,
            },
        }),
        2 => Ok(BaseFee::RateLimiter(RateLimiter {
            increment_bps: account.u16(22)?,
            duration: account.u32(24)?,
            max_fee_bps: account.u32(28)?,
            reference_amount: account.u64(32)?,
        })),
        3 | 4 => Ok(BaseFee::MarketCapSchedule {
            decay,
            periods: account.u16(22)?,
            sqrt_price_step_bps: account.u32(24)?,
            expiration: account.u32(28)?,
            reduction: account.u64(32)?,
        }),
        other => Err(unknown("base_fee_mode", other)),
    }
}

fn volatility(account: &Account<'_>) -> Result<Option<Volatility>, DecodeError> {
    if account.u8(56)? == 0 {
        return Ok(None);
    }
    Ok(Some(Volatility {
        max_accumulator: account.u32(64)?,
        variable_fee_control: account.u32(68)?,
        bin_step: account.u16(72)?,
        filter_period: account.u16(74)?,
        decay_period: account.u16(76)?,
        reduction_factor: account.u16(78)?,
        last_update: account.u64(80)?,
        bin_step_q64: account.u128(88)?,
        sqrt_price_reference: account.u128(104)?,
        accumulator: account.u128(120)?,
        reference: account.u128(136)?,
    }))
}

fn unknown(field: &'static str, value: u8) -> DecodeError {
    DecodeError::UnknownValue {
        field,
        value: value.into(),
    }
}
