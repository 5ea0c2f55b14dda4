//! Asks every allowed venue's pools for quotes at the same time, and chooses the route that pays most: one pool,
//! several side by side, or two one after another over a third token.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::quote::{Answer, Choice, Decision, PoolQuote, Quote};
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, FeeLevel, MaxImpact, Mint, Terms, TokenList, Venue};
use futures_util::future::{Either, join, join_all, select};
use ports::STAGE_SPANS;
use tracing::field::{Empty, display};
use tracing::{Instrument, debug, info, trace_span};

use crate::gates::{Gate, Gates, PairGates};
use crate::limits::Limits;
use crate::offers::{self, Asked, Quoted};
use crate::planning::{self, Plan};
use crate::pools::{PairPools, PoolSource, Unavailable};
use crate::report::PairReport;
use crate::request::QuoteRequest;
use crate::thirds::{self, Cause, Fetched, Third, Thirds};
use crate::worth::{ACCOUNT_RENT, Worth, swap_lamports};
use crate::{candidates, reasons};

/// An order with a direct offer waits no longer for a look at third tokens.
const THIRDS_PATIENCE: Duration = Duration::from_millis(250);
/// A direct offer that moves the price so far, in millionths, is dear: third tokens are looked at.
const DEAR_PPM: u32 = 1_000;
/// A way over a third token that pays less than the direct one by no more than so many thousandths may pay more soon.
const CLOSE_THOUSANDTHS: u64 = 2;

/// What an order asks of a route.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest {
    pub quote: QuoteRequest,
    pub venues: VenueSet,
    pub slippage: Bps,
    /// The client's own floor.
    pub min_amount_out: Option<BaseUnits>,
    /// No leg moves its pool's price further.
    pub max_impact: Option<MaxImpact>,
    /// What its transaction offers for each compute unit, where the order says.
    pub fee_level: Option<FeeLevel>,
    /// So many swaps at most, where fewer are wanted than the router's limits allow.
    pub swaps_max: Option<usize>,
}

impl From<&Terms> for RouteRequest {
    fn from(terms: &Terms) -> Self {
        Self {
            quote: QuoteRequest {
                asset_in: terms.asset_in,
                asset_out: terms.asset_out,
                amount_in: terms.amount_in,
            },
            venues: terms.venues,
            slippage: terms.slippage,
            min_amount_out: terms.min_amount_out,
            max_impact: terms.max_impact,
            fee_level: terms.fee_level,
            swaps_max: None,
        }
    }
}

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
    #[error(
        "every offer would move its pool's price by {} bps or more, and {limit} are allowed",
        .least_ppm / 100
    )]
    PriceImpact { least_ppm: u32, limit: MaxImpact },
}

impl NoRoute {
    /// Whether asking again later may bring one.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::NoQuote(_) | Self::BelowMinimum { .. })
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
}

/// Asks venues and chooses. One deadline holds for all of them: who is late is left out and said so.
#[derive(Debug, Clone)]
pub struct Router {
    source: Arc<dyn PoolSource>,
    deadline: Duration,
    /// Reasons call assets by their symbols.
    tokens: Arc<TokenList>,
    gates: Arc<Gates>,
    limits: Limits,
    thirds: Arc<Thirds>,
}

impl Router {
    /// A router over these pools, all of which may be used, one for each order.
    #[must_use]
    pub fn new(source: Arc<dyn PoolSource>, deadline: Duration, tokens: Arc<TokenList>) -> Self {
        Self {
            source,
            deadline,
            tokens,
            gates: Arc::default(),
            limits: Limits::ONE_POOL,
            thirds: Arc::default(),
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

    /// The same, where what the venues answered is to be told also if there is no route.
    pub async fn decide(&self, request: &RouteRequest) -> Result<Decision, Unrouted> {
        let (asked, thirds) = self.ask_all(request).await;
        let quotes: Vec<Quote> = asked.iter().map(Asked::answer).collect();
        let choice = match self.choose(&asked, &thirds, request) {
            Ok(choice) => choice,
            Err(why) => {
                let gates = gates_of(&asked);
                return Err(Unrouted { why, quotes, gates });
            }
        };
        log_choice(&choice, &quotes);
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
            .ok_or_else(|| reasons::why_none(asked, thirds, request.max_impact))?;
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
            quoted_at: plan.quoted_at,
        })
    }

    /// The way that pays most, net of what it costs beyond the direct one through one pool.
    fn best(&self, asked: &[Asked], thirds: &[Third], request: &RouteRequest) -> Option<Plan> {
        let QuoteRequest { amount_in, .. } = request.quote;
        let swaps_max = request.swaps_max.unwrap_or(usize::MAX);
        let candidates = candidates::of(asked, request.quote, request.max_impact);
        let worth = Worth {
            request: request.quote,
            sold_for: asked
                .iter()
                .flat_map(Asked::offers)
                .map(|it| it.amount_out)
                .max(),
            thirds,
        };
        let unit_price = match request.fee_level {
            Some(FeeLevel::Priced(price)) => price,
            _ => self.limits.unit_price,
        };
        let swap_cost = worth.of(swap_lamports(unit_price));
        let legs_max = self.limits.legs.min(swaps_max);
        let direct = planning::direct(&candidates, amount_in, legs_max, swap_cost);
        if swaps_max < 2 {
            return direct;
        }
        let over = thirds.iter().filter_map(|third| {
            let plan = self.over(third, request)?;
            let rent = if third.asset.is_native() {
                0
            } else {
                ACCOUNT_RENT
            };
            let cost = swap_cost.get().saturating_add(worth.of(rent).get());
            Some((plan.amount_out.get().saturating_sub(cost), plan))
        });
        let over = over.max_by_key(|(net, _)| *net);
        let pays = direct.as_ref().map_or(0, |plan| plan.amount_out.get());
        if !thirds.is_empty() {
            let net = over.as_ref().map_or(0, |(net, _)| *net);
            let pair = (request.quote.asset_in.mint, request.quote.asset_out.mint);
            let reachable = thirds.iter().filter(|third| third.is_reachable());
            let reachable = reachable.map(|third| third.asset).collect();
            self.thirds.saw(pair, reachable, is_close(net, pays));
        }
        match over {
            Some((net, plan)) if direct.is_none() || net > pays => Some(plan),
            _ => direct,
        }
    }

    /// The way over a third token, through the pool that pays most on either side of it.
    fn over(&self, third: &Third, request: &RouteRequest) -> Option<Plan> {
        let to = QuoteRequest {
            asset_out: third.asset,
            ..request.quote
        };
        let asked = self.judge(&third.to, to, request.venues);
        let before = candidates::of(&asked, to, request.max_impact);
        let first = planning::single(&before, to.amount_in)?;
        let from = QuoteRequest {
            asset_in: third.asset,
            amount_in: planning::passed_on(first.amount_out, request.slippage),
            ..request.quote
        };
        let asked = self.judge(&third.from, from, request.venues);
        let behind = candidates::of(&asked, from, request.max_impact);
        let second = planning::single(&behind, from.amount_in)?;
        planning::in_a_row((first, &before), (second, &behind))
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
            &self.gates_of_pair((asset_in, asset_out), None),
        ))
    }

    /// Says that a pair's pools are not what they were taken for.
    pub fn doubt(&self, asset_in: Asset, asset_out: Asset) {
        self.source.doubt((asset_in.mint, asset_out.mint));
    }

    fn gates_of_pair(&self, assets: (Asset, Asset), amount_in: Option<BaseUnits>) -> PairGates<'_> {
        PairGates {
            gates: &self.gates,
            tokens: &self.tokens,
            assets,
            amount_in,
        }
    }

    /// What the venues have of the pair, and what there is over third tokens where that is worth a look.
    async fn ask_all(&self, request: &RouteRequest) -> (Vec<Asked>, Vec<Third>) {
        let asking = pin!(self.ask(request.quote, request.venues));
        let looking = pin!(self.look(request, Cause::Order));
        let (asked, thirds) = match select(asking, looking).await {
            Either::Left((asked, looking)) => {
                let has_offer = asked.iter().flat_map(Asked::offers).next().is_some();
                let thirds = match has_offer {
                    true => tokio::time::timeout(THIRDS_PATIENCE, looking).await,
                    false => Ok(looking.await),
                };
                (asked, thirds.unwrap_or_default())
            }
            Either::Right((thirds, asking)) => (asking.await, thirds),
        };
        let best = asked
            .iter()
            .flat_map(Asked::offers)
            .min_by_key(|it| offers::rank(it));
        let is_dear = best.is_none_or(|offer| offer.impact_ppm >= DEAR_PPM);
        if thirds.is_empty() && is_dear {
            let thirds = self.look(request, Cause::Dear).await;
            return (asked, thirds);
        }
        (asked, thirds)
    }

    /// Third tokens with the pools that lead to them and from them.
    async fn look(&self, request: &RouteRequest, cause: Cause) -> Vec<Third> {
        let (sold, bought) = (request.quote.asset_in.mint, request.quote.asset_out.mint);
        if self.limits.hops < 2 || request.swaps_max.is_some_and(|most| most < 2) {
            return Vec::new();
        }
        let own = self.source.third((sold, bought));
        let known = thirds::of_pair((sold, bought), &self.tokens, own);
        let due = self.thirds.due((sold, bought), known, cause);
        let telling = self.telling(request.venues);
        let looks = due.into_iter().map(async |asset| {
            let third = asset.mint;
            let to = self.fetch(telling, (sold, third));
            let (to, from) = join(to, self.fetch(telling, (third, bought))).await;
            Third { asset, to, from }
        });
        join_all(looks).await
    }

    async fn fetch(&self, venues: VenueSet, pair: (Mint, Mint)) -> Vec<Fetched> {
        let fetched = venues.iter().map(async |venue| Fetched {
            venue,
            pools: self.found(venue, pair).await,
        });
        join_all(fetched).await
    }

    /// What a pair costs is told by all of its pools, also those that the order may not use.
    fn telling(&self, venues: VenueSet) -> VenueSet {
        match self.gates.max_deviation_bps {
            0 => venues,
            _ => VenueSet::ALL,
        }
    }

    async fn ask(&self, request: QuoteRequest, venues: VenueSet) -> Vec<Asked> {
        let assets = (request.asset_in, request.asset_out);
        let gates = self.gates_of_pair(assets, Some(request.amount_in));
        let asked = self.telling(venues).iter();
        let asked = asked.map(|venue| self.ask_one(venue, request, &gates));
        allowed(join_all(asked).await, &gates, venues)
    }

    /// What pools offer that were fetched.
    fn judge(&self, fetched: &[Fetched], request: QuoteRequest, venues: VenueSet) -> Vec<Asked> {
        let assets = (request.asset_in, request.asset_out);
        let gates = self.gates_of_pair(assets, Some(request.amount_in));
        let asked = fetched.iter().map(|Fetched { venue, pools }| Asked {
            venue: *venue,
            answer: pools
                .clone()
                .map(|found| Quoted::of(found, request, &gates)),
        });
        allowed(asked.collect(), &gates, venues)
    }

    async fn ask_one(&self, venue: Venue, request: QuoteRequest, gates: &PairGates<'_>) -> Asked {
        let span = trace_span!(
            target: STAGE_SPANS, "venue.quote", %venue,
            pool = Empty, amount_out = Empty, impact_ppm = Empty, error = Empty
        );
        let pair = (request.asset_in.mint, request.asset_out.mint);
        let found = self.found(venue, pair).instrument(span.clone()).await;
        let asked = Asked {
            venue,
            answer: found.map(|found| Quoted::of(found, request, gates)),
        };
        match asked.best() {
            Ok(offer) => {
                span.record("pool", offer.pool.program.name());
                span.record("amount_out", display(offer.amount_out));
                span.record("impact_ppm", offer.impact_ppm);
            }
            Err(error) => {
                span.record("error", display(&error));
                debug!(%venue, %error, "{venue} makes no offer: {error}");
            }
        }
        asked
    }

    async fn found(
        &self,
        venue: Venue,
        pair: (domain::Mint, domain::Mint),
    ) -> Result<PairPools, Unavailable> {
        self.within_deadline(self.source.pools(venue, pair)).await
    }

    async fn within_deadline<T>(
        &self,
        answer: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        let answer = tokio::time::timeout(self.deadline, answer).await;
        answer.unwrap_or_else(|_| {
            let millis = self.deadline.as_millis();
            Err(Unavailable(format!("no answer within {millis} ms")))
        })
    }
}

/// Whether one amount is about as good as another, or better.
fn is_close(net: u64, pays: u64) -> bool {
    net > 0 && net >= pays - pays / 1_000 * CLOSE_THOUSANDTHS
}

/// The offers that the order may take.
fn allowed(mut asked: Vec<Asked>, gates: &PairGates<'_>, venues: VenueSet) -> Vec<Asked> {
    offers::refuse_far_prices(gates, asked.iter_mut().filter_map(Asked::answers));
    asked.retain(|it| venues.contains(it.venue));
    asked
}

/// The least an order takes for so much: the larger of slippage's floor and the client's own.
fn floor_of(amount_out: BaseUnits, request: &RouteRequest) -> BaseUnits {
    let by_slippage = amount_out.less_bps_rounded_up(request.slippage);
    request
        .min_amount_out
        .map_or(by_slippage, |own| own.max(by_slippage))
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

fn log_choice(choice: &Choice, quotes: &[Quote]) {
    let offers: Vec<String> = quotes
        .iter()
        .map(|quote| match &quote.answer {
            Answer::Offered(offer) => format!("{} {}", quote.venue, offer.amount_out),
            Answer::Declined { reason } => format!("{} none ({reason})", quote.venue),
        })
        .collect();
    let (venue, offers) = (choice.route.largest().venue(), offers.join(", "));
    info!(%venue, offers, "routed to {venue}; offers after fees and impact: {offers}");
}

#[cfg(test)]
mod tests;
