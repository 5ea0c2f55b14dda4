//! What the router asks of venues: the pools of the pair at all of them at the same time, and third tokens' where that
//! is worth a look.

use std::time::Duration;

use domain::venue::VenueSet;
use domain::{Asset, Mint, Venue};
use futures_util::future::{Either, join_all, join3, select};
use ports::STAGE_SPANS;
use tracing::field::{Empty, display};
use tracing::{Instrument, debug, trace_span};

use super::{RouteRequest, Router};
use crate::gates::PairGates;
use crate::offers::{self, Asked, Quoted};
use crate::pools::{PairPools, Unavailable};
use crate::request::QuoteRequest;
use crate::thirds::{self, Cause, Fetched, Third};

/// An order with a direct offer waits no longer for a look at third tokens.
pub(super) const THIRDS_PATIENCE: Duration = Duration::from_millis(250);
/// A direct offer that moves the price so far, in millionths, is dear: third tokens are looked at.
const DEAR_PPM: u32 = 1_000;

impl Router {
    /// What the venues have of the pair, and what there is over third tokens where that is worth a look.
    pub(super) async fn ask_all(&self, request: &RouteRequest) -> (Vec<Asked>, Vec<Third>) {
        // Boxed: whoever routes would carry all that is asked.
        let asking = Box::pin(self.ask(request));
        let looking = Box::pin(self.look(request, Cause::Order(request.quote.amount_in)));
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
            let thirds = Box::pin(self.look(request, Cause::Dear)).await;
            return (asked, thirds);
        }
        (asked, thirds)
    }

    /// The pairs whose pools an order may use: its own, and those with third tokens.
    pub(super) fn asked_pairs(&self, request: &RouteRequest) -> Vec<(Mint, Mint)> {
        let pair = (request.quote.asset_in.mint, request.quote.asset_out.mint);
        let thirds = match self.may_go_over_thirds(request) {
            true => thirds::of_pair(pair, &self.tokens, &*self.source),
            false => Vec::new(),
        };
        let sides = thirds
            .into_iter()
            .flat_map(|third| [(pair.0, third.mint), (third.mint, pair.1)]);
        std::iter::once(pair).chain(sides).collect()
    }

    fn may_go_over_thirds(&self, request: &RouteRequest) -> bool {
        self.limits.hops >= 2
            && request.quote.amount_out.is_none()
            && request.sniping.is_none()
            && request.swaps_max.is_none_or(|most| most >= 2)
    }

    /// Third tokens with the pools that lead to them and from them.
    async fn look(&self, request: &RouteRequest, cause: Cause) -> Vec<Third> {
        let (sold, bought) = (request.quote.asset_in.mint, request.quote.asset_out.mint);
        if !self.may_go_over_thirds(request) {
            return Vec::new();
        }
        let pair = (sold, bought);
        let all = || thirds::of_pair(pair, &self.tokens, &*self.source);
        let due = self.thirds.due(pair, cause, all);
        let telling = self.telling(request.venues);
        let looks = due.into_iter().map(async |asset| {
            let third = asset.mint;
            let to = self.fetch_beside(telling, (sold, third));
            let from = self.fetch_beside(telling, (third, bought));
            let (to, from, has_account) = join3(to, from, self.has_account(request, asset)).await;
            Third {
                asset,
                to,
                from,
                has_account,
            }
        });
        join_all(looks).await
    }

    async fn has_account(&self, request: &RouteRequest, asset: Asset) -> bool {
        if asset.is_native() {
            return true;
        }
        let asking = self.source.has_account(request.wallet, asset);
        let told = self.within_deadline(async { Ok(asking.await) });
        told.await.unwrap_or(false)
    }

    pub(super) async fn fetch(&self, venues: VenueSet, pair: (Mint, Mint)) -> Vec<Fetched> {
        let fetched = venues.iter().map(async |venue| Fetched {
            venue,
            pools: self.found(venue, pair).await,
        });
        join_all(fetched).await
    }

    /// The pools of a pair with a third token.
    pub(super) async fn fetch_beside(&self, venues: VenueSet, pair: (Mint, Mint)) -> Vec<Fetched> {
        let fetched = venues.iter().map(async |venue| {
            let asking = self.source.pools_beside(venue, pair);
            let pools = self.within_deadline(asking).await;
            Fetched { venue, pools }
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

    async fn ask(&self, request: &RouteRequest) -> Vec<Asked> {
        let (quote, venues) = (request.quote, request.venues);
        let assets = (quote.asset_in, quote.asset_out);
        let gates = self.gates_of_pair(assets, quote.sold(), request.sniping);
        let asked = self.telling(venues).iter();
        let asked = asked.map(|venue| self.ask_one(venue, quote, &gates));
        allowed(join_all(asked).await, &gates, venues)
    }

    /// What pools offer that were fetched.
    pub(super) fn judge(
        &self,
        fetched: &[Fetched],
        request: QuoteRequest,
        venues: VenueSet,
    ) -> Vec<Asked> {
        let assets = (request.asset_in, request.asset_out);
        let gates = self.gates_of_pair(assets, request.sold(), None);
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
        let lead_seconds = self.lead_of(gates);
        let asked = Asked {
            venue,
            answer: found.map(|found| {
                let found = PairPools {
                    lead_seconds,
                    ..found
                };
                Quoted::of(found, request, gates)
            }),
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

    /// Nothing is sent early that is simulated first.
    const fn lead_of(&self, gates: &PairGates<'_>) -> u64 {
        if gates.sniping.is_some() && !self.limits.simulates {
            self.limits.lead_seconds
        } else {
            0
        }
    }

    pub(super) async fn found(
        &self,
        venue: Venue,
        pair: (domain::Mint, domain::Mint),
    ) -> Result<PairPools, Unavailable> {
        self.within_deadline(self.source.pools(venue, pair)).await
    }

    pub(super) async fn within_deadline<T>(
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

/// The offers that the order may take.
fn allowed(mut asked: Vec<Asked>, gates: &PairGates<'_>, venues: VenueSet) -> Vec<Asked> {
    offers::refuse_far_prices(gates, asked.iter_mut().filter_map(Asked::answers));
    asked.retain(|it| venues.contains(it.venue));
    asked
}
