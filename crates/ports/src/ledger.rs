//! The simulated chain's own book, for whoever checks the engine. The engine itself never reads it.
//!
//! It is a port, although only the simulated chain has one, so that the gateway can show it without building
//! the simulator.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::transaction::{Height, Signature};
use domain::{BaseUnits, OrderId, Timestamp, Token, Venue};

use crate::chain::Error;

/// A line of the chain's own book: what landed, whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    pub signature: Signature,
    pub order_id: OrderId,
    pub venue: Venue,
    pub token_in: Token,
    pub token_out: Token,
    pub amount_in: BaseUnits,
    /// Zero where the transaction was rolled back.
    pub amount_out: BaseUnits,
    pub height: Height,
    pub landed_at: Timestamp,
    /// Whether the swap took effect.
    pub ok: bool,
}

/// Which lines of the book to read.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    pub orders: Option<Vec<OrderId>>,
    /// Go on after this place; places are given with each page.
    pub after: Option<u64>,
    pub limit: usize,
}

/// A page of the book, oldest line first.
#[derive(Debug, Clone, Default)]
pub struct LedgerPage {
    pub entries: Vec<LedgerEntry>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<u64>,
}

/// The chain's book.
#[async_trait]
pub trait Ledger: Send + Sync + Debug {
    /// A page of what landed.
    async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error>;
}
