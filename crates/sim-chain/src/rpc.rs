//! The wire format between the chain's process and its clients: a list of calls in, one line per answer out, in
//! the order in which the answers become ready.

use dex_router::venue::QuoteError;
use domain::quote::Offer;
use domain::transaction::{Height, Signature};
use domain::{Asset, BaseUnits, OrderId, Timestamp, Venue};
use ports::chain::{self, Fate, Revert};
use ports::ledger::LedgerEntry;
use serde::{Deserialize, Serialize};

/// Where calls are posted to.
pub const PATH: &str = "/rpc";
/// The longest list of calls.
pub const CALLS_MAX: usize = 512;
/// The longest that one call waits for a fate; clients that wait longer ask again.
pub const WAIT_MS_MAX: u64 = 500;

/// One call of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the client; the answer carries it.
    pub id: u64,
    pub call: Call,
}

/// What can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Call {
    /// What a venue would pay.
    Quote {
        venue: Venue,
        asset_in: Asset,
        asset_out: Asset,
        amount_in: BaseUnits,
    },
    /// What a client needs to sign a transaction.
    Validity,
    /// Takes a transaction's bytes, in base64.
    Send { transaction: String },
    /// The finalized height.
    Height,
    /// What is known of a signature.
    Fate { signature: Signature },
    /// Waits for a fate. With `goes_on` it continues an earlier wait and simulates no failure of its own.
    AwaitFate {
        signature: Signature,
        wait_ms: u64,
        goes_on: bool,
    },
    /// A page of the ledger.
    Entries {
        orders: Option<Vec<OrderId>>,
        after: Option<u64>,
        limit: usize,
    },
}

/// One line of the answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reply {
    pub id: u64,
    pub answer: Answer,
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Answer {
    Offer(Offer),
    Declined(#[serde(with = "QuoteErrorWire")] QuoteError),
    Validity {
        last_valid_height: Height,
        usual_ms: u64,
    },
    Sent,
    Height(Height),
    Fate(#[serde(with = "FateWire")] Fate),
    Entries {
        entries: Vec<Entry>,
        next: Option<u64>,
    },
    Failed(#[serde(with = "ErrorWire")] chain::Error),
}

/// A line of the ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry(#[serde(with = "EntryWire")] pub LedgerEntry);

#[derive(Serialize, Deserialize)]
#[serde(remote = "QuoteError", rename_all = "snake_case")]
enum QuoteErrorWire {
    InsufficientLiquidity,
    AmountTooSmall,
    Unavailable(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Fate", rename_all = "snake_case")]
enum FateWire {
    Unknown,
    Landed {
        amount_out: BaseUnits,
        height: Height,
    },
    Reverted {
        #[serde(with = "RevertWire")]
        reason: Revert,
        height: Height,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Revert", rename_all = "snake_case")]
enum RevertWire {
    SlippageExceeded,
    InsufficientLiquidity,
    Other(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "chain::Error", rename_all = "snake_case")]
enum ErrorWire {
    Unavailable(String),
    Refused(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LedgerEntry", rename_all = "camelCase")]
struct EntryWire {
    signature: Signature,
    order_id: OrderId,
    venue: Venue,
    asset_in: Asset,
    asset_out: Asset,
    amount_in: BaseUnits,
    amount_out: BaseUnits,
    height: Height,
    landed_at: Timestamp,
    ok: bool,
}
