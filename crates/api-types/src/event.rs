//! An event as clients see it: the same object in the history, on every socket and in server-sent events.

use domain::event::EventData;
use domain::quote::{Decision, Fill};
use domain::route::Leg;
use domain::waiting::Seen;
use domain::{BaseUnits, Event, Route, TokenList};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::landing::LandingView;
use crate::names::{PoolName, StatusName, VenueName};
use crate::pool;
use crate::quote::{PoolQuoteView, QuoteView, gain_bps};
use crate::receipt::ReceiptView;
use crate::route::{LegView, legs};

/// Something that happened to an order. The status determines which fields are present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    pub order_id: Uuid,
    /// Counts from 0 without gaps.
    pub seq: u32,
    pub status: StatusName,
    #[schema(format = DateTime, examples("2026-01-31T09:30:00.125Z"))]
    pub timestamp: String,
    /// The execution this event belongs to, counted from 1; a `pending` event belongs to the next
    /// one.
    #[schema(minimum = 1)]
    pub attempt: u32,
    /// `pending` after a failed execution: when the next one may begin. Of an order that waits for its price again: when
    /// it is looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    pub retry_at: Option<String>,
    /// `routing` of an order that had waited: what fired it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trigger: Option<TriggerView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dex: Option<VenueName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dex_type: Option<VenueName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pool: Option<PoolName>,
    /// The address of the pool that takes most of what is sold, where it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pool_address: Option<String>,
    /// `building`: each venue's best offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quotes: Option<Vec<QuoteView>>,
    /// `building`: every pool that competed, where that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pools: Option<Vec<PoolQuoteView>>,
    /// The pools used: `building` with the amounts expected, `confirmed` with those exchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub route: Option<Vec<LegView>>,
    /// `building`: what the route pays more than the best single pool, in hundredths of a percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gain_bps: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expected_amount_out: Option<String>,
    /// The least amount accepted: the larger of the minimum that follows from slippage and the
    /// client's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_amount_out: Option<String>,
    /// `building` of an order that buys an exact amount: the most that it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("1.5075"))]
    pub max_amount_in: Option<String>,
    /// The transaction's signature in base58.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tx_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub executed_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount_out: Option<String>,
    /// `confirmed`: what the transaction cost, where the chain tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub receipt: Option<ReceiptView>,
    /// What went wrong, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// The same text as `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error_reason: Option<String>,
    /// What went wrong, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error_code: Option<String>,
    /// How the transaction fared that did not land, on `failed` and on `pending` after such an execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub landing: Option<LandingView>,
    /// `cancelled` and `expired`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
}

/// What was seen when an order fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TriggerView {
    /// What the order's own amount would have been sold at.
    #[schema(examples("150.25"))]
    pub price: String,
    /// The slot of the pools that it was read from.
    pub slot: u64,
    #[schema(format = DateTime)]
    pub time: String,
}

impl From<&Seen> for TriggerView {
    fn from(seen: &Seen) -> Self {
        Self {
            price: seen.price.clone(),
            slot: seen.slot,
            time: seen.at.to_string(),
        }
    }
}

/// The events of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsAnswer {
    pub success: bool,
    pub order_id: Uuid,
    pub status: StatusName,
    pub events: Vec<EventView>,
}

/// An event as the JSON text that every stream sends.
#[must_use]
pub fn render(event: &Event, tokens: &TokenList) -> String {
    to_json(&EventView::new(event, tokens))
}

/// The same with the place after it in the account stream, to resume from.
#[must_use]
pub fn render_with_cursor(event: &Event, tokens: &TokenList, cursor: &str) -> String {
    #[derive(Serialize)]
    struct WithCursor<'a> {
        #[serde(flatten)]
        event: EventView,
        cursor: &'a str,
    }
    to_json(&WithCursor {
        event: EventView::new(event, tokens),
        cursor,
    })
}

fn to_json(view: &impl Serialize) -> String {
    serde_json::to_string(view).expect("invariant: strings and numbers are always JSON")
}

impl EventView {
    /// The event as clients see it, who know assets by the symbols of this list.
    #[must_use]
    pub fn new(event: &Event, tokens: &TokenList) -> Self {
        let mut view = Self::bare(event);
        match &event.data {
            EventData::Accepted | EventData::RoutingStarted => {}
            EventData::Triggered { seen } => view.trigger = Some(seen.into()),
            EventData::RetryScheduled { failure, .. } | EventData::WaitingAgain { failure, .. } => {
                view.error = Some(failure.reason.clone());
                view.landing = LandingView::of(failure);
            }
            EventData::Routed { decision } => view.add_decision(decision, tokens),
            EventData::Submitted { choice, signature } => {
                view.dex = Some(choice.route.largest().venue().into());
                view.tx_hash = Some(signature.as_str().to_owned());
            }
            EventData::Confirmed { fill } => {
                view.add_fill(fill, tokens);
                let receipt = fill.receipt.as_deref();
                view.receipt = receipt.map(|receipt| ReceiptView::new(receipt, event.at));
            }
            EventData::Failed { failure } => {
                view.error = Some(failure.reason.clone());
                view.error_reason = Some(failure.reason.clone());
                view.error_code = Some(failure.code.name().to_owned());
                view.landing = LandingView::of(failure);
            }
            EventData::Cancelled { reason } | EventData::Expired { reason } => {
                view.reason = Some(reason.clone());
            }
        }
        view
    }

    fn bare(event: &Event) -> Self {
        Self {
            order_id: event.order_id.uuid(),
            seq: event.seq.get(),
            status: event.data.status().into(),
            timestamp: event.at.to_string(),
            attempt: event.execution(),
            retry_at: event.retry_at().map(|at| at.to_string()),
            trigger: None,
            dex: None,
            dex_type: None,
            pool: None,
            pool_address: None,
            quotes: None,
            pools: None,
            route: None,
            gain_bps: None,
            expected_amount_out: None,
            min_amount_out: None,
            max_amount_in: None,
            tx_hash: None,
            executed_price: None,
            amount_out: None,
            receipt: None,
            error: None,
            error_reason: None,
            error_code: None,
            landing: None,
            reason: None,
        }
    }

    fn add_decision(&mut self, decision: &Decision, tokens: &TokenList) {
        let Decision {
            choice,
            quotes,
            pools,
        } = decision;
        let route = &choice.route;
        let (sold, amount_in, bought) = (route.asset_in(), route.amount_in(), route.asset_out());
        let offers = quotes.iter();
        let offers = offers.map(|quote| QuoteView::new(quote, sold, amount_in, bought));
        self.add_route(route, tokens);
        self.quotes = Some(offers.collect());
        self.pools = Some(PoolQuoteView::list(pools, (sold, bought)));
        self.gain_bps = Some(gain_bps(decision));
        self.expected_amount_out = Some(amount_out(choice.expected_amount_out, route));
        self.min_amount_out = Some(amount_out(choice.min_amount_out, route));
        let most = choice.max_amount_in;
        self.max_amount_in = most.map(|most| most.to_decimal(sold.decimals));
    }

    fn add_fill(&mut self, fill: &Fill, tokens: &TokenList) {
        self.add_route(&fill.route, tokens);
        self.dex_type = self.dex;
        self.tx_hash = Some(fill.signature.as_str().to_owned());
        self.executed_price = Some(executed_price(fill));
        self.amount_out = Some(amount_out(fill.amount_out, &fill.route));
    }

    fn add_route(&mut self, route: &Route, tokens: &TokenList) {
        let Leg { pool, .. } = route.largest();
        self.dex = Some(pool.program.venue().into());
        self.pool = Some(pool.program.into());
        self.pool_address = pool::address(*pool);
        self.route = Some(legs(route, tokens));
    }
}

pub(crate) fn amount_out(amount: BaseUnits, route: &Route) -> String {
    amount.to_decimal(route.asset_out().decimals)
}

pub(crate) fn executed_price(fill: &Fill) -> String {
    let route = &fill.route;
    let (asset_in, asset_out) = (route.asset_in(), route.asset_out());
    domain::price::price(asset_in, route.amount_in(), asset_out, fill.amount_out)
}

#[cfg(test)]
mod tests;
