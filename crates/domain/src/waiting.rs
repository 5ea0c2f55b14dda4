//! What is kept of an order that waits for its condition, beside its terms.

mod highs;

use serde::{Deserialize, Serialize};

pub use highs::{Highs, InvalidTrail, Trail};

use crate::time::Timestamp;

/// What fired an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What the order's own amount would have been sold at; of a trailing stop the pair's spot.
    pub price: String,
    /// The slot of the pools that it was read from.
    pub slot: u64,
    pub at: Timestamp,
}

/// How often an order fired and missed its floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Misses {
    /// Since the price was last seen not to hold, before anything was sent.
    pub routed: u32,
    /// In all, by transactions that the chain rolled back.
    pub reverted: u32,
    /// Executions that do not count as attempts.
    pub uncounted: u32,
}

/// That an order has fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    pub seen: Seen,
    #[serde(default)]
    pub misses: Misses,
}
