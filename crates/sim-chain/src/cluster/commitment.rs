//! How sure a client wants to be of what it is told.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commitment {
    /// The block that is open, transactions of this moment among it.
    #[serde(alias = "recent")]
    Processed,
    /// The last block that is closed.
    #[serde(alias = "single", alias = "singleGossip")]
    Confirmed,
    #[default]
    #[serde(alias = "max", alias = "root")]
    Finalized,
}
