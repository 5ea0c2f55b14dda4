//! Asks every allowed venue's pools for quotes at the same time, and chooses the route that pays most: one pool,
//! several side by side, or two one after another over a third token.

mod asking;
mod bounds;
mod buying;
mod looks;
mod reasons;
mod route_request;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::order::PoolGates;
use domain::price::ratio;
use domain::quote::{Answer, Choice, Decision, PoolQuote, Quote};
use domain::{Asset, BaseUnits, FeeLevel, MaxImpact, Mint, TokenList, Venue};
use futures_util::future::join_all;

pub use bounds::{AmountClass, Bounds, Spot};
pub use looks::{Look, Sight, Unseen};
pub use route_request::{RouteRequest, ThirdTokens};

use crate::candidates;
use crate::gates::{Gate, Gates, PairGates};
use crate::limits::{Limits, Room};
use crate::offers::{Asked, Quoted};
use crate::planning::{self, IsBest, Plan};
use crate::pools::{PoolSource, Unavailable};
use crate::report::PairReport;
use crate::request::QuoteRequest;
use crate::room::Table;
use crate::thirds::{self, Third, Thirds, Worthwhile};
use crate::worth::{ACCOUNT_RENT, Rents, Worth, swap_lamports};

/// So many pools before a third token are tried where not all fit into one transaction with those behind it.
const FIRST_POOLS_MAX: usize = 3;
/// A way over a third token that pays less than the direct one by no more than so many thousandths may pay more soon.
const CLOSE_THOUSANDTHS: u64 = 2;

/// Why there is no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    #[error("no venue made an offer: {0}")]
    NoQuote(String),
    /// One of the tokens.
    #[error("{0}")]
    NotTradable(String),
    #[error("no pool of this pair can be used: {0}")]
    NoPool(String),
    #[error("no pool can fill this amount")]
    InsufficientLiquidity,
    #[error("the amount is too small to buy anything")]
    AmountTooSmall,
    #[error("the best offer, {best}, is below the order's minimum of {minimum}")]
    BelowMinimum { best: String, minimum: String },
    #[error("the best offer asks {best}, more than the order's maximum of {maximum}")]
    AboveMaximum { best: String, maximum: String },
    #[error(
        "every offer would move its pool's price by {} bps or more, and {limit} are allowed",
        ratio((*.least_ppm).into(), 1, -2)
    )]
    PriceImpact { least_ppm: u32, limit: MaxImpact },
}

impl NoRoute {
    /// Whether asking again later may bring one.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NoQuote(_) | Self::BelowMinimum { .. } | Self::AboveMaximum { .. }
        )
    }
}

/// That there is no route, with what the venues answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrouted {
    pub why: NoRoute,
    /// Every allowed venue's best answer, in the venues' usual order.
    pub quotes: Vec<Quote>,
    /// The gates that pools did not pass, each once.
    pub gates: Vec<Gate>,
    /// In how many seconds of the chain's the first of the pools opens that may be used then, where one will.
    pub opens_in: Option<u64>,
}

/// Asks venues and chooses. One deadline holds for all of them: who is late is left out and said so.
#[derive(Debug, Clone)]
pub struct Router {
    source: Arc<dyn PoolSource>,
    /// The same pools as somebody else shows them.
    elsewhere: Option<Arc<dyn PoolSource>>,
    deadline: Duration,
    /// Reasons call assets by their symbols.
    tokens: Arc<TokenList>,
    gates: Arc<Gates>,
    limits: Limits,
    thirds: Arc<Thirds>,
    rents: Arc<Rents>,
}

impl Router {
    /// A router over these pools, all of which may be used, one for each order.
    #[must_use]
    pub fn new(source: Arc<dyn PoolSource>, deadline: Duration, tokens: Arc<TokenList>) -> Self {
        Self {
            source,
            elsewhere: None,
            deadline,
            tokens,
            gates: Arc::default(),
            limits: Limits::ONE_POOL,
            thirds: Arc::default(),
            rents: Arc::default(),
        }
    }

    /// The same with routes that reach so far.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same that uses only pools which pass these gates.
    #[must_use]
    pub fn with_gates(self, gates: Gates) -> Self {
        Self {
            gates: Arc::new(gates),
            ..self
        }
    }

    /// What assets are called.
    #[must_use]
    pub fn tokens(&self) -> &TokenList {
        &self.tokens
    }

    /// An amount as people read it, such as `1.5 SOL`.
    #[must_use]
    pub fn print(&self, amount: BaseUnits, asset: Asset) -> String {
        let name = self.tokens.name_of(asset.mint);
        format!("{} {name}", amount.to_decimal(asset.decimals))
    }

    /// The best route for an order, with all offers beside the chosen one.
    pub async fn route(&self, request: &RouteRequest) -> Result<Decision, NoRoute> {
        let decided = self.decide(request).await;
        decided.map_err(|unrouted| unrouted.why)
    }

    /// The same, where what the venues answered is to be told also if there is no route. No order fails for good because of
    /// what was found a while ago: before that, pools are searched for anew.
    pub async fn decide(&self, request: &RouteRequest) -> Result<Decision, Unrouted> {
        let decided = self.decide_now(request).await;
        let Err(unrouted) = decided else {
            return decided;
        };
        if unrouted.why.may_pass() {
            return Err(unrouted);
        }
        let pairs = self.asked_pairs(request);
        let searching = self.source.search_anew(&pairs);
        match self.within_deadline(searching).await {
            Ok(true) => self.decide_now(request).await,
            Ok(false) => Err(unrouted),
            Err(Unavailable(why)) => Err(Unrouted {
                why: NoRoute::NoQuote(why),
                ..unrouted
            }),
        }
    }

    async fn decide_now(&self, request: &RouteRequest) -> Result<Decision, Unrouted> {
        let (asked, thirds) = Box::pin(self.ask_all(request)).await;
        let quotes: Vec<Quote> = asked.iter().map(Asked::answer).collect();
        let chosen = match request.quote.amount_out {
            Some(amount_out) => self.buy(&asked, request, amount_out),
            None => self.choose(&asked, &thirds, request),
        };
        let choice = match chosen {
            Ok(choice) => choice,
            Err(why) => {
                return Err(Unrouted {
                    why,
                    quotes,
                    gates: gates_of(&asked),
                    opens_in: opens_in(&asked, request),
                });
            }
        };
        let answered = asked.into_iter().filter_map(|asked| asked.answer.ok());
        Ok(Decision {
            choice,
            quotes,
            pools: answered.flat_map(competed).collect(),
        })
    }

    fn choose(
        &self,
        asked: &[Asked],
        thirds: &[Third],
        request: &RouteRequest,
    ) -> Result<Choice, NoRoute> {
        let best = self.best(asked, thirds, request);
        let route = best.as_ref().and_then(Plan::route);
        let (plan, route) = best
            .zip(route)
            .ok_or_else(|| self.why_none(asked, thirds, request))?;
        let floor = floor_of(plan.amount_out, request);
        if plan.amount_out < floor {
            let asset = request.quote.asset_out;
            return Err(NoRoute::BelowMinimum {
                best: self.print(plan.amount_out, asset),
                minimum: floor.to_decimal(asset.decimals),
            });
        }
        Ok(Choice {
            route,
            expected_amount_out: plan.amount_out,
            min_amount_out: floor,
            max_amount_in: None,
            quoted_at: plan.quoted_at,
        })
    }

    /// The way that pays most, net of what it costs beyond the direct one through one pool.
    fn best(&self, asked: &[Asked], thirds: &[Third], request: &RouteRequest) -> Option<Plan> {
        let QuoteRequest { amount_in, .. } = request.quote;
        let swaps_max = request.swaps_max.unwrap_or(usize::MAX);
        let candidates = candidates::of(asked, request.quote, request.max_impact);
        let worth = Worth::new(request.quote, asked, thirds, &self.rents);
        let tables = self.source.tables();
        let room = self.room(&tables);
        let parts = self.parts(request, &worth);
        let direct = planning::direct(&candidates, request.quote, parts, room);
        if swaps_max < 2 {
            return direct;
        }
        let over = thirds.iter().filter_map(|third| {
            let plan = self.over(third, request, room)?;
            let rent = if third.has_account { 0 } else { ACCOUNT_RENT };
            let cost = parts.1.get().saturating_add(worth.of(rent).get());
            Some((plan.amount_out.get().saturating_sub(cost), cost, plan))
        });
        let over = over.max_by_key(|(net, ..)| *net);
        let pays = direct.as_ref().map_or(0, |plan| plan.amount_out.get());
        if !thirds.is_empty() {
            let worth = over.as_ref().map_or(Worthwhile::Never, |(_, cost, plan)| {
                let paid = (plan.amount_out.get(), pays);
                worthwhile(amount_in, paid, *cost)
            });
            let pair = (request.quote.asset_in.mint, request.quote.asset_out.mint);
            let reachable = thirds.iter().filter(|third| third.may_be_reachable());
            let reachable = reachable.map(|third| third.asset).collect();
            self.thirds.saw(pair, reachable, worth);
        }
        // Where the direct way does not pay the client's own floor, there is none for this order.
        let is_enough = |paid: u64| {
            request
                .min_amount_out
                .is_none_or(|least| paid >= least.get())
        };
        match over {
            Some((_, _, plan)) if direct.is_none() => Some(plan),
            Some((_, _, plan)) if !is_enough(pays) && is_enough(plan.amount_out.get()) => {
                Some(plan)
            }
            Some((net, _, plan))
                if net > at_risk(pays) && request.thirds == ThirdTokens::WherePayingMore =>
            {
                Some(plan)
            }
            _ => direct,
        }
    }

    /// How many pools an order may use side by side, and what each further swap costs.
    fn parts(&self, request: &RouteRequest, worth: &Worth<'_>) -> (usize, BaseUnits) {
        let unit_price = match request.fee_level {
            Some(FeeLevel::Priced(price)) => price,
            _ => self.limits.unit_price,
        };
        let legs_max = request.swaps_max.unwrap_or(usize::MAX);
        (
            self.limits.legs.min(legs_max),
            worth.of(swap_lamports(unit_price)),
        )
    }

    const fn room<'a>(&self, tables: &'a [Table]) -> Room<'a> {
        Room {
            simulates: self.limits.simulates,
            tables,
        }
    }

    /// The way over a third token, through one pool on either side of it.
    fn over(&self, third: &Third, request: &RouteRequest, room: Room<'_>) -> Option<Plan> {
        let to = QuoteRequest {
            asset_out: third.asset,
            ..request.quote
        };
        let asked = self.judge(&third.to, to, request.venues);
        let before = candidates::of(&asked, to, request.max_impact);
        let mut best: Option<Plan> = None;
        for (place, first) in planning::singles(&before, to.amount_in).take(FIRST_POOLS_MAX) {
            let from = QuoteRequest {
                asset_in: third.asset,
                amount_in: planning::passed_on(first.amount_out, request.slippage),
                ..request.quote
            };
            let asked = self.judge(&third.from, from, request.venues);
            let behind = candidates::of(&asked, from, request.max_impact);
            let first = (&before[place], &first);
            let row = planning::in_a_row(first, (&behind, from.amount_in), room);
            let Some((row, is_best)) = row else {
                continue;
            };
            if best
                .as_ref()
                .is_none_or(|best| row.amount_out > best.amount_out)
            {
                best = Some(row);
            }
            // What pays less before pays less behind.
            if is_best == IsBest(true) {
                break;
            }
        }
        best
    }

    /// All that is known of a pair's pools: of every venue, or nothing where one of them does not answer.
    pub async fn pools(
        &self,
        asset_in: Asset,
        asset_out: Asset,
    ) -> Result<PairReport, Unavailable> {
        let pair = (asset_in.mint, asset_out.mint);
        let venues = Venue::ALL.map(async |venue| {
            let found = self.found(venue, pair).await;
            found.map_err(|Unavailable(why)| Unavailable(format!("{venue}: {why}")))
        });
        let venues: Result<Vec<_>, _> = join_all(venues).await.into_iter().collect();
        Ok(PairReport::of(
            &venues?,
            &self.gates_of_pair((asset_in, asset_out), None, None),
        ))
    }

    /// Has the pools of these pairs followed from now on, and no others but those that are asked for often.
    pub fn watch(&self, pairs: &[(Mint, Mint)]) {
        // Of what most pools name, births are too many to be told.
        let busiest = thirds::busiest(&self.tokens);
        let busiest: BTreeSet<Mint> = busiest.map(|asset| asset.mint).collect();
        let tokens = pairs.iter().flat_map(|(one, other)| [*one, *other]);
        let tokens: BTreeSet<Mint> = tokens.filter(|it| !busiest.contains(it)).collect();
        let tokens: Vec<Mint> = tokens.into_iter().collect();
        self.source.watch(pairs, &tokens);
    }

    /// A number that differs once a pool of a watched pair may have changed; absent where nobody tells.
    #[must_use]
    pub fn pool_version(&self, pair: (Mint, Mint)) -> Option<u64> {
        self.source.version(pair)
    }

    /// Waits until a pool of a watched pair may have changed.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    pub async fn pool_news(&self) {
        self.source.news().await;
    }

    /// Whether somebody tells of changes of pools.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.source.is_told()
    }

    /// Says that a pair's pools are not what they were taken for.
    pub fn doubt(&self, asset_in: Asset, asset_out: Asset) {
        self.source.doubt((asset_in.mint, asset_out.mint));
    }

    fn gates_of_pair(
        &self,
        assets: (Asset, Asset),
        amount_in: Option<BaseUnits>,
        sniping: Option<PoolGates>,
    ) -> PairGates<'_> {
        PairGates {
            gates: &self.gates,
            tokens: &self.tokens,
            assets,
            amount_in,
            sniping,
        }
    }
}

/// What a way over a third token must pay where the direct one pays so much: its first leg may pay hardly less than it
/// was quoted at, and the order is not to fail for less than that.
const fn at_risk(direct: u64) -> u64 {
    direct.saturating_add(direct / 10_000 * planning::LEFT_MAX_BPS as u64)
}

/// From which amount on an order gains what it costs to go over a third token, where this amount brings so much there
/// and so much directly. In a moment it may bring a little more than now.
fn worthwhile(amount_in: BaseUnits, (over, direct): (u64, u64), cost: u64) -> Worthwhile {
    let soon = over.saturating_add(direct / 1_000 * CLOSE_THOUSANDTHS);
    let risked = at_risk(direct);
    if over > risked {
        let least = u128::from(amount_in.get()) * u128::from(cost) / u128::from(over - risked);
        let least = u64::try_from(least).unwrap_or(u64::MAX);
        return Worthwhile::From(BaseUnits::new(least));
    }
    match soon > risked {
        true => Worthwhile::Soon,
        false => Worthwhile::Never,
    }
}

/// The least an order takes for so much: the larger of slippage's floor and the client's own.
fn floor_of(amount_out: BaseUnits, request: &RouteRequest) -> BaseUnits {
    let by_slippage = amount_out.less_bps_rounded_up(request.slippage);
    request
        .min_amount_out
        .map_or(by_slippage, |own| own.max(by_slippage))
}

/// In how many seconds the first pool opens that a sniper may use then.
fn opens_in(asked: &[Asked], request: &RouteRequest) -> Option<u64> {
    request.sniping?;
    asked.iter().filter_map(Asked::opens_in).min()
}

fn gates_of(asked: &[Asked]) -> Vec<Gate> {
    let answered = asked.iter().filter_map(|it| it.answer.as_ref().ok());
    let gates: BTreeSet<Gate> = answered.flat_map(Quoted::gates).collect();
    gates.into_iter().collect()
}

/// A venue's pools as they are kept with the order.
fn competed(venue: Quoted) -> impl Iterator<Item = PoolQuote> {
    venue.into_answers().map(|(pool, answer)| PoolQuote {
        pool,
        answer: answer.map_or_else(Answer::from, Answer::Offered),
    })
}

#[cfg(test)]
mod tests;
