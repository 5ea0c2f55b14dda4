//! What an order waits for before it executes.

use serde::{Deserialize, Serialize};

use super::sniper::{Sniper, Trigger};
use crate::price::Price;

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
    pub const NAMES: [&'static str; 5] = ["market", "limit", "stop", "take_profit", "sniper"];

    /// The name clients see and send.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => Self::NAMES[0],
            Self::Limit { .. } => Self::NAMES[1],
            Self::Stop { .. } => Self::NAMES[2],
            Self::TakeProfit { .. } => Self::NAMES[3],
            Self::Sniper(_) => Self::NAMES[4],
        }
    }

    /// Whether the order waits until a condition holds.
    #[must_use]
    pub const fn waits(self) -> bool {
        !matches!(self, Self::Market)
    }

    /// The condition; a market order has none.
    #[must_use]
    pub const fn condition(self) -> Option<(Condition, Price)> {
        match self {
            Self::Market => None,
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

    /// Whether one look is not enough: a price that falls for a moment only must not sell.
    #[must_use]
    pub const fn needs_two_slots(self) -> bool {
        matches!(self, Self::Stop { .. })
    }

    /// The same with another price.
    #[must_use]
    pub const fn at(self, price: Price) -> Self {
        match self {
            Self::Market => Self::Market,
            Self::Limit { .. } => Self::Limit { price },
            Self::Stop { .. } => Self::Stop { price },
            Self::TakeProfit { .. } => Self::TakeProfit { price },
            Self::Sniper(sniper) => Self::Sniper(Sniper {
                trigger: sniper.trigger.at(price),
                ..sniper
            }),
        }
    }
}
