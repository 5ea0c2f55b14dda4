//! Which swap brings a pool towards its fair price.
//!
//! With every block half of what parts them goes. So a large trade is seen for a few blocks before it is undone, as
//! arbitrage would undo it, and no one-sided load runs a pool dry.

use amm::dlmm::quote::Pool as Bins;
use amm::instruction::Amounts;
use amm::rounding::{mul_div_ceil, mul_div_floor, narrow_u64};
use amm::{Direction, Pool, Refusal};

use super::listing::Ratio;
use super::movement::ONE;
use super::opening::bin_at;

/// In billionths: what is closer than half a basis point is left alone.
const NEAR_ENOUGH: u128 = 50_000;
const BILLION: u128 = ONE.unsigned_abs() as u128;
/// Scale of square roots.
const TRILLION: u128 = 1_000_000_000_000;

/// The pool takes what it gets, the price is right whatever that costs.
const ANY: u64 = 1;

/// The swap that leaves a pool where it should be, so many blocks after the last one. `None` where it is there.
pub(super) fn towards(
    pool: &Pool,
    fair: Ratio,
    blocks: u64,
) -> Result<Option<(Direction, Amounts)>, Refusal> {
    let product = match pool {
        Pool::Cpmm(state) => Product {
            reserves: state.pool.reserves()?,
            fee: (
                state.pool.trade_fee_rate,
                amm::cpmm::quote::RATE_DENOMINATOR,
            ),
        },
        Pool::AmmV4(state) => Product {
            reserves: state.pool.reserves()?,
            fee: (
                state.pool.swap_fee_numerator,
                state.pool.swap_fee_denominator,
            ),
        },
        Pool::DammV2(state) => {
            let (first, second) = state.pool.reserves()?;
            // It charges on what it pays out.
            Product {
                reserves: (first.into(), second.into()),
                fee: (0, 1),
            }
        }
        Pool::Dlmm(state) => return through_bins(&state.pool, fair, blocks),
    };
    product.towards(fair, blocks)
}

/// What is left of a distance after so many blocks.
fn left(distance: u128, blocks: u64) -> u128 {
    let shift = u32::try_from(blocks).unwrap_or(u32::MAX);
    distance.checked_shr(shift).unwrap_or(0)
}

/// A pool whose reserves multiply to the same before and after a swap.
struct Product {
    reserves: (u128, u128),
    /// Numerator and denominator of what is taken of the input.
    fee: (u64, u64),
}

impl Product {
    fn towards(&self, fair: Ratio, blocks: u64) -> Result<Option<(Direction, Amounts)>, Refusal> {
        let (first, second) = self.reserves;
        let worth = mul_div_floor(first, fair.numerator, fair.denominator)?;
        // The fair price over the pool's, and then the price that it shall have over the pool's.
        let fair = mul_div_floor(worth, BILLION, second)?;
        let remains = left(fair.abs_diff(BILLION), blocks);
        let (direction, reserve, ratio) = if fair < BILLION {
            let ratio = fair + remains;
            (Direction::FirstToSecond, first, (BILLION, ratio))
        } else {
            let ratio = fair - remains;
            (Direction::SecondToFirst, second, (ratio, BILLION))
        };
        if ratio.0.saturating_sub(ratio.1) < NEAR_ENOUGH {
            return Ok(None);
        }
        // The reserve grows by the square root of what the price changes by.
        let grown = mul_div_floor(TRILLION * TRILLION, ratio.0, ratio.1)?.isqrt();
        let net = mul_div_floor(reserve, grown.saturating_sub(TRILLION), TRILLION)?;
        let (fee, whole) = (u128::from(self.fee.0), u128::from(self.fee.1));
        let gross = mul_div_ceil(net, whole, whole.saturating_sub(fee))?;
        Ok(Some((
            direction,
            Amounts::ExactIn {
                amount_in: narrow_u64(gross)?,
                min_amount_out: ANY,
            },
        )))
    }
}

/// Buys all that lies between the active bin and the one that it should be, and half of what lies in that one.
fn through_bins(
    pool: &Bins,
    fair: Ratio,
    blocks: u64,
) -> Result<Option<(Direction, Amounts)>, Refusal> {
    let fair = bin_at(
        mul_div_floor(1 << 64, fair.numerator, fair.denominator)?,
        pool.bin_step,
    )?;
    let active = pool.active_id;
    let remains = left(active.abs_diff(fair).into(), blocks);
    let remains = i32::try_from(remains).map_err(|_| Refusal::Overflow)?;
    let (direction, between, target) = if fair < active {
        let target = fair.saturating_add(remains);
        (Direction::FirstToSecond, target + 1..=active, target)
    } else {
        let target = fair.saturating_sub(remains);
        (Direction::SecondToFirst, active..=target - 1, target)
    };
    if target == active {
        return Ok(None);
    }
    let paid_by = |bin: amm::dlmm::quote::Bin| match direction {
        Direction::FirstToSecond => bin.amount_y,
        Direction::SecondToFirst => bin.amount_x,
    };
    let whole = pool.bins.range(between).map(|(_, bin)| paid_by(bin));
    let half = pool.bins.get(target).map_or(0, |bin| paid_by(bin) / 2);
    let amount_out = whole.chain([half]).try_fold(0_u64, u64::checked_add);
    let amount_out = amount_out.ok_or(Refusal::Overflow)?;
    Ok((amount_out > 0).then_some((
        direction,
        Amounts::ExactOut {
            amount_out,
            max_amount_in: u64::MAX,
        },
    )))
}
