//! Events: immutable facts about an order, in the past tense. The events of an order determine
//! everything about it.
//!
//! An event needs nothing beside it to be shown: it has the assets, pools and amounts that it speaks
//! of. Stores and feeds keep the serialised form; clients do not see it. To change it, raise
//! [`SCHEMA_VERSION`] and add a golden test.

mod paid;
mod version_1;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, OrderId, Seq};
use crate::landing::LandingReport;
use crate::quote::{Choice, Decision, Fill};
use crate::status::Status;
use crate::time::Timestamp;
use crate::transaction::Signature;
use crate::waiting::{Misses, Seen};

pub use crate::failure_code::FailureCode;

/// Version of the persisted form of orders and events. An order carries the version that its kind needs: see
/// [`Terms::schema_version`](crate::Terms::schema_version).
pub const SCHEMA_VERSION: u16 = 4;

/// An event that a writer wants to record. The store decides whether it becomes a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Decides which of two writers has won the same sequence number.
    pub id: EventId,
    pub order_id: OrderId,
    pub seq: Seq,
    /// Executions begun so far, including one that this event begins.
    pub executions: u32,
    pub data: EventData,
}

/// A recorded event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub order_id: OrderId,
    pub seq: Seq,
    pub at: Timestamp,
    /// Executions begun so far, including one that this event begins.
    pub executions: u32,
    pub data: EventData,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventData {
    /// The order was stored; from here on it cannot be lost.
    Accepted,
    /// A worker began an execution.
    RoutingStarted,
    /// A worker began an execution of an order that had waited for this.
    Triggered { seen: Seen },
    /// The venues answered and the router chose a route.
    Routed { decision: Decision },
    /// The transaction's bytes are stored. The worker sends them after this event, never before.
    Submitted {
        choice: Choice,
        signature: Signature,
    },
    /// The chain executed the swap.
    Confirmed { fill: Fill },
    /// The execution failed, but another one may succeed; it begins after the delay.
    RetryScheduled { failure: Failure, delay_ms: u64 },
    /// The price had gone when the order came to execute: it waits for its condition again, and is not looked at before
    /// this rest is over or the price was seen not to hold.
    WaitingAgain {
        failure: Failure,
        rest_ms: u64,
        misses: Misses,
    },
    /// The order ended without a swap.
    Failed { failure: Failure },
    /// The client cancelled the order in time.
    Cancelled { reason: String },
    /// The order's time ran out before a transaction was submitted.
    Expired { reason: String },
}

/// Why an execution failed: a stable code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: FailureCode,
    pub reason: String,
    /// How its transaction fared, where that is what failed and can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing: Option<Box<LandingReport>>,
    /// The fee of its transaction, where the chain rolled it back: that was paid all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_lamports: Option<u64>,
}

impl EventData {
    /// Reads the stored form of any version. Version 1 is completed with its order's `terms`, in their
    /// stored form; an event of later versions needs none.
    pub fn read(stored: &str, terms: Option<&str>) -> serde_json::Result<Self> {
        serde_json::from_str(stored).or_else(|error| {
            let completed = terms.and_then(|terms| version_1::read(stored, terms).ok());
            completed.ok_or(error)
        })
    }

    /// The status an order has after this event.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Accepted | Self::RetryScheduled { .. } | Self::WaitingAgain { .. } => {
                Status::Pending
            }
            Self::RoutingStarted | Self::Triggered { .. } => Status::Routing,
            Self::Routed { .. } => Status::Building,
            Self::Submitted { .. } => Status::Submitted,
            Self::Confirmed { .. } => Status::Confirmed,
            Self::Failed { .. } => Status::Failed,
            Self::Cancelled { .. } => Status::Cancelled,
            Self::Expired { .. } => Status::Expired,
        }
    }
}

impl NewEvent {
    /// This event with the time at which the store recorded it.
    #[must_use]
    pub fn recorded(self, at: Timestamp) -> Event {
        Event {
            order_id: self.order_id,
            seq: self.seq,
            at,
            executions: self.executions,
            data: self.data,
        }
    }
}

impl Event {
    /// The execution this event belongs to, counted from 1. A `pending` event belongs to the one
    /// after it.
    #[must_use]
    pub fn execution(&self) -> u32 {
        match self.data.status() {
            Status::Pending => self.executions.saturating_add(1),
            _ => self.executions.max(1),
        }
    }

    /// When the retry that this event announces may begin.
    #[must_use]
    pub fn retry_at(&self) -> Option<Timestamp> {
        match &self.data {
            EventData::RetryScheduled { delay_ms: ms, .. }
            | EventData::WaitingAgain { rest_ms: ms, .. } => {
                Some(self.at.plus(Duration::from_millis(*ms)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
