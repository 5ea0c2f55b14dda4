//! The order: what the client asked for, and the state that its events have led to.

mod kind;
mod sniper;
mod transition;

use serde::{Deserialize, Serialize};

pub use crate::status::Status;
pub use kind::{Condition, OrderType, WaitsFor};
pub use sniper::{InvalidFactor, PoolGates, Sniper, Trigger, VolumeFactor};
pub use transition::IllegalTransition;

use crate::address::Address;
use crate::amount::BaseUnits;
use crate::asset::Asset;
use crate::event::{Event, EventData, Failure, NewEvent};
use crate::fee::FeeLevel;
use crate::ids::{ClientId, ClientOrderId, EventId, OcoGroup, OrderId, Seq};
use crate::impact::MaxImpact;
use crate::quote::{Choice, Decision, Fill};
use crate::slippage::Bps;
use crate::time::Timestamp;
use crate::transaction::Signature;
use crate::venue::VenueSet;

/// What the client asked for. It changes while the order waits, at the client's wish, and never otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub order_type: OrderType,
    #[serde(alias = "token_in")]
    pub asset_in: Asset,
    #[serde(alias = "token_out")]
    pub asset_out: Asset,
    /// What it sells. Of an order that buys an exact amount: the most that it may sell, and nothing where its slippage
    /// says that.
    pub amount_in: BaseUnits,
    /// What it buys, to the unit, where that is what the client asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_out: Option<BaseUnits>,
    pub slippage: Bps,
    /// The client's own minimum. The slippage gives another one; the higher one counts.
    pub min_amount_out: Option<BaseUnits>,
    pub venues: VenueSet,
    pub client_order_id: Option<ClientOrderId>,
    /// How long after its acceptance the order may wait for its first transaction.
    pub valid_for_seconds: Option<u32>,
    /// What it offers for its place in a block; where absent, what the worker is set to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_level: Option<FeeLevel>,
    /// How far it may move the price; the worker's setting holds as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_impact: Option<MaxImpact>,
    /// The wallet that pays, fixed when the order was accepted; where absent, the one that a worker uses unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<Address>,
    /// The orders of which one at most executes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oco_group: Option<OcoGroup>,
}

/// Where an order stands, with the data of that state. The last event alone determines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It waits for a worker, or for its next execution after one that failed.
    Pending {
        last_failure: Option<Failure>,
    },
    Routing,
    Building {
        decision: Decision,
    },
    /// The transaction's bytes are stored: they may have been sent, and may land until the chain
    /// rules that out.
    Submitted {
        choice: Choice,
        signature: Signature,
    },
    Confirmed {
        fill: Fill,
    },
    Failed {
        failure: Failure,
    },
    Cancelled {
        reason: String,
    },
    Expired {
        reason: String,
    },
}

impl State {
    /// The status: the state without its data.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Pending { .. } => Status::Pending,
            Self::Routing => Status::Routing,
            Self::Building { .. } => Status::Building,
            Self::Submitted { .. } => Status::Submitted,
            Self::Confirmed { .. } => Status::Confirmed,
            Self::Failed { .. } => Status::Failed,
            Self::Cancelled { .. } => Status::Cancelled,
            Self::Expired { .. } => Status::Expired,
        }
    }
}

/// An order as its events describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub client: ClientId,
    pub terms: Terms,
    pub created_at: Timestamp,
    /// The time of the last event.
    pub updated_at: Timestamp,
    /// The position of the last event.
    pub seq: Seq,
    /// Executions begun so far. A resume after a crash does not begin one.
    pub executions: u32,
    pub state: State,
}

impl Order {
    /// The first event of an order that is about to be accepted.
    #[must_use]
    pub const fn accepted(order_id: OrderId, event_id: EventId) -> NewEvent {
        NewEvent {
            id: event_id,
            order_id,
            seq: Seq::FIRST,
            executions: 0,
            data: EventData::Accepted,
        }
    }

    /// Rebuilds the order from its row and its last event.
    #[must_use]
    pub fn from_last_event(
        client: ClientId,
        terms: Terms,
        created_at: Timestamp,
        last: Event,
    ) -> Self {
        Self {
            id: last.order_id,
            client,
            terms,
            created_at,
            updated_at: last.at,
            seq: last.seq,
            executions: last.executions,
            state: transition::state_after(last.data),
        }
    }

    /// The next event, with its sequence number and execution, if the transition is legal.
    pub fn propose(&self, id: EventId, data: EventData) -> Result<NewEvent, IllegalTransition> {
        transition::check(&self.state, &data)?;
        let begun = u32::from(data.status() == Status::Routing);
        Ok(NewEvent {
            id,
            order_id: self.id,
            seq: self.seq.next(),
            executions: self.executions.saturating_add(begun),
            data,
        })
    }

    /// The order after this recorded event, if the transition is legal.
    pub fn apply(mut self, event: Event) -> Result<Self, IllegalTransition> {
        if event.seq != self.seq.next() {
            return Err(IllegalTransition::OutOfOrder {
                expected: self.seq.next(),
                got: event.seq,
            });
        }
        transition::check(&self.state, &event.data)?;
        self.updated_at = event.at;
        self.seq = event.seq;
        self.executions = event.executions;
        self.state = transition::state_after(event.data);
        Ok(self)
    }

    /// Executions that have ended, whether they succeeded or failed.
    #[must_use]
    pub const fn executions_ended(&self) -> u32 {
        match self.status() {
            Status::Routing | Status::Building | Status::Submitted => {
                self.executions.saturating_sub(1)
            }
            _ => self.executions,
        }
    }

    /// The order's status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.state.status()
    }

    /// When the order expires if no transaction has been submitted by then.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.terms.expires_at(self.created_at)
    }
}

impl Terms {
    /// The least that the order takes, whatever it is quoted: the client's own minimum and that of its limit price.
    #[must_use]
    pub fn floor(&self) -> Option<BaseUnits> {
        let OrderType::Limit { price } = self.order_type else {
            return self.min_amount_out;
        };
        let least = price.least_out(self.asset_in, self.amount_in, self.asset_out);
        // Beyond every amount: nothing is enough.
        let least = least.unwrap_or(BaseUnits::new(u64::MAX));
        Some(self.min_amount_out.map_or(least, |own| own.max(least)))
    }

    /// The most that the order may sell, where the client named that.
    #[must_use]
    pub fn max_amount_in(&self) -> Option<BaseUnits> {
        let named = self.amount_out.is_some() && self.amount_in > BaseUnits::new(0);
        named.then_some(self.amount_in)
    }

    /// Whether the order's condition holds where its amount brings so much. That of a trailing stop is no matter of its
    /// amount; one that waits for no price takes any.
    #[must_use]
    pub fn holds_at(&self, amount_out: BaseUnits) -> bool {
        let Some((condition, price)) = self.order_type.condition() else {
            return !self.order_type.trails();
        };
        let sold = (self.asset_in, self.amount_in);
        // A limit is not sold for less than its own minimum either.
        let is_enough = match self.order_type {
            OrderType::Limit { .. } => self.floor().is_none_or(|floor| amount_out >= floor),
            _ => true,
        };
        is_enough && condition.holds(price, sold, (self.asset_out, amount_out))
    }

    /// The version of the stored form that a program must know to execute the order.
    #[must_use]
    pub const fn schema_version(&self) -> u16 {
        if self.amount_out.is_some() {
            return 4;
        }
        match self.order_type {
            OrderType::Market => 2,
            OrderType::Limit { .. } | OrderType::Stop { .. } | OrderType::TakeProfit { .. } => 3,
            OrderType::TrailingStop { .. } | OrderType::Sniper(_) => 4,
        }
    }

    /// When an order accepted at `created_at` expires if no transaction has been submitted by then.
    #[must_use]
    pub fn expires_at(&self, created_at: Timestamp) -> Option<Timestamp> {
        self.valid_for_seconds
            .map(|seconds| created_at.plus(std::time::Duration::from_secs(u64::from(seconds))))
    }
}

#[cfg(test)]
mod tests;
