//! What a DLMM pool charges: a base fee by bin step, plus one for bins crossed recently.
//!
//! The volatility accumulator is brought up to date at every bin that holds anything, so a swap
//! through many bins pays more in each.

use crate::Refusal;
use crate::rounding::{mul_div_ceil, mul_div_floor, narrow_u64};

/// What every fee rate is a fraction of.
pub(in crate::dlmm) const DENOMINATOR: u64 = 1_000_000_000;

/// No total rate goes above this: 10 %.
const MAX_RATE: u64 = 100_000_000;

/// Basis points in one.
const BASIS_POINTS: u64 = 10_000;

/// What the owners of limit orders get of the fee on their part of a fill, in basis points.
const LIMIT_ORDER_SHARE_BPS: u64 = 5_000;

/// Scale between the squared volatility and a fee rate.
const VARIABLE_FEE_SCALE: u128 = 100_000_000_000;

/// The pool's fixed fee parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Factor of the base fee.
    pub base_factor: u16,
    /// Power of ten on the base fee.
    pub base_fee_power: u8,
    /// Seconds within which swaps count as one burst.
    pub filter_period: u16,
    /// Seconds after which past volatility is forgotten.
    pub decay_period: u16,
    /// Basis points of past volatility that survive a pause shorter than the decay period.
    pub reduction_factor: u16,
    /// Weight of the volatility in the fee.
    pub variable_fee_control: u32,
    /// The accumulator never exceeds this.
    pub max_volatility_accumulator: u32,
    /// The protocol's part of the fee, in basis points.
    pub protocol_share_bps: u16,
}

/// The pool's volatility state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volatility {
    /// Present volatility.
    pub accumulator: u32,
    /// Volatility carried over from before the present burst.
    pub reference: u32,
    /// The bin from which the present burst is measured.
    pub index_reference: i32,
    /// Unix time of the last swap.
    pub last_update: u64,
}

impl Volatility {
    /// Begins a new burst where enough time has passed since the last swap.
    pub(super) fn begin(
        &mut self,
        parameters: &Parameters,
        active_id: i32,
        unix_time: u64,
    ) -> Result<(), Refusal> {
        // A clock behind the last update means a stale reading, not a pause.
        let elapsed = unix_time.saturating_sub(self.last_update);
        if elapsed < u64::from(parameters.filter_period) {
            return Ok(());
        }
        self.index_reference = active_id;
        self.reference = if elapsed < u64::from(parameters.decay_period) {
            let kept = u64::from(self.accumulator) * u64::from(parameters.reduction_factor);
            u32::try_from(kept / BASIS_POINTS).map_err(|_| Refusal::Overflow)?
        } else {
            0
        };
        Ok(())
    }

    /// Brings the accumulator up to date at a bin.
    pub(super) fn visit(&mut self, parameters: &Parameters, bin_id: i32) {
        let crossed = u64::from(self.index_reference.abs_diff(bin_id));
        let reached = u64::from(self.reference) + crossed * BASIS_POINTS;
        self.accumulator = u32::try_from(reached)
            .unwrap_or(u32::MAX)
            .min(parameters.max_volatility_accumulator);
    }
}

/// The total fee rate at the present volatility.
pub(super) fn total_rate(
    parameters: &Parameters,
    volatility: &Volatility,
    bin_step: u16,
) -> Result<u64, Refusal> {
    let power = 10u128
        .checked_pow(parameters.base_fee_power.into())
        .ok_or(Refusal::Overflow)?;
    let base = (u128::from(parameters.base_factor) * u128::from(bin_step) * 10)
        .checked_mul(power)
        .ok_or(Refusal::Overflow)?;

    let moved = u128::from(volatility.accumulator) * u128::from(bin_step);
    let weighted = moved
        .checked_mul(moved)
        .and_then(|squared| squared.checked_mul(parameters.variable_fee_control.into()))
        .ok_or(Refusal::Overflow)?;
    let variable = weighted.div_ceil(VARIABLE_FEE_SCALE);

    let total = base.checked_add(variable).ok_or(Refusal::Overflow)?;
    narrow_u64(total.min(MAX_RATE.into()))
}

/// The fee inside an amount.
pub(super) fn fee_included(amount: u64, rate: u64) -> Result<u64, Refusal> {
    mul_div_ceil(amount.into(), rate.into(), DENOMINATOR.into()).and_then(narrow_u64)
}

/// The fee that comes on top of an amount.
pub(super) fn fee_on_top(amount: u64, rate: u64) -> Result<u64, Refusal> {
    let kept = DENOMINATOR.checked_sub(rate).ok_or(Refusal::Overflow)?;
    mul_div_ceil(amount.into(), rate.into(), kept.into()).and_then(narrow_u64)
}

/// Who gets what of a bin's fee.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeeSplit {
    /// The fee itself.
    pub(super) total: u64,
    /// What is left of it for liquidity providers and owners of limit orders.
    pub(super) owners: u64,
    /// What of that the liquidity providers may claim.
    pub(super) providers: u64,
    /// The protocol's part.
    pub(super) protocol: u64,
}

impl FeeSplit {
    /// Divides a fee of a fill, of which `liquidity_in` of `total_in` fell to providers and the rest to limit orders.
    pub(super) fn new(
        fee: u64,
        share_bps: u16,
        liquidity_in: u64,
        total_in: u64,
    ) -> Result<Self, Refusal> {
        if fee == 0 || total_in == 0 {
            // What is charged where nothing was filled stays in the vault and is nobody's.
            return Ok(Self {
                total: fee,
                owners: fee,
                providers: 0,
                protocol: 0,
            });
        }
        let part = |amount: u64, bps: u64| {
            mul_div_floor(amount.into(), bps.into(), BASIS_POINTS.into()).and_then(narrow_u64)
        };
        let on_liquidity = mul_div_ceil(fee.into(), liquidity_in.into(), total_in.into())?;
        let on_liquidity = narrow_u64(on_liquidity)?;
        let on_orders = fee.checked_sub(on_liquidity).ok_or(Refusal::Overflow)?;

        let orders = part(on_orders, LIMIT_ORDER_SHARE_BPS)?;
        let of_liquidity = part(on_liquidity, share_bps.into())?;
        let providers = on_liquidity.checked_sub(of_liquidity);
        let providers = providers.ok_or(Refusal::Overflow)?;
        let owners = providers.checked_add(orders).ok_or(Refusal::Overflow)?;
        Ok(Self {
            total: fee,
            owners,
            providers,
            protocol: fee.checked_sub(owners).ok_or(Refusal::Overflow)?,
        })
    }
}
