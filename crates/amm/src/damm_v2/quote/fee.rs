//! What a DAMM v2 pool charges: a base fee that may follow a schedule, plus a volatility fee.
//!
//! Fees are numerators over one denominator (`parts.rs`). Launch pools begin with half of the trade or more and
//! fall from there, so the fee at the chain's present time matters more than the pool's price.

use super::parts::{BASIS_POINTS, Circumstances};
use super::rate_limiter::RateLimiter;
use super::volatility::Volatility;
use crate::rounding::{mul_div_floor, narrow_u64};
use crate::{Refusal, q64};

/// How the fee falls from period to period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decay {
    /// By a fixed numerator.
    Linear,
    /// By a fixed number of basis points of what is left.
    Exponential,
}

/// How the base fee departs from its cliff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseFee {
    /// It does not.
    Constant,
    /// It falls with the time since activation.
    TimeSchedule {
        /// How it falls.
        decay: Decay,
        /// Periods after which it falls no further.
        periods: u16,
        /// Length of a period, in the pool's activation unit.
        period_length: u64,
        /// What one period takes off.
        reduction: u64,
    },
    /// It grows with the size of a purchase of the first token.
    RateLimiter(RateLimiter),
    /// It falls as the price rises above the one the pool began with.
    MarketCapSchedule {
        /// How it falls.
        decay: Decay,
        /// Periods after which it falls no further.
        periods: u16,
        /// Rise of the square-root price that makes a period, in basis points.
        sqrt_price_step_bps: u32,
        /// Time after activation at which the last period's fee applies in any case.
        expiration: u32,
        /// What one period takes off.
        reduction: u64,
    },
}

/// Everything that decides on a pool's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// The base fee where no schedule applies, and where every schedule begins.
    pub cliff_numerator: u64,
    /// The schedule.
    pub base: BaseFee,
    /// The volatility fee, where the pool has one.
    pub volatility: Option<Volatility>,
    /// No total goes above this.
    pub max_numerator: u64,
    /// The protocol's percentage of the fee.
    pub protocol_percent: u8,
    /// The referrer's percentage of the protocol's part.
    pub referral_percent: u8,
    /// Basis points of the liquidity providers' part which stay in the pool.
    pub compounding_bps: u16,
}

/// The amount that decides on a fee which depends on size.
#[derive(Debug, Clone, Copy)]
pub(super) enum Basis {
    /// An amount the fee is still inside.
    Included(u64),
    /// An amount the fee comes on top of.
    Excluded(u64),
}

/// Who gets what of a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeeSplit {
    /// Left for the liquidity providers to claim.
    pub claiming: u64,
    /// Left in the pool's reserves.
    pub compounding: u64,
    /// The protocol's part, without the referrer's.
    pub protocol: u64,
    /// The referrer's part.
    pub referral: u64,
}

impl FeeSplit {
    /// The whole fee.
    #[must_use]
    pub const fn total(&self) -> u64 {
        // The parts were split off one u64, so their sum cannot exceed it.
        self.claiming
            .saturating_add(self.compounding)
            .saturating_add(self.protocol)
            .saturating_add(self.referral)
    }
}

/// Whether somebody referred the trader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Referral {
    /// Nobody.
    #[default]
    None,
    /// The swap names a referrer's token account.
    Present,
}

impl Fees {
    /// The fee numerator of one swap.
    pub(super) fn numerator(&self, at: &Circumstances, amount: Basis) -> Result<u64, Refusal> {
        let base = self.base_numerator(at, amount)?;
        let variable = match &self.volatility {
            Some(volatility) => volatility.fee_numerator()?,
            None => 0,
        };
        let total = u128::from(base)
            .checked_add(variable)
            .ok_or(Refusal::Overflow)?;
        narrow_u64(total.min(self.max_numerator.into()))
    }

    /// Divides a fee between those who share in it.
    pub(super) fn split(&self, fee: u64, referral: Referral) -> Result<FeeSplit, Refusal> {
        let part = |amount: u64, share: u64, whole: u64| {
            mul_div_floor(amount.into(), share.into(), whole.into()).and_then(narrow_u64)
        };
        let protocol = part(fee, self.protocol_percent.into(), 100)?;
        let rest = fee.checked_sub(protocol).ok_or(Refusal::Overflow)?;
        let compounding = part(rest, self.compounding_bps.into(), BASIS_POINTS)?;
        let referral = match referral {
            Referral::None => 0,
            Referral::Present => part(protocol, self.referral_percent.into(), 100)?,
        };
        Ok(FeeSplit {
            claiming: rest.checked_sub(compounding).ok_or(Refusal::Overflow)?,
            compounding,
            protocol: protocol.checked_sub(referral).ok_or(Refusal::Overflow)?,
            referral,
        })
    }

    fn base_numerator(&self, at: &Circumstances, amount: Basis) -> Result<u64, Refusal> {
        match &self.base {
            BaseFee::Constant => Ok(self.cliff_numerator),
            BaseFee::TimeSchedule {
                decay,
                periods,
                period_length,
                reduction,
            } => {
                let elapsed = at.current_point.checked_sub(at.activation_point);
                let period = match elapsed {
                    // Before activation only whitelisted vaults trade, at the lowest fee.
                    None => *periods,
                    Some(elapsed) => {
                        let passed = elapsed
                            .checked_div(*period_length)
                            .ok_or(Refusal::Overflow)?;
                        u16::try_from(passed).unwrap_or(u16::MAX).min(*periods)
                    }
                };
                self.scheduled(*decay, period, *reduction)
            }
            BaseFee::RateLimiter(limiter) if limiter.applies(at) => match amount {
                Basis::Included(amount) => limiter.numerator(self.cliff_numerator, amount),
                Basis::Excluded(amount) => {
                    limiter.numerator_from_excluded(self.cliff_numerator, amount)
                }
            },
            BaseFee::RateLimiter(_) => Ok(self.cliff_numerator),
            BaseFee::MarketCapSchedule {
                decay,
                periods,
                sqrt_price_step_bps,
                expiration,
                reduction,
            } => {
                let running = at
                    .current_point
                    .checked_sub(at.activation_point)
                    .is_some_and(|elapsed| elapsed <= u64::from(*expiration));
                let period = match at.sqrt_price.checked_sub(at.initial_sqrt_price) {
                    _ if !running => *periods,
                    None => 0,
                    Some(risen) => {
                        let risen_bps =
                            mul_div_floor(risen, BASIS_POINTS.into(), at.initial_sqrt_price)?;
                        let passed = risen_bps
                            .checked_div(u128::from(*sqrt_price_step_bps))
                            .ok_or(Refusal::Overflow)?;
                        u16::try_from(passed).unwrap_or(u16::MAX).min(*periods)
                    }
                };
                self.scheduled(*decay, period, *reduction)
            }
        }
    }

    fn scheduled(&self, decay: Decay, period: u16, reduction: u64) -> Result<u64, Refusal> {
        match decay {
            Decay::Linear => reduction
                .checked_mul(period.into())
                .and_then(|fallen| self.cliff_numerator.checked_sub(fallen))
                .ok_or(Refusal::Overflow),
            Decay::Exponential if reduction == 0 => Ok(self.cliff_numerator),
            Decay::Exponential => {
                let factor = (u128::from(reduction) << 64) / u128::from(BASIS_POINTS);
                let base = q64::ONE.checked_sub(factor).ok_or(Refusal::Overflow)?;
                let left = q64::pow(base, period.into())?;
                mul_div_floor(left, self.cliff_numerator.into(), q64::ONE).and_then(narrow_u64)
            }
        }
    }
}
