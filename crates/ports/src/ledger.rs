//! The simulated cluster's own ledger, for whoever checks the engine. The engine itself never reads it.
//!
//! Only the simulated cluster has one. It is a port nevertheless, so that the gateway can show it without compiling the
//! simulator.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::transaction::{Blockhash, Height, Signature};
use domain::{Asset, BaseUnits, Timestamp, Venue};

use crate::chain::Error;

/// A line of the chain's ledger: a swap that landed, whoever sent it; not the market's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    pub signature: Signature,
    /// That the transaction named: by it the store finds the order.
    pub blockhash: Blockhash,
    /// Of its first swap.
    pub venue: Venue,
    pub asset_in: Asset,
    pub asset_out: Asset,
    pub amount_in: BaseUnits,
    /// Zero if the transaction was rolled back.
    pub amount_out: BaseUnits,
    pub height: Height,
    pub landed_at: Timestamp,
    /// Whether the swap took effect.
    pub ok: bool,
}

/// Which lines of the ledger to read.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    /// Of these transactions alone.
    pub signatures: Option<Vec<Signature>>,
    /// Continue after this place; each page says its place.
    pub after: Option<u64>,
    pub limit: usize,
}

/// A page of the ledger, oldest line first.
#[derive(Debug, Clone, Default)]
pub struct LedgerPage {
    pub entries: Vec<LedgerEntry>,
    /// Where the next page begins; absent on the last page.
    pub next: Option<u64>,
}

/// The chain's ledger.
#[async_trait]
pub trait Ledger: Send + Sync + Debug {
    /// A page of the swaps that landed.
    async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error>;
}
