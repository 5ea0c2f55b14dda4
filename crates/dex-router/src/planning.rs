//! The ways to sell an amount: through the pools of the pair, one or several side by side, or over a third token.

use domain::route::{Leg, Route};
use domain::{BaseUnits, Bps};

use crate::candidates::Candidate;
use crate::room;
use crate::split::{Part, Rules, divide};

/// What a further part must gain beyond what it costs, in hundredths of a percent.
const GAIN_MIN_BPS: u16 = 1;
/// Of what a first pool pays, the second takes so much less at most, in hundredths of a percent: with the order's whole
/// slippage as much would stay behind in the wallet.
const LEFT_MAX_BPS: u16 = 10;

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
    parts_max: usize,
    part_cost: BaseUnits,
) -> Option<Plan> {
    let fits = |pools: &[usize]| {
        let swaps = pools.iter().map(|place| candidates[*place].swap());
        room::bytes(swaps) <= room::BYTES_MAX
    };
    let rules = Rules {
        parts_max,
        part_cost: part_cost.get(),
        gain_min_bps: GAIN_MIN_BPS,
        fits: &fits,
    };
    let parts = divide(candidates, amount_in.get(), rules)?;
    let used = parts.iter().map(|part| &candidates[part.pool]);
    let quoted_at = used.map(Candidate::slot).min()?;
    let amount_out = parts
        .iter()
        .try_fold(0_u64, |sum, part| sum.checked_add(part.amount_out));
    Some(Plan {
        legs: parts.iter().map(|part| leg(candidates, *part)).collect(),
        amount_out: BaseUnits::new(amount_out.filter(|sum| *sum > 0)?),
        quoted_at,
    })
}

/// Through the one pool that pays most.
pub(crate) fn single(candidates: &[Candidate<'_>], amount_in: BaseUnits) -> Option<Plan> {
    direct(candidates, amount_in, 1, BaseUnits::new(0))
}

/// What a second pool takes of what a first one is expected to pay: the least that the first one pays, or it all fails.
pub(crate) fn passed_on(paid: BaseUnits, slippage: Bps) -> BaseUnits {
    let left_max = Bps::new(LEFT_MAX_BPS).unwrap_or(slippage);
    paid.less_bps_rounded_up(slippage.min(left_max))
}

/// One plan behind another.
pub(crate) fn in_a_row(
    (first, to): (Plan, &[Candidate<'_>]),
    (second, from): (Plan, &[Candidate<'_>]),
) -> Option<Plan> {
    let swaps = swaps(&first, to).chain(swaps(&second, from));
    if room::bytes(swaps) > room::BYTES_MAX {
        return None;
    }
    Some(Plan {
        quoted_at: first.quoted_at.min(second.quoted_at),
        amount_out: second.amount_out,
        legs: [first.legs, second.legs].concat(),
    })
}

fn swaps<'a>(plan: &Plan, candidates: &'a [Candidate<'_>]) -> impl Iterator<Item = room::Swap<'a>> {
    let used = plan.legs.iter().map(|leg| leg.pool);
    let used: Vec<_> = used.collect();
    let of = move |it: &&Candidate<'_>| used.contains(&it.pool());
    candidates.iter().filter(of).map(Candidate::swap)
}

fn leg(candidates: &[Candidate<'_>], part: Part) -> Leg {
    candidates[part.pool].leg(part)
}
