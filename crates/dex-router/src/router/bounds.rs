//! Between which prices every order of a pair would be sold, told from the pools alone: what is outside needs no route.
//!
//! From above: no route brings more for each unit than the next unit brings at the best pool, or over a third token at
//! the best pools of both its sides. From below: an order that may use the best pool for a larger amount gets at least
//! the price of that. Fees and amounts are rounded, so that both are a little wider.

use amm::Marginal;
use amm::token::TransferFee;
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, MaxImpact, Mint, Price};
use futures_util::future::{join, join_all};
use tokio::time::timeout;

use super::Router;
use super::asking::THIRDS_PATIENCE;
use crate::offers::{self, Asked, Declined};
use crate::pools::PairPools;
use crate::request::QuoteRequest;
use crate::thirds::{self, Closeness, Fetched};

/// A millionth more than what was computed, beyond anything that was cut.
const ABOVE: (u32, u32) = (1_000_001, 1_000_000);
/// In each step of a swap amounts are rounded by a unit at most, and it has no more steps of importance.
const ROUNDED_UNITS: u64 = 64;
/// Amounts below this may meet a pool's rules for dust.
const DUST: u64 = 1_024;
/// A third token that pays so much less than the direct way, in thousandths, is not close.
const CLOSE_THOUSANDTHS: u32 = 2;

/// The best pool's price of the next unit, its fee taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    pub price: Price,
    /// That of the oldest pools looked at.
    pub slot: u64,
    /// That of the newest ones.
    pub newest: u64,
}

/// Orders that are told apart by no more than their amounts, none above this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountClass {
    pub venues: VenueSet,
    pub max_impact: Option<MaxImpact>,
    pub largest: BaseUnits,
}

/// What a pair's pools say of all its orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Absent where a venue did not answer, or no pool trades.
    pub spot: Option<Spot>,
    /// No order is sold at a better price; where absent, none is sold. That is so of all pools where the bounds are whole.
    pub most: Option<Price>,
    /// At no worse price than this are the orders of each class sold, where they are sold at all; absent where nothing
    /// is known of it.
    pub least: Vec<Option<Price>>,
    /// That of the oldest pools looked at; 0 where there are none.
    pub slot: u64,
    /// Whether every venue answered that was asked, of third tokens too: otherwise what is absent is not known.
    pub is_whole: bool,
}

/// The best price of the next unit over a third token, and whether all who were asked answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Over {
    best: Option<Price>,
    is_whole: bool,
}

impl Router {
    /// The pair's spot, where every venue tells what it has.
    pub async fn spot(&self, sold: Asset, bought: Asset) -> Option<Spot> {
        let direct = self.fetch(VenueSet::ALL, (sold.mint, bought.mint)).await;
        self.spot_of(&direct, (sold, bought))
    }

    /// The bounds of a pair's orders, in these classes.
    pub async fn bounds(&self, sold: Asset, bought: Asset, classes: &[AmountClass]) -> Bounds {
        let (pair, assets) = ((sold.mint, bought.mint), (sold, bought));
        let direct = self.fetch(VenueSet::ALL, pair).await;
        let best = self.best_marginal(&direct, assets);
        let over = self.most_over(pair, assets, best).await;
        let above = |price: Price| price.times(ABOVE.0, ABOVE.1);
        let least = classes
            .iter()
            .map(|class| self.least(&direct, assets, *class));
        Bounds {
            spot: self.spot_of(&direct, assets),
            most: best.max(over.best).and_then(above),
            least: least.collect(),
            slot: slots_of(&direct).min().unwrap_or(0),
            is_whole: over.is_whole && is_whole(&direct),
        }
    }

    fn spot_of(&self, direct: &[Fetched], assets: (Asset, Asset)) -> Option<Spot> {
        if !is_whole(direct) {
            return None;
        }
        Some(Spot {
            price: self.best_marginal(direct, assets)?,
            slot: slots_of(direct).min()?,
            newest: slots_of(direct).max()?,
        })
    }

    /// What the next unit brings at the best pool that may be used.
    fn best_marginal(&self, fetched: &[Fetched], assets: (Asset, Asset)) -> Option<Price> {
        let gates = self.gates_of_pair(assets, None, None);
        let answered = fetched.iter().filter_map(|it| it.pools.as_ref().ok());
        let answered = answered.filter(|found| gates.refuse_tokens(found).is_none());
        let answered: Vec<&PairPools> = answered.collect();
        let mut all: Vec<Vec<Result<Marginal, Declined>>> = Vec::new();
        for found in &answered {
            let of = found
                .pools
                .iter()
                .map(|pool| match gates.refuse_depth(pool) {
                    Some(refused) => Err(Declined::Refused(refused)),
                    None => offers::marginal(pool, found, assets),
                });
            all.push(of.collect());
        }
        let venues = answered.iter().copied();
        offers::refuse_far_prices(&gates, venues.zip(all.iter_mut().map(Vec::as_mut_slice)));
        let marginals = all.iter().flatten().filter_map(|it| it.as_ref().ok());
        marginals.filter_map(|it| price_of(it, assets)).max()
    }

    /// What the next unit brings over the best third token. One that was not close a moment ago is not looked at.
    async fn most_over(
        &self,
        pair: (Mint, Mint),
        assets: (Asset, Asset),
        direct: Option<Price>,
    ) -> Over {
        let nothing = |is_whole| Over {
            best: None,
            is_whole,
        };
        if self.limits.hops < 2 {
            return nothing(true);
        }
        let all = || thirds::of_pair(pair, &self.tokens, &*self.source);
        let due = match self.thirds.to_compare(pair, all) {
            Ok(due) => due,
            Err(closeness) => return nothing(closeness != Closeness::Unknown),
        };
        // A look at a direct price waits no longer for them, and is repeated.
        let patience = match direct {
            Some(_) => THIRDS_PATIENCE,
            None => self.deadline,
        };
        let sides = due.into_iter().map(async |third| {
            let to = self.fetch_beside(VenueSet::ALL, (pair.0, third.mint));
            let from = self.fetch_beside(VenueSet::ALL, (third.mint, pair.1));
            let Ok((to, from)) = timeout(patience, join(to, from)).await else {
                let (best, is_whole) = (None, false);
                return (third, Over { best, is_whole });
            };
            let is_whole = is_whole(&to) && is_whole(&from);
            let to = self.best_marginal(&to, (assets.0, third));
            let from = self.best_marginal(&from, (third, assets.1));
            let best = to.zip(from).and_then(|(to, from)| to.product(from));
            (third, Over { best, is_whole })
        });
        let over: Vec<(Asset, Over)> = join_all(sides).await;
        let best = over.iter().filter_map(|(_, it)| it.best).max();
        let is_whole = over.iter().all(|(_, it)| it.is_whole);
        let is_close = best.is_some_and(|best| {
            let near = direct.and_then(|it| it.times(1_000 - CLOSE_THOUSANDTHS, 1_000));
            near.is_none_or(|near| best >= near)
        });
        let closeness = match (is_close, is_whole) {
            (true, _) => Closeness::Close,
            (false, true) => Closeness::Far,
            (false, false) => Closeness::Unknown,
        };
        let reachable = over.into_iter();
        let reachable = reachable.filter(|(_, it)| it.best.is_some() || !it.is_whole);
        let reachable = reachable.map(|(third, _)| third).collect();
        self.thirds.compared(pair, reachable, closeness);
        Over { best, is_whole }
    }

    /// What the best pool pays for each unit of a class' largest amount, less all that rounding may cost a smaller one.
    fn least(
        &self,
        direct: &[Fetched],
        assets: (Asset, Asset),
        class: AmountClass,
    ) -> Option<Price> {
        let largest = class.largest.get();
        let answered = direct.iter().filter_map(|it| it.pools.as_ref().ok());
        let mut mints = answered.filter_map(|found| found.mints);
        // A fee that has a highest amount weighs more on a smaller one.
        let is_capped = |fee: TransferFee| fee.basis_points > 0 && fee.maximum < u64::MAX;
        if largest < DUST
            || mints
                .any(|(one, other)| is_capped(one.transfer_fee) || is_capped(other.transfer_fee))
        {
            return None;
        }
        let request = QuoteRequest {
            asset_in: assets.0,
            asset_out: assets.1,
            amount_in: class.largest,
            amount_out: None,
        };
        let asked = self.judge(direct, request, class.venues);
        let offers = asked.iter().flat_map(Asked::offers);
        let admitted = offers.filter(|offer| {
            let limit = class.max_impact;
            limit.is_none_or(|limit| limit.admits(offer.impact_ppm))
        });
        let paid = admitted.map(|offer| offer.amount_out.get()).max()?;
        // Orders of a class sell at least half of its largest amount.
        let rounded = ROUNDED_UNITS
            .saturating_mul(2)
            .saturating_mul(1 + paid.div_ceil(largest));
        let paid = u128::from(paid.checked_sub(rounded)?);
        let digits = paid * 10u128.pow(18) / u128::from(largest);
        Price::cut(digits, decimals(assets) - 18)
    }
}

/// Whether every venue that was asked answered.
fn is_whole(fetched: &[Fetched]) -> bool {
    fetched.iter().all(|fetched| fetched.pools.is_ok())
}

/// The slots that pools were read at.
fn slots_of(fetched: &[Fetched]) -> impl Iterator<Item = u64> {
    let answered = fetched.iter().filter_map(|it| it.pools.as_ref().ok());
    let with_pools = answered.filter(|found| !found.pools.is_empty());
    with_pools.map(|found| found.slot)
}

/// In whole units of the assets, cut.
fn price_of(marginal: &Marginal, assets: (Asset, Asset)) -> Option<Price> {
    let (digits, power) = marginal.significant()?;
    Price::cut(u128::from(digits), power + decimals(assets))
}

fn decimals((sold, bought): (Asset, Asset)) -> i32 {
    i32::from(sold.decimals) - i32::from(bought.decimals)
}
