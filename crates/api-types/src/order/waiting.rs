//! What an order waits for, as clients see it.

use domain::order::{Condition, WaitsFor};
use domain::waiting::Trail;
use domain::{BaseUnits, Price, Terms, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::sniping::{Sight, SniperWaiting};

/// What an order waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingView {
    #[serde(rename = "for")]
    pub what: WaitingFor,
    /// In one sentence.
    #[schema(examples("no live worker has the order's wallet"))]
    pub detail: String,
    /// `price`: on which side of its price the order fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub condition: Option<ConditionName>,
    /// `price`: the price that it waits for. Of a trailing stop that which its highest has led to, or the one that
    /// activates it; absent where neither is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("150"))]
    pub price: Option<String>,
    /// `price`: what the order's own amount would be sold at now, or the pair's spot for a trailing stop; absent where
    /// that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("148.75"))]
    pub best: Option<String>,
    /// `price`: how far `best` is from `price`, in hundredths of a percent of `price`; 0 or less where the condition
    /// holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub distance_bps: Option<i64>,
    /// When `best` was read, and from the pools of which slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub checked_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub slot: Option<u64>,
    /// `price`: how the price is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mode: Option<WatchMode>,
    /// When the first pool opens that a sniper may use then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub opens_at: Option<String>,
    /// `volume`: what is missing of a mean; absent where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("6 more minutes of volume"))]
    pub needs: Option<String>,
    /// `volume`: how much of `tokenIn` the running minute has moved, and the mean of the last hour's minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volume: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mean: Option<String>,
}

/// On which side of its price an order fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionName {
    AtOrAbove,
    AtOrBelow,
}

/// How a price is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchMode {
    /// Once its pools have changed, told by an endpoint's subscriptions.
    Subscription,
    /// Once a slot or every few seconds.
    Polling,
}

/// What there is to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// An operator's word: the engine is halted or paused.
    Resume,
    /// A worker that has the key of the order's wallet.
    Wallet,
    /// A signature: its route is chosen for longer than a transaction takes to be built.
    Signature,
    /// A price.
    Price,
    /// A pool that passes a sniper's gates.
    Pool,
    /// A volume.
    Volume,
}

/// What an order's own amount would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub amount_out: BaseUnits,
    pub slot: u64,
    pub at: Timestamp,
}

impl Look {
    fn price(self, terms: &Terms) -> String {
        let Terms {
            asset_in,
            asset_out,
            amount_in,
            ..
        } = terms;
        domain::price::price(*asset_in, *amount_in, *asset_out, self.amount_out)
    }

    fn distance_bps(self, terms: &Terms, condition: Condition, price: Price) -> Option<i64> {
        let wanted = price.least_out(terms.asset_in, terms.amount_in, terms.asset_out)?;
        let (wanted, brings) = (i128::from(wanted.get()), i128::from(self.amount_out.get()));
        let missing = match condition {
            Condition::AtOrAbove => wanted - brings,
            Condition::AtOrBelow => brings - wanted,
        };
        // Rounded away from zero: 0 only where nothing is missing.
        let bps = (missing * 10_000).checked_div(wanted)?;
        let rest = i128::from(missing > 0 && missing * 10_000 % wanted != 0);
        i64::try_from(bps + rest).ok()
    }
}

/// What was seen of an order that waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeenWaiting {
    /// What its amount brings now, where that is known.
    pub look: Option<Look>,
    /// Of a trailing stop: the pair's spot, with its slot and when it was read, where that is known.
    pub spot: Option<(Price, u64, Timestamp)>,
    /// Of a trailing stop: the highest spot since it was accepted, where that is known.
    pub high: Option<Price>,
    /// What is known of a sniper's pools.
    pub sight: Sight,
}

impl WaitingView {
    /// Without anything that was seen.
    pub(crate) const fn of(what: WaitingFor, detail: String) -> Self {
        Self {
            what,
            detail,
            condition: None,
            price: None,
            best: None,
            distance_bps: None,
            checked_at: None,
            slot: None,
            mode: None,
            opens_at: None,
            needs: None,
            volume: None,
            mean: None,
        }
    }

    /// Of an order that waits for a price of its own amount, or of a sniper.
    pub(crate) fn of_amount(terms: &Terms, seen: &SeenWaiting) -> Option<Self> {
        let what = match terms.order_type.waits_for()? {
            WaitsFor::Price => WaitingFor::Price,
            WaitsFor::Pool => WaitingFor::Pool,
            WaitsFor::Volume => WaitingFor::Volume,
        };
        let wanted = terms.order_type.condition();
        let named = wanted.map(|(condition, price)| match condition {
            Condition::AtOrAbove => (ConditionName::AtOrAbove, "at or above", price),
            Condition::AtOrBelow => (ConditionName::AtOrBelow, "at or below", price),
        });
        let of_price = named.map_or_else(String::new, |(_, word, price)| {
            format!("the order waits for a price {word} {price}")
        });
        let SniperWaiting {
            opens_at,
            needs,
            volume,
            mean,
        } = seen.sight.waiting(terms);
        let look = seen.look;
        Some(Self {
            condition: named.map(|(name, ..)| name),
            price: named.map(|(_, _, price)| price.to_string()),
            best: look.map(|look| look.price(terms)),
            distance_bps: look
                .zip(wanted)
                .and_then(|(look, (condition, price))| look.distance_bps(terms, condition, price)),
            checked_at: look.map(|look| look.at.to_string()),
            slot: look.map(|look| look.slot),
            opens_at,
            needs,
            volume,
            mean,
            ..Self::of(what, seen.sight.detail(terms.order_type, &of_price))
        })
    }

    /// Of a trailing stop.
    pub(crate) fn trailing(trail: Trail, activation: Option<Price>, seen: &SeenWaiting) -> Self {
        let spot = seen.spot.map(|(price, ..)| price);
        let is_active = |high: &Price| activation.is_none_or(|from| *high >= from);
        let high = seen.high.filter(is_active);
        let bps = trail.get();
        let (name, price, detail) = match (high, activation) {
            (Some(high), _) => (
                ConditionName::AtOrBelow,
                trail.trigger(high),
                format!("the order waits for a spot {bps} bps below its highest, {high}"),
            ),
            (None, Some(from)) => (
                ConditionName::AtOrAbove,
                Some(from),
                format!("the order trails the spot by {bps} bps once that is at or above {from}"),
            ),
            (None, None) => (
                ConditionName::AtOrBelow,
                None,
                format!(
                    "the order waits for a spot {bps} bps below its highest, and none is seen yet"
                ),
            ),
        };
        let distance = spot.zip(price).and_then(|(spot, price)| match name {
            ConditionName::AtOrAbove => price.above_bps(spot, price),
            ConditionName::AtOrBelow => spot.above_bps(price, price),
        });
        Self {
            condition: Some(name),
            price: price.map(|price| price.to_string()),
            best: spot.map(|spot| spot.to_string()),
            distance_bps: distance,
            checked_at: seen.spot.map(|(_, _, at)| at.to_string()),
            slot: seen.spot.map(|(_, slot, _)| slot),
            ..Self::of(WaitingFor::Price, detail)
        }
    }
}
