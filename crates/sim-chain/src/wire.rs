//! What `server.rs` and `remote.rs` say to each other, beside the types of `ports::simulation`.

use domain::transaction::{Blockhash, Height, Signature};
use domain::{Asset, BaseUnits, Mint, Timestamp, Venue};
use ports::ledger::{LedgerEntry, LedgerFilter};
use serde::{Deserialize, Serialize};

pub(crate) const LEDGER: &str = "/api/sim/ledger";
pub(crate) const ASSET: &str = "/api/sim/asset";
pub(crate) const TRADE: &str = "/api/sim/trade";
pub(crate) const LAUNCH: &str = "/api/sim/launch";
pub(crate) const FAULTS: &str = "/api/sim/faults";

/// Which mint is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssetQuestion {
    pub(crate) mint: Mint,
}

/// The transaction of a trade.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Traded {
    pub(crate) signature: Signature,
}

/// Which lines of the ledger to read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LedgerQuestion {
    signatures: Option<Vec<Signature>>,
    after: Option<u64>,
    limit: usize,
}

/// A page of the ledger.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LedgerPageAnswer {
    pub(crate) entries: Vec<Entry>,
    pub(crate) next: Option<u64>,
}

/// A line of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    signature: Signature,
    blockhash: [u8; 32],
    venue: Venue,
    asset_in: Asset,
    asset_out: Asset,
    amount_in: BaseUnits,
    amount_out: BaseUnits,
    height: Height,
    landed_at_ms: i64,
    ok: bool,
}

impl From<&LedgerFilter> for LedgerQuestion {
    fn from(filter: &LedgerFilter) -> Self {
        Self {
            signatures: filter.signatures.clone(),
            after: filter.after,
            limit: filter.limit,
        }
    }
}

impl From<LedgerQuestion> for LedgerFilter {
    fn from(question: LedgerQuestion) -> Self {
        Self {
            signatures: question.signatures,
            after: question.after,
            limit: question.limit,
        }
    }
}

impl From<LedgerEntry> for Entry {
    fn from(entry: LedgerEntry) -> Self {
        Self {
            signature: entry.signature,
            blockhash: *entry.blockhash.bytes(),
            venue: entry.venue,
            asset_in: entry.asset_in,
            asset_out: entry.asset_out,
            amount_in: entry.amount_in,
            amount_out: entry.amount_out,
            height: entry.height,
            landed_at_ms: entry.landed_at.as_millis(),
            ok: entry.ok,
        }
    }
}

impl From<Entry> for LedgerEntry {
    fn from(entry: Entry) -> Self {
        Self {
            signature: entry.signature,
            blockhash: Blockhash::new(entry.blockhash),
            venue: entry.venue,
            asset_in: entry.asset_in,
            asset_out: entry.asset_out,
            amount_in: entry.amount_in,
            amount_out: entry.amount_out,
            height: entry.height,
            landed_at: Timestamp::from_millis(entry.landed_at_ms),
            ok: entry.ok,
        }
    }
}
