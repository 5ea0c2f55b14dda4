//! Asks every allowed venue's pools for quotes at the same time, and chooses the best offer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::quote::{Answer, Choice, Decision, Offer, PoolQuote, Quote};
use domain::route::Leg;
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, MaxImpact, Route, Terms, TokenList, Venue};
use futures_util::future::join_all;
use ports::STAGE_SPANS;
use tracing::field::{Empty, display};
use tracing::{Instrument, debug, info, trace_span};

use crate::gates::{Gate, Gates, PairGates};
use crate::offers::{self, Asked, Declined, Quoted};
use crate::pools::{PairPools, PoolSource, Unavailable};
use crate::report::PairReport;
use crate::request::QuoteRequest;

/// What an order asks of a route.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest {
    pub quote: QuoteRequest,
    pub venues: VenueSet,
    pub slippage: Bps,
    /// The client's own floor.
    pub min_amount_out: Option<BaseUnits>,
    /// Offers that move their pool's price further are not taken.
    pub max_impact: Option<MaxImpact>,
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
}

impl Router {
    /// A router over these pools, all of which may be used.
    #[must_use]
    pub fn new(source: Arc<dyn PoolSource>, deadline: Duration, tokens: Arc<TokenList>) -> Self {
        Self {
            source,
            deadline,
            tokens,
            gates: Arc::default(),
        }
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
        let asked = self.ask(request.quote, request.venues).await;
        let quotes: Vec<Quote> = asked.iter().map(Asked::answer).collect();
        let choice = match self.choose(&asked, request) {
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

    fn choose(&self, asked: &[Asked], request: &RouteRequest) -> Result<Choice, NoRoute> {
        let offers = asked.iter().flat_map(Asked::offers);
        let is_gentle = |offer: &Offer| {
            let limit = request.max_impact;
            limit.is_none_or(|limit| limit.admits(offer.impact_ppm))
        };
        let best = offers
            .filter(|(_, offer)| is_gentle(offer))
            .min_by_key(|(_, offer)| offers::rank(offer));
        let (quoted_at, offer) = best.ok_or_else(|| why_none(asked, request.max_impact))?;
        let floor = floor_of(offer, request);
        if offer.amount_out < floor {
            let asset = request.quote.asset_out;
            return Err(NoRoute::BelowMinimum {
                best: self.print(offer.amount_out, asset),
                minimum: floor.to_decimal(asset.decimals),
            });
        }
        Ok(Choice {
            route: Route::of(leg(offer, request.quote)),
            expected_amount_out: offer.amount_out,
            min_amount_out: floor,
            quoted_at,
        })
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

    async fn ask(&self, request: QuoteRequest, venues: VenueSet) -> Vec<Asked> {
        let assets = (request.asset_in, request.asset_out);
        let gates = self.gates_of_pair(assets, Some(request.amount_in));
        // What a pair costs is told by all of its pools, also those that the order may not use.
        let telling = match self.gates.max_deviation_bps {
            0 => venues,
            _ => VenueSet::ALL,
        };
        let asked = telling.iter();
        let asked = asked.map(|venue| self.ask_one(venue, request, &gates));
        let mut asked = join_all(asked).await;
        offers::refuse_far_prices(&gates, asked.iter_mut().filter_map(Asked::answers));
        asked.retain(|it| venues.contains(it.venue));
        asked
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

fn leg(offer: &Offer, request: QuoteRequest) -> Leg {
    let QuoteRequest {
        asset_in,
        asset_out,
        amount_in,
    } = request;
    Leg {
        pool: offer.pool,
        asset_in,
        asset_out,
        amount_in,
        amount_out: offer.amount_out,
    }
}

/// The least an order takes for this offer: the larger of slippage's floor and the client's own.
fn floor_of(offer: &Offer, request: &RouteRequest) -> BaseUnits {
    let by_slippage = offer.amount_out.less_bps_rounded_up(request.slippage);
    request
        .min_amount_out
        .map_or(by_slippage, |own| own.max(by_slippage))
}

/// A reason that holds whenever one asks is given only where every venue answered with one of that kind.
fn why_none(asked: &[Asked], max_impact: Option<MaxImpact>) -> NoRoute {
    let offers = asked.iter().flat_map(Asked::offers);
    let least_ppm = offers.map(|(_, offer)| offer.impact_ppm).min();
    // Offers that were not taken move the price too far.
    if let Some((least_ppm, limit)) = least_ppm.zip(max_impact) {
        return NoRoute::PriceImpact { least_ppm, limit };
    }
    let answered = asked.iter().map(|it| (it.venue, it.best().err()));
    let reasons: Vec<(Venue, Declined)> = answered
        .filter_map(|(venue, reason)| Some((venue, reason?)))
        .collect();
    if reasons.is_empty() {
        return NoRoute::NoQuote("none of the order's venues is available".to_owned());
    }
    let of_tokens = reasons.iter().find_map(|(_, reason)| match reason {
        Declined::Refused(refused) if refused.gate == Gate::Token => Some(refused),
        _ => None,
    });
    if let Some(refused) = of_tokens {
        return NoRoute::NotTradable(refused.why.clone());
    }
    if reasons.iter().any(|(_, reason)| reason.may_pass()) {
        return NoRoute::NoQuote(told(&reasons));
    }
    let trades = |reason: &Declined| !matches!(reason, Declined::NoPool | Declined::Refused(_));
    let mut trading = reasons.iter().filter(|(_, it)| trades(it)).peekable();
    if trading.peek().is_none() {
        return NoRoute::NoPool(told(&reasons));
    }
    match trading.all(|(_, reason)| *reason == Declined::AmountTooSmall) {
        true => NoRoute::AmountTooSmall,
        false => NoRoute::InsufficientLiquidity,
    }
}

fn told(reasons: &[(Venue, Declined)]) -> String {
    let reasons = reasons.iter();
    let reasons: Vec<String> = reasons
        .map(|(venue, reason)| format!("{venue}: {reason}"))
        .collect();
    reasons.join("; ")
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
