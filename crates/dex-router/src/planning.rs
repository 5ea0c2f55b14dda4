//! The ways to sell an amount: through the pools of the pair, one or several side by side, or over a third token.

use domain::route::{Leg, Route};
use domain::{BaseUnits, Bps};

use crate::candidates::Candidate;
use crate::limits::Room;
use crate::split::{Part, Pays as _, Rules, divide};

/// What a further part must gain beyond what it costs, in hundredths of a percent.
const GAIN_MIN_BPS: u16 = 1;
/// Of what a first pool pays, the second takes so much less at most, in hundredths of a percent: with the order's whole
/// slippage as much would stay behind in the wallet.
pub(crate) const LEFT_MAX_BPS: u16 = 10;

/// A way to sell an amount.
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

/// Through pools of the pair, at most so many of them; a further one costs so much of what is received.
pub(crate) fn direct(
    candidates: &[Candidate<'_>],
    amount_in: BaseUnits,
    (parts_max, part_cost): (usize, BaseUnits),
    room: Room<'_>,
) -> Option<Plan> {
    let fits =
        |pools: &[usize]| room.is_enough(pools.iter().map(|place| candidates[*place].swap()));
    let rules = Rules {
        parts_max,
        part_cost: part_cost.get(),
        gain_min_bps: GAIN_MIN_BPS,
        fits: &fits,
    };
    plan(candidates, &divide(candidates, amount_in.get(), rules)?)
}

fn plan(candidates: &[Candidate<'_>], parts: &[Part]) -> Option<Plan> {
    let used = parts.iter().map(|part| &candidates[part.pool]);
    let mut amounts_out = parts.iter().map(|part| part.amount_out);
    let amount_out = amounts_out.try_fold(0_u64, u64::checked_add);
    Some(Plan {
        quoted_at: used.clone().map(Candidate::slot).min()?,
        legs: used.zip(parts).map(|(it, part)| it.leg(*part)).collect(),
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
            amount_in: amount_in.get(),
            amount_out: it.pays(amount_in.get())?,
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
