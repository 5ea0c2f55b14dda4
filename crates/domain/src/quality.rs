//! How good an execution was: what it paid against what was quoted, against the best pool alone, and against the price
//! before it traded. Everything is computed from amounts; shares of them are millionths until they are shown.

mod tally;

use std::ops::Range;

use crate::amount::BaseUnits;
use crate::asset::Asset;
use crate::price::ratio;
use crate::quote::{Choice, Decision, Offer};

pub use tally::{Figures, Spread, Tally};

const MILLION: u128 = 1_000_000;
/// Numbers of six digits.
const SIX_DIGITS: Range<u128> = 100_000..1_000_000;
/// Millionths in a hundredth of a percent.
const PPM_PER_BPS: i64 = 100;

/// What was sold, and what it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    pub amount_in: BaseUnits,
    pub amount_out: BaseUnits,
}

impl Exchange {
    /// What is expected of a choice.
    #[must_use]
    pub fn expected(choice: &Choice) -> Self {
        Self {
            amount_in: choice.route.amount_in(),
            amount_out: choice.expected_amount_out,
        }
    }

    /// What this offer is for an order of which that was chosen: the same is sold, or the same is bought.
    #[must_use]
    pub fn offered(offer: &Offer, choice: &Choice) -> Self {
        let asked = offer.amount_in;
        Self {
            amount_in: asked.unwrap_or_else(|| choice.route.amount_in()),
            amount_out: offer.amount_out,
        }
    }

    /// How much better its price is than another one's, in millionths; below zero where it is worse. Rounded towards
    /// zero. Absent where the other one has no price, or hardly any beside this one's.
    #[must_use]
    pub fn ppm_above(self, other: Self) -> Option<i64> {
        let product =
            |one: BaseUnits, two: BaseUnits| u128::from(one.get()) * u128::from(two.get());
        let own = product(self.amount_out, other.amount_in);
        let others = product(other.amount_out, self.amount_in);
        // A million times the difference must fit.
        let spare = own.max(others).leading_zeros();
        let shift = 20_u32.saturating_sub(spare);
        let (own, others) = (own >> shift, others >> shift);
        let ppm = (own.abs_diff(others) * MILLION).checked_div(others)?;
        let ppm = i64::try_from(ppm).unwrap_or(i64::MAX);
        Some(if own < others { -ppm } else { ppm })
    }

    /// The same in whole hundredths of a percent, to the nearest: what was expected and what was paid are told alike.
    #[must_use]
    pub fn bps_above(self, other: Self) -> Option<i64> {
        self.ppm_above(other).map(bps)
    }
}

/// Millionths in whole hundredths of a percent, to the nearest.
#[must_use]
pub const fn bps(ppm: i64) -> i64 {
    let half = if ppm < 0 {
        -PPM_PER_BPS / 2
    } else {
        PPM_PER_BPS / 2
    };
    ppm.saturating_add(half) / PPM_PER_BPS
}

/// The best offer of a single pool for the whole amount, where any was made.
#[must_use]
pub fn best_single(decision: &Decision) -> Option<&Offer> {
    let offers = decision.quotes.iter().filter_map(|quote| quote.offer());
    offers.min_by_key(|offer| offer.rank())
}

/// What the amount would have brought at this pool's price before the trade: without the pool's fee, and as if nothing
/// moved the price. Absent where the offer says nothing of that price.
#[must_use]
pub fn at_mid(offer: &Offer) -> Option<BaseUnits> {
    let kept = |ppm: u32| MILLION.checked_sub(u128::from(ppm));
    let part = kept(offer.fee_ppm)? * kept(offer.impact_ppm)?;
    let whole = u128::from(offer.amount_out.get()) * MILLION * MILLION;
    let amount = whole.checked_div(part)?;
    u64::try_from(amount).ok().map(BaseUnits::new)
}

/// The price at which an amount brings so much, in whole units of the assets. Offers tell fee and impact to the
/// millionth, so that it has six digits and no more.
#[must_use]
pub fn mid_price(
    (asset_in, amount_in): (Asset, BaseUnits),
    (asset_out, amount_out): (Asset, BaseUnits),
) -> Option<String> {
    let (mut paid, mut sold) = (u128::from(amount_out.get()), u128::from(amount_in.get()));
    if paid == 0 || sold == 0 {
        return None;
    }
    let mut exponent = i32::from(asset_in.decimals) - i32::from(asset_out.decimals);
    while paid / sold < SIX_DIGITS.start {
        paid *= 10;
        exponent -= 1;
    }
    while paid / sold >= SIX_DIGITS.end {
        sold *= 10;
        exponent += 1;
    }
    Some(ratio((paid + sold / 2) / sold, 1, exponent))
}

#[cfg(test)]
mod tests;
