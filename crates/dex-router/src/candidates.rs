//! A pair's pools as a route is made of them: each asked for exact quotes of any amount, within what the order allows.

use amm::{Conditions, Direction, Pool, Quote, Refusal, amm_v4};
use domain::quote::Offer;
use domain::route::{Leg, PoolRef};
use domain::{Asset, BaseUnits, MaxImpact};

use crate::offers::{self, Asked, Declined};
use crate::request::QuoteRequest;
use crate::room::Swap;
use crate::split::{Aim, Part, Quotes};

/// Halvings by which the most is found that a pool may take.
const SEARCHES: u32 = 24;

const MILLION: u32 = 1_000_000;
/// So many units a quote is worse than without rounding, at most, where it has few steps.
const ROUNDED_UNITS: u128 = 4;

/// A pool that may be used.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    pool: PoolRef,
    state: &'a Pool,
    conditions: Conditions,
    assets: (Asset, Asset),
    /// The slot that it stands in.
    slot: u64,
    /// What it offers for the whole amount, where it has that.
    offer: Option<&'a Offer>,
    aim: Aim,
    whole: u64,
    /// The most that may be sold to it, or bought of it.
    most: u64,
}

/// The pools that may take or give the amount or a part of it, those first whose offer for the whole is best.
pub(crate) fn of<'a>(
    asked: &'a [Asked],
    request: QuoteRequest,
    max_impact: Option<MaxImpact>,
) -> Vec<Candidate<'a>> {
    let assets = (request.asset_in, request.asset_out);
    let all = asked.iter().flat_map(Asked::pools);
    let all = all.filter_map(|(among, found, answer)| {
        let offer = match answer {
            Ok(offer) => Some(offer),
            Err(Declined::InsufficientLiquidity) => None,
            Err(_) => return None,
        };
        let state = found.state.as_deref().ok()?;
        Candidate {
            pool: found.pool,
            state,
            conditions: offers::conditions(state, among, assets).ok()?,
            assets,
            slot: among.slot,
            offer,
            aim: request.aim(),
            whole: request.amount().get(),
            most: request.amount().get(),
        }
        .within(max_impact)
    });
    let mut all: Vec<Candidate<'_>> = all.collect();
    all.sort_by_cached_key(|it| {
        (
            it.offer.is_none(),
            it.offer.map(offers::rank),
            it.pool.address,
        )
    });
    all
}

impl Candidate<'_> {
    /// The same that has no more than moves its price so far; nothing where that is nothing.
    fn within(mut self, max_impact: Option<MaxImpact>) -> Option<Self> {
        let Some(limit) = max_impact else {
            return Some(self);
        };
        if self
            .offer
            .is_some_and(|offer| limit.admits(offer.impact_ppm))
        {
            return Some(self);
        }
        let admitted = |amount: u64| {
            let quote = self.ask(amount).ok();
            let impact = quote.and_then(|quote| quote.impact_ppm(self.direction()));
            impact.is_some_and(|impact| limit.admits(impact))
        };
        // Rounding alone moves the price of single units: whatever is admitted was looked at.
        let (mut least, mut beyond) = (0, self.most);
        for _ in 0..SEARCHES {
            let middle = least + (beyond - least) / 2;
            match admitted(middle) {
                true => least = middle,
                false => beyond = middle,
            }
        }
        self.most = least;
        (least > 0).then_some(self)
    }

    pub(crate) const fn slot(&self) -> u64 {
        self.slot
    }

    /// The swap that its transaction makes, as far as its length goes.
    pub(crate) const fn swap(&self) -> Swap<'_> {
        Swap {
            pool: self.state,
            direction: self.direction(),
            assets: self.assets,
        }
    }

    const fn direction(&self) -> Direction {
        self.conditions.direction
    }

    pub(crate) const fn leg(&self, part: Part) -> Leg {
        let (amount_in, amount_out) = match self.aim {
            Aim::Sell => (part.amount, part.quote),
            Aim::Buy => (part.quote, part.amount),
        };
        Leg {
            pool: self.pool,
            asset_in: self.assets.0,
            asset_out: self.assets.1,
            amount_in: BaseUnits::new(amount_in),
            amount_out: BaseUnits::new(amount_out),
        }
    }

    fn ask(&self, amount: u64) -> Result<Quote, Refusal> {
        match self.aim {
            Aim::Sell => self.state.quote_in(amount, &self.conditions),
            Aim::Buy => self.state.quote_out(amount, &self.conditions),
        }
    }

    /// What it pays or asks for the whole amount, where it has that.
    pub(crate) fn offered(&self) -> Option<BaseUnits> {
        let offer = self.offer.filter(|_| self.most >= self.whole)?;
        match self.aim {
            Aim::Sell => Some(offer.amount_out),
            Aim::Buy => offer.amount_in,
        }
    }

    /// The best that any part of the amount can be quoted at here, for the whole: at the price before the first unit,
    /// and a little better than that, since amounts and impacts are rounded. Absent where that is not known, as where a
    /// part pays a lower fee than the whole.
    pub(crate) fn at_best(&self) -> Option<u64> {
        if self
            .state
            .fee_grows_with_amount(self.direction(), self.conditions.now)
        {
            return None;
        }
        let quote = u128::from(self.offered()?.get());
        let kept = u128::from(MILLION.checked_sub(self.offer?.impact_ppm.checked_add(1)?)?);
        let million = u128::from(MILLION);
        let at_best = match self.aim {
            Aim::Sell => (quote + ROUNDED_UNITS) * million / kept.max(1) + 1,
            Aim::Buy => quote.saturating_sub(ROUNDED_UNITS) * kept / million,
        };
        u64::try_from(at_best).ok()
    }

    /// Whether nobody knows what so little costs there.
    const fn is_dust(&self, amount_in: u64) -> bool {
        matches!(self.state, Pool::AmmV4(_)) && amount_in < amm_v4::quote::DUST_LIMIT
    }
}

impl Quotes for Candidate<'_> {
    fn quote(&self, amount: u64) -> Option<u64> {
        if amount > self.most {
            return None;
        }
        if amount == self.whole
            && let Some(offer) = self.offered()
        {
            return Some(offer.get());
        }
        match (self.aim, self.ask(amount)) {
            (Aim::Sell, Ok(_)) if self.is_dust(amount) => Some(0),
            (Aim::Sell, Ok(quote)) => Some(quote.amount_out),
            (Aim::Sell, Err(Refusal::ZeroOutput)) => Some(0),
            (Aim::Buy, Ok(quote)) if !self.is_dust(quote.amount_in) => Some(quote.amount_in),
            _ => None,
        }
    }
}
