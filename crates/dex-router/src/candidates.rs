//! A pair's pools as a route is made of them: each asked for exact quotes of any amount, within what the order allows.

use amm::{Conditions, Direction, Pool, Refusal, amm_v4};
use domain::quote::Offer;
use domain::route::{Leg, PoolRef};
use domain::{Asset, BaseUnits, MaxImpact};

use crate::offers::{self, Asked, Declined};
use crate::request::QuoteRequest;
use crate::room::Swap;
use crate::split::{Part, Pays};

/// Halvings by which the most is found that a pool may take.
const SEARCHES: u32 = 24;

/// A pool that may be used.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    pool: PoolRef,
    state: &'a Pool,
    conditions: Conditions,
    assets: (Asset, Asset),
    /// The slot that it stands in.
    slot: u64,
    /// What it offers for the whole amount, where it takes that.
    offer: Option<&'a Offer>,
    /// The most that may be sold to it.
    most: u64,
}

/// The pools that may take the amount or a part of it, those first that offer most for the whole.
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
            most: request.amount_in.get(),
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
    /// The same that takes no more than moves its price so far; nothing where that is nothing.
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
            let quote = self.state.quote_in(amount, &self.conditions).ok();
            let impact = quote.and_then(|quote| quote.impact_ppm(self.conditions.direction));
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
        Leg {
            pool: self.pool,
            asset_in: self.assets.0,
            asset_out: self.assets.1,
            amount_in: BaseUnits::new(part.amount_in),
            amount_out: BaseUnits::new(part.amount_out),
        }
    }
}

impl Pays for Candidate<'_> {
    fn pays(&self, amount_in: u64) -> Option<u64> {
        if amount_in > self.most {
            return None;
        }
        if matches!(self.state, Pool::AmmV4(_)) && amount_in < amm_v4::quote::DUST_LIMIT {
            return Some(0);
        }
        match self.state.quote_in(amount_in, &self.conditions) {
            Ok(quote) => Some(quote.amount_out),
            Err(Refusal::ZeroOutput) => Some(0),
            Err(_) => None,
        }
    }
}
