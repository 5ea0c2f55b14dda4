//! Meteora DAMM v2: the one account of a pool, which holds all that a quote needs.

use ruint::aliases::U256;

use super::quote::fee::{BaseFee, Decay, Fees};
use super::quote::rate_limiter::RateLimiter;
use super::quote::volatility::Volatility;
use super::quote::{FeeCollection, MAX_FEE_NUMERATOR, MAX_FEE_NUMERATOR_FIRST_VERSION, Pool};
use crate::Address;
use crate::layout::{Account, DecodeError, Field, Layout, activation};

/// The layout of a pool account.
#[derive(Debug)]
pub enum PoolLayout {}

impl Layout for PoolLayout {
    const LENGTH: usize = 1112;
    const DISCRIMINATOR: Option<[u8; 8]> = Some([241, 154, 109, 4, 17, 177, 109, 188]);
}

/// A pool account.
pub type PoolAccount = Account<PoolLayout>;

type InPool<T> = Field<PoolLayout, T>;

/// The base fee's own parameters, which mean different things by mode.
impl PoolAccount {
    /// The base fee before any schedule.
    pub const CLIFF_FEE_NUMERATOR: InPool<u64> = Field::at(8);
    /// The kind of the base fee's schedule.
    pub const BASE_FEE_MODE: InPool<u8> = Field::at(16);
    /// Periods of a schedule; increment of the rate limiter.
    pub const BASE_FEE_FIRST: InPool<u16> = Field::at(22);
    /// Length of a period, where it is in time.
    pub const BASE_FEE_PERIOD: InPool<u64> = Field::at(24);
    /// Price step of a period; duration of the rate limiter.
    pub const BASE_FEE_SECOND: InPool<u32> = Field::at(24);
    /// Expiration of a price schedule; highest fee of the rate limiter.
    pub const BASE_FEE_THIRD: InPool<u32> = Field::at(28);
    /// Reduction per period; reference amount of the rate limiter.
    pub const BASE_FEE_FOURTH: InPool<u64> = Field::at(32);
    /// The protocol's percentage of the fee.
    pub const PROTOCOL_FEE_PERCENT: InPool<u8> = Field::at(48);
    /// The referrer's percentage of the protocol's part.
    pub const REFERRAL_FEE_PERCENT: InPool<u8> = Field::at(50);
    /// Basis points of the providers' part that stay in the pool.
    pub const COMPOUNDING_FEE_BPS: InPool<u16> = Field::at(54);
}

/// The volatility fee.
impl PoolAccount {
    /// Whether there is a volatility fee.
    pub const VOLATILITY_ENABLED: InPool<u8> = Field::at(56);
    /// The accumulator never exceeds this.
    pub const VOLATILITY_MAX: InPool<u32> = Field::at(64);
    /// Weight of the volatility in the fee.
    pub const VARIABLE_FEE_CONTROL: InPool<u32> = Field::at(68);
    /// Price step, in basis points, that counts as one bin.
    pub const BIN_STEP: InPool<u16> = Field::at(72);
    /// Seconds within which swaps count as one burst.
    pub const FILTER_PERIOD: InPool<u16> = Field::at(74);
    /// Seconds after which past volatility is forgotten.
    pub const DECAY_PERIOD: InPool<u16> = Field::at(76);
    /// Basis points of past volatility that survive a short pause.
    pub const REDUCTION_FACTOR: InPool<u16> = Field::at(78);
    /// Unix time of the last swap that moved the price by a bin or more.
    pub const LAST_UPDATE: InPool<u64> = Field::at(80);
    /// The price step in Q64.64.
    pub const BIN_STEP_Q64: InPool<u128> = Field::at(88);
    /// The price from which the present burst is measured.
    pub const SQRT_PRICE_REFERENCE: InPool<u128> = Field::at(104);
    /// Present volatility.
    pub const VOLATILITY_ACCUMULATOR: InPool<u128> = Field::at(120);
    /// Volatility carried over from before the present burst.
    pub const VOLATILITY_REFERENCE: InPool<u128> = Field::at(136);
}

impl PoolAccount {
    /// The price the pool began with.
    pub const INITIAL_SQRT_PRICE: InPool<u128> = Field::at(152);
    /// Mint of the first token.
    pub const MINT_FIRST: InPool<Address> = Field::at(168);
    /// Mint of the second token.
    pub const MINT_SECOND: InPool<Address> = Field::at(200);
    /// Vault of the first token.
    pub const VAULT_FIRST: InPool<Address> = Field::at(232);
    /// Vault of the second token.
    pub const VAULT_SECOND: InPool<Address> = Field::at(264);
    /// Who may buy before the activation point.
    pub const WHITELISTED_VAULT: InPool<Address> = Field::at(296);
    /// Liquidity.
    pub const LIQUIDITY: InPool<u128> = Field::at(360);
    /// The protocol's fees waiting in the first vault.
    pub const PROTOCOL_FEES_FIRST: InPool<u64> = Field::at(392);
    /// The protocol's fees waiting in the second vault.
    pub const PROTOCOL_FEES_SECOND: InPool<u64> = Field::at(400);
    /// Lower bound of the price.
    pub const SQRT_PRICE_MIN: InPool<u128> = Field::at(424);
    /// Upper bound of the price.
    pub const SQRT_PRICE_MAX: InPool<u128> = Field::at(440);
    /// Present price.
    pub const SQRT_PRICE: InPool<u128> = Field::at(456);
    /// From when the pool trades.
    pub const ACTIVATION_POINT: InPool<u64> = Field::at(472);
    /// The activation point's unit: slot or Unix time.
    pub const ACTIVATION_TYPE: InPool<u8> = Field::at(480);
    /// Zero where the pool is enabled.
    pub const STATUS: InPool<u8> = Field::at(481);
    /// One where the first token is of Token-2022.
    pub const TOKEN_FLAG_FIRST: InPool<u8> = Field::at(482);
    /// One where the second token is of Token-2022.
    pub const TOKEN_FLAG_SECOND: InPool<u8> = Field::at(483);
    /// Where the fee is taken.
    pub const COLLECT_FEE_MODE: InPool<u8> = Field::at(484);
    /// Whether the pool was opened with parameters of its own.
    pub const POOL_TYPE: InPool<u8> = Field::at(485);
    /// Decides on the highest fee.
    pub const FEE_VERSION: InPool<u8> = Field::at(486);
    /// All fees ever earned in the first token, by liquidity.
    pub const FEE_FIRST_PER_LIQUIDITY: InPool<U256> = Field::at(488);
    /// All fees ever earned in the second token, by liquidity.
    pub const FEE_SECOND_PER_LIQUIDITY: InPool<U256> = Field::at(520);
    /// All that providers ever earned in the first token.
    pub const TOTAL_PROVIDER_FEES_FIRST: InPool<u128> = Field::at(568);
    /// All that providers ever earned in the second token.
    pub const TOTAL_PROVIDER_FEES_SECOND: InPool<u128> = Field::at(584);
    /// All that the protocol ever earned in the first token.
    pub const TOTAL_PROTOCOL_FEES_FIRST: InPool<u64> = Field::at(600);
    /// All that the protocol ever earned in the second token.
    pub const TOTAL_PROTOCOL_FEES_SECOND: InPool<u64> = Field::at(608);
    /// Who opened the pool.
    pub const CREATOR: InPool<Address> = Field::at(648);
    /// What the curve holds of the first token.
    pub const RESERVE_FIRST: InPool<u64> = Field::at(680);
    /// What the curve holds of the second token.
    pub const RESERVE_SECOND: InPool<u64> = Field::at(688);
    /// Zero where the reserves have not been written yet.
    pub const LAYOUT_VERSION: InPool<u8> = Field::at(696);

    /// What a quote needs.
    pub fn pool(&self) -> Result<Pool, DecodeError> {
        let collection = match self.get(Self::COLLECT_FEE_MODE) {
            0 => FeeCollection::OutputToken,
            1 => FeeCollection::SecondToken,
            2 => FeeCollection::Compounding {
                reserve_first: self.get(Self::RESERVE_FIRST),
                reserve_second: self.get(Self::RESERVE_SECOND),
            },
            other => return Err(DecodeError::unknown("collect_fee_mode", other)),
        };
        let kind = self.get(Self::ACTIVATION_TYPE);
        Ok(Pool {
            liquidity: self.get(Self::LIQUIDITY),
            sqrt_price: self.get(Self::SQRT_PRICE),
            sqrt_price_min: self.get(Self::SQRT_PRICE_MIN),
            sqrt_price_max: self.get(Self::SQRT_PRICE_MAX),
            initial_sqrt_price: self.get(Self::INITIAL_SQRT_PRICE),
            fees: self.fees()?,
            collection,
            protocol_fees_first: self.get(Self::PROTOCOL_FEES_FIRST),
            protocol_fees_second: self.get(Self::PROTOCOL_FEES_SECOND),
            activation: activation(kind, self.get(Self::ACTIVATION_POINT))?,
            enabled: self.get(Self::STATUS) == 0,
        })
    }

    fn fees(&self) -> Result<Fees, DecodeError> {
        let max_numerator = match self.get(Self::FEE_VERSION) {
            0 => MAX_FEE_NUMERATOR_FIRST_VERSION,
            1 => MAX_FEE_NUMERATOR,
            other => return Err(DecodeError::unknown("fee_version", other)),
        };
        Ok(Fees {
            cliff_numerator: self.get(Self::CLIFF_FEE_NUMERATOR),
            base: self.base_fee()?,
            volatility: self.volatility(),
            max_numerator,
            protocol_percent: self.get(Self::PROTOCOL_FEE_PERCENT),
            referral_percent: self.get(Self::REFERRAL_FEE_PERCENT),
            compounding_bps: self.get(Self::COMPOUNDING_FEE_BPS),
        })
    }

    fn base_fee(&self) -> Result<BaseFee, DecodeError> {
        let mode = self.get(Self::BASE_FEE_MODE);
        let decay = match mode {
            0 | 3 => Decay::Linear,
            _ => Decay::Exponential,
        };
        match mode {
            0 | 1 => Ok(match self.get(Self::BASE_FEE_PERIOD) {
                0 => BaseFee::Constant,
                period_length => BaseFee::TimeSchedule {
                    decay,
                    periods: self.get(Self::BASE_FEE_FIRST),
                    period_length,
                    reduction: self.get(Self::BASE_FEE_FOURTH),
                },
            }),
            2 => Ok(BaseFee::RateLimiter(RateLimiter {
                increment_bps: self.get(Self::BASE_FEE_FIRST),
                duration: self.get(Self::BASE_FEE_SECOND),
                max_fee_bps: self.get(Self::BASE_FEE_THIRD),
                reference_amount: self.get(Self::BASE_FEE_FOURTH),
            })),
            3 | 4 => Ok(BaseFee::MarketCapSchedule {
                decay,
                periods: self.get(Self::BASE_FEE_FIRST),
                sqrt_price_step_bps: self.get(Self::BASE_FEE_SECOND),
                expiration: self.get(Self::BASE_FEE_THIRD),
                reduction: self.get(Self::BASE_FEE_FOURTH),
            }),
            other => Err(DecodeError::unknown("base_fee_mode", other)),
        }
    }

    fn volatility(&self) -> Option<Volatility> {
        if self.get(Self::VOLATILITY_ENABLED) == 0 {
            return None;
        }
        Some(Volatility {
            max_accumulator: self.get(Self::VOLATILITY_MAX),
            variable_fee_control: self.get(Self::VARIABLE_FEE_CONTROL),
            bin_step: self.get(Self::BIN_STEP),
            filter_period: self.get(Self::FILTER_PERIOD),
            decay_period: self.get(Self::DECAY_PERIOD),
            reduction_factor: self.get(Self::REDUCTION_FACTOR),
            last_update: self.get(Self::LAST_UPDATE),
            bin_step_q64: self.get(Self::BIN_STEP_Q64),
            sqrt_price_reference: self.get(Self::SQRT_PRICE_REFERENCE),
            accumulator: self.get(Self::VOLATILITY_ACCUMULATOR),
            reference: self.get(Self::VOLATILITY_REFERENCE),
        })
    }
}
