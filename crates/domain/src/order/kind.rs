//! What an order waits for before it executes.

use serde::{Deserialize, Serialize};

use super::sniper::{Sniper, Trigger};
use crate::amount::BaseUnits;
use crate::asset::Asset;
use crate::price::Price;
use crate::time::Timestamp;
use crate::waiting::{Highs, Trail};

/// When an order executes. Once it has fired, every order is a market order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// At once, at the best price offered.
    Market,
    /// At this price or a better one, which is also its floor.
    Limit { price: Price },
    /// Once the price has fallen to this one.
    Stop { price: Price },
    /// Once the price has risen to this one.
    TakeProfit { price: Price },
    /// Once the pair's spot has fallen so far below its highest since the order was accepted, or since it reached
    /// `activation`.
    TrailingStop {
        trail: Trail,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        activation: Option<Price>,
    },
    /// Once its trigger is seen and a pool passes its gates.
    Sniper(Sniper),
}

/// What an order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitsFor {
    Price,
    Pool,
    Volume,
}

impl WaitsFor {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Price, Self::Pool, Self::Volume];

    /// The name under which stores know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Pool => "pool",
            Self::Volume => "volume",
        }
    }

    /// Its place among all.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// On which side of its price an order fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    AtOrAbove,
    AtOrBelow,
}

impl Condition {
    /// Whether it holds at this price where an amount brings so much.
    #[must_use]
    pub fn holds(
        self,
        price: Price,
        (sold, amount): (Asset, BaseUnits),
        (bought, brings): (Asset, BaseUnits),
    ) -> bool {
        match self {
            Self::AtOrAbove => {
                let least = price.least_out(sold, amount, bought);
                least.is_some_and(|least| brings >= least)
            }
            Self::AtOrBelow => {
                let most = price.most_out(sold, amount, bought);
                most.is_none_or(|most| brings <= most)
            }
        }
    }

    /// The name clients see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtOrAbove => "at_or_above",
            Self::AtOrBelow => "at_or_below",
        }
    }
}

impl OrderType {
    /// The names of all types, in the order in which they are told.
    pub const NAMES: [&'static str; 6] = [
        "market",
        "limit",
        "stop",
        "take_profit",
        "trailing_stop",
        "sniper",
    ];

    /// The name clients see and send.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => Self::NAMES[0],
            Self::Limit { .. } => Self::NAMES[1],
            Self::Stop { .. } => Self::NAMES[2],
            Self::TakeProfit { .. } => Self::NAMES[3],
            Self::TrailingStop { .. } => Self::NAMES[4],
            Self::Sniper(_) => Self::NAMES[5],
        }
    }

    /// Whether the order waits until a condition holds.
    #[must_use]
    pub const fn waits(self) -> bool {
        !matches!(self, Self::Market)
    }

    /// The price of the order's own amount that it waits for; a market order and a trailing stop have none.
    #[must_use]
    pub const fn condition(self) -> Option<(Condition, Price)> {
        match self {
            Self::Market | Self::TrailingStop { .. } => None,
            Self::Limit { price } | Self::TakeProfit { price } => {
                Some((Condition::AtOrAbove, price))
            }
            Self::Stop { price } => Some((Condition::AtOrBelow, price)),
            Self::Sniper(sniper) => match sniper.trigger {
                Trigger::PriceAbove { price } => Some((Condition::AtOrAbove, price)),
                Trigger::PriceBelow { price } => Some((Condition::AtOrBelow, price)),
                Trigger::PoolCreated | Trigger::VolumeSpike { .. } => None,
            },
        }
    }

    /// What the order waits for; a market order for nothing.
    #[must_use]
    pub const fn waits_for(self) -> Option<WaitsFor> {
        match self {
            Self::Market => None,
            Self::Sniper(Sniper {
                trigger: Trigger::PoolCreated,
                ..
            }) => Some(WaitsFor::Pool),
            Self::Sniper(Sniper {
                trigger: Trigger::VolumeSpike { .. },
                ..
            }) => Some(WaitsFor::Volume),
            _ => Some(WaitsFor::Price),
        }
    }

    /// The sniper, if it is one.
    #[must_use]
    pub const fn sniper(self) -> Option<Sniper> {
        match self {
            Self::Sniper(sniper) => Some(sniper),
            _ => None,
        }
    }

    /// Whether it follows the pair's spot, and not the price of its own amount.
    #[must_use]
    pub const fn trails(self) -> bool {
        matches!(self, Self::TrailingStop { .. })
    }

    /// What a trailing stop that was accepted then trails, once it has been activated.
    #[must_use]
    pub fn trailed_high(self, accepted_at: Timestamp, highs: &Highs) -> Option<Price> {
        let Self::TrailingStop { activation, .. } = self else {
            return None;
        };
        let high = highs.since(accepted_at)?;
        activation.is_none_or(|from| high >= from).then_some(high)
    }

    /// Whether one look is not enough: a price that falls for a moment only must not sell.
    #[must_use]
    pub const fn needs_two_slots(self) -> bool {
        matches!(self, Self::Stop { .. } | Self::TrailingStop { .. })
    }
}
