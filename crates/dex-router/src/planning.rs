//! The ways to sell or to buy an amount: through the pools of the pair, one or several side by side, or over a third
//! token.

use domain::route::{Leg, Route};
use domain::{BaseUnits, Bps};

use crate::candidates::Candidate;
use crate::limits::Room;
use crate::request::QuoteRequest;
use crate::split::{Aim, Part, Quotes as _, Rules, divide};

/// What a further part must gain beyond what it costs, in hundredths of a percent.
const GAIN_MIN_BPS: u16 = 1;
const BASIS_POINTS: u128 = 10_000;
/// Of what a first pool pays, the second takes so much less at most, in hundredths of a percent: with the order's whole
/// slippage as much would stay behind in the wallet.
pub(crate) const LEFT_MAX_BPS: u16 = 10;

/// A way to sell or to buy an amount.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) legs: Vec<Leg>,
    pub(crate) amount_out: BaseUnits,
    /// The slot that the oldest of its pools stands in.
    pub(crate) quoted_at: u64,
}

impl Plan {
    pub(crate) fn route(&self) -> Option<Route> {
        Route::try_from(self.legs.clone()).ok()
    }
}

/// Through pools of the pair, at most so many of them; a further one costs so much of what is not exact.
pub(crate) fn direct(
    candidates: &[Candidate<'_>],
    request: QuoteRequest,
    (parts_max, part_cost): (usize, BaseUnits),
    room: Room<'_>,
) -> Option<Plan> {
    let fits =
        |pools: &[usize]| room.is_enough(pools.iter().map(|place| candidates[*place].swap()));
    let rules = Rules {
        aim: request.aim(),
        parts_max: if may_gain(candidates, request.aim(), part_cost) {
            parts_max
        } else {
            1
        },
        part_cost: part_cost.get(),
        gain_min_bps: GAIN_MIN_BPS,
        fits: &fits,
    };
    let parts = divide(candidates, request.amount().get(), rules)?;
    plan(candidates, &parts)
}

/// Whether a further part may gain what it costs: known from the pools' offers alone, so that an order too small for it
/// asks them no further question.
fn may_gain(candidates: &[Candidate<'_>], aim: Aim, part_cost: BaseUnits) -> bool {
    let mut at_best: Option<u64> = None;
    let mut single: Option<u64> = None;
    for candidate in candidates {
        let (Some(best), Some(whole)) = (candidate.at_best(), candidate.offered()) else {
            return true;
        };
        let better = |one: Option<u64>, other: u64| match (one, aim) {
            (None, _) => Some(other),
            (Some(one), Aim::Sell) => Some(one.max(other)),
            (Some(one), Aim::Buy) => Some(one.min(other)),
        };
        (at_best, single) = (better(at_best, best), better(single, whole.get()));
    }
    let Some((at_best, single)) = at_best.zip(single) else {
        return false;
    };
    let least = (u128::from(single) * u128::from(GAIN_MIN_BPS)).div_ceil(BASIS_POINTS);
    u128::from(at_best.abs_diff(single)) >= least + u128::from(part_cost.get())
}

fn plan(candidates: &[Candidate<'_>], parts: &[Part]) -> Option<Plan> {
    let used = parts.iter().map(|part| &candidates[part.pool]);
    let legs: Vec<Leg> = used
        .clone()
        .zip(parts)
        .map(|(it, part)| it.leg(*part))
        .collect();
    let mut amounts_out = legs.iter().map(|leg| leg.amount_out.get());
    let amount_out = amounts_out.try_fold(0_u64, u64::checked_add);
    Some(Plan {
        quoted_at: used.map(Candidate::slot).min()?,
        legs,
        amount_out: BaseUnits::new(amount_out.filter(|sum| *sum > 0)?),
    })
}

/// Through each pool alone that takes the amount, those first that pay most, with its place among the candidates.
pub(crate) fn singles(
    candidates: &[Candidate<'_>],
    amount_in: BaseUnits,
) -> impl Iterator<Item = (usize, Plan)> {
    let all = candidates.iter().enumerate();
    all.filter_map(move |(pool, it)| {
        let part = Part {
            pool,
            amount: amount_in.get(),
            quote: it.quote(amount_in.get())?,
        };
        Some((pool, plan(candidates, &[part])?))
    })
}

/// What a second pool takes of what a first one is expected to pay: the least that the first one pays, or it all fails.
pub(crate) fn passed_on(paid: BaseUnits, slippage: Bps) -> BaseUnits {
    let left_max = Bps::new(LEFT_MAX_BPS).unwrap_or(slippage);
    paid.less_bps_rounded_up(slippage.min(left_max))
}

/// A first plan, and behind it the best of these that a transaction has room for beside it; whether that is the best
/// of all.
pub(crate) fn in_a_row(
    first: (&Candidate<'_>, &Plan),
    (behind, amount_in): (&[Candidate<'_>], BaseUnits),
    room: Room<'_>,
) -> Option<(Plan, IsBest)> {
    let mut seconds = singles(behind, amount_in).enumerate();
    let fits = |place: usize| room.is_enough([first.0.swap(), behind[place].swap()]);
    let (place, (_, second)) = seconds.find(|(_, (place, _))| fits(*place))?;
    let row = Plan {
        quoted_at: first.1.quoted_at.min(second.quoted_at),
        amount_out: second.amount_out,
        legs: [first.1.legs.clone(), second.legs].concat(),
    };
    Some((row, IsBest(place == 0)))
}

/// Whether nothing that was left out pays more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IsBest(pub(crate) bool);
