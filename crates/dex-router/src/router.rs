//! Asking every venue at once and choosing the best offer.

use std::sync::Arc;
use std::time::Duration;

use domain::quote::{Answer, Choice, Decision, Offer, Quote};
use domain::route::Leg;
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, Route, Terms, TokenList};
use futures_util::future::join_all;
use ports::STAGE_SPANS;
use tracing::field::{Empty, display};
use tracing::{Instrument, debug, info, trace_span};

use crate::venue::{QuoteError, QuoteRequest, QuoteSource};

/// What an order asks of a route.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest {
    pub quote: QuoteRequest,
    pub venues: VenueSet,
    pub slippage: Bps,
    /// The client's own floor.
    pub min_amount_out: Option<BaseUnits>,
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
        }
    }
}

/// Why there is no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    #[error("no venue made an offer: {0}")]
    NoQuote(String),
    #[error("the pools cannot fill this amount")]
    InsufficientLiquidity,
    #[error("the amount is too small to buy anything")]
    AmountTooSmall,
    #[error("the best offer, {best}, is below the order's minimum of {minimum}")]
    BelowMinimum { best: String, minimum: String },
}

impl NoRoute {
    /// Whether asking again later may bring one.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::NoQuote(_) | Self::BelowMinimum { .. })
    }
}

/// Asks venues and chooses. One deadline holds for all of them: who is late is left out and said so.
#[derive(Debug, Clone)]
pub struct Router {
    sources: Vec<Arc<dyn QuoteSource>>,
    deadline: Duration,
    /// Reasons call assets by their symbols.
    tokens: Arc<TokenList>,
}

impl Router {
    /// A router over these venues.
    #[must_use]
    pub fn new(sources: Vec<Arc<dyn QuoteSource>>, deadline: Duration) -> Self {
        Self {
            sources,
            deadline,
            tokens: Arc::new(TokenList::mainnet()),
        }
    }

    /// An amount as people read it, such as `1.5 SOL`.
    #[must_use]
    pub fn print(&self, amount: BaseUnits, asset: Asset) -> String {
        let name = self.tokens.name_of(asset.mint);
        format!("{} {name}", amount.to_decimal(asset.decimals))
    }

    /// Every allowed venue's answer, in the venues' usual order, each within the deadline.
    pub async fn quotes(&self, request: QuoteRequest, venues: VenueSet) -> Vec<Quote> {
        self.ask(request, venues)
            .await
            .into_iter()
            .map(Asked::into_quote)
            .collect()
    }

    /// The best route for an order, with all offers beside the chosen one.
    pub async fn route(&self, request: &RouteRequest) -> Result<Decision, NoRoute> {
        let asked = self.ask(request.quote, request.venues).await;
        let best = best_of(asked.iter().filter_map(Asked::offer));
        let Some(offer) = best.map(|(_, offer)| offer.clone()) else {
            return Err(why_none(&asked));
        };
        let floor = floor_of(&offer, request);
        if offer.amount_out < floor {
            let asset = request.quote.asset_out;
            return Err(NoRoute::BelowMinimum {
                best: self.print(offer.amount_out, asset),
                minimum: floor.to_decimal(asset.decimals),
            });
        }
        let choice = Choice {
            route: Route::of(leg(&offer, request.quote)),
            expected_amount_out: offer.amount_out,
            min_amount_out: floor,
            quoted_at: 0,
        };
        let quotes: Vec<Quote> = asked.into_iter().map(Asked::into_quote).collect();
        log_choice(&choice, &quotes);
        Ok(Decision {
            choice,
            quotes,
            pools: Vec::new(),
        })
    }

    async fn ask(&self, request: QuoteRequest, venues: VenueSet) -> Vec<Asked> {
        let allowed = self
            .sources
            .iter()
            .filter(|source| venues.contains(source.venue()));
        join_all(allowed.map(|source| self.ask_one(source.as_ref(), request))).await
    }

    async fn ask_one(&self, source: &dyn QuoteSource, request: QuoteRequest) -> Asked {
        let venue = source.venue();
        let span = trace_span!(
            target: STAGE_SPANS, "venue.quote", %venue,
            pool = Empty, amount_out = Empty, impact_ppm = Empty, error = Empty
        );
        let asking = tokio::time::timeout(self.deadline, source.quote(request));
        let answer = match asking.instrument(span.clone()).await {
            Ok(Ok(offer)) if is_absurd(&offer) => Err(QuoteError::Unavailable(
                "the offer makes no sense".to_owned(),
            )),
            Ok(answer) => answer,
            Err(_) => {
                let millis = self.deadline.as_millis();
                Err(QuoteError::Unavailable(format!(
                    "no answer within {millis} ms"
                )))
            }
        };
        match &answer {
            Ok(offer) => {
                span.record("pool", offer.pool.program.name());
                span.record("amount_out", display(offer.amount_out));
                span.record("impact_ppm", offer.impact_ppm);
            }
            Err(error) => {
                span.record("error", display(error));
                debug!(%venue, %error, "{venue} makes no offer: {error}");
            }
        }
        Asked { venue, answer }
    }
}

/// The offer that pays most; between equals the one that moves the price less, then the venue's order.
pub fn best_of<'a>(
    offers: impl Iterator<Item = (domain::Venue, &'a Offer)>,
) -> Option<(domain::Venue, &'a Offer)> {
    offers.min_by_key(|(venue, offer)| {
        (
            std::cmp::Reverse(offer.amount_out),
            offer.impact_ppm,
            *venue,
        )
    })
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

/// Nobody sells for nothing, and a fee or an impact of everything is a broken answer.
fn is_absurd(offer: &Offer) -> bool {
    offer.amount_out.get() == 0 || offer.fee_ppm >= 1_000_000 || offer.impact_ppm > 1_000_000
}

/// A reason that holds whenever one asks is given only where every venue gave one of that kind.
fn why_none(asked: &[Asked]) -> NoRoute {
    let reasons = || {
        asked
            .iter()
            .filter_map(|asked| asked.answer.as_ref().err().map(|e| (asked.venue, e)))
    };
    if asked.is_empty() {
        return NoRoute::NoQuote("none of the order's venues is available".to_owned());
    }
    if reasons().all(|(_, error)| *error == QuoteError::AmountTooSmall) {
        return NoRoute::AmountTooSmall;
    }
    if reasons().all(|(_, error)| !matches!(error, QuoteError::Unavailable(_))) {
        return NoRoute::InsufficientLiquidity;
    }
    let reasons: Vec<String> = reasons()
        .map(|(venue, error)| format!("{venue}: {error}"))
        .collect();
    NoRoute::NoQuote(reasons.join("; "))
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

struct Asked {
    venue: domain::Venue,
    answer: Result<Offer, QuoteError>,
}

impl Asked {
    fn offer(&self) -> Option<(domain::Venue, &Offer)> {
        self.answer.as_ref().ok().map(|offer| (self.venue, offer))
    }

    fn into_quote(self) -> Quote {
        let answer = match self.answer {
            Ok(offer) => Answer::Offered(offer),
            Err(error) => Answer::Declined {
                reason: error.to_string(),
            },
        };
        Quote {
            venue: self.venue,
            answer,
        }
    }
}

#[cfg(test)]
mod tests;
