//! What is known of mints that no token list names.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{Asset, Mint};

use crate::chain;

/// What an address is, as somebody who wants to trade it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A mint that can be traded.
    Asset(Asset),
    /// A mint that is not traded, and what is said of it.
    NotTradable(String),
    /// No mint stands there.
    NoMint,
}

/// Facts of mints, for whoever takes orders in.
///
/// Promises:
/// 1. The decimals and the program of a mint that can be traded are asked of the chain once and kept for ever, in the
///    store too.
/// 2. That an address is no mint, or not traded, is kept for ten seconds.
/// 3. Who asks for the same mint at the same moment shares one question, and questions to the chain have a budget.
/// 4. An error is never an answer: nothing follows from it about the mint.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait AssetSource: Send + Sync + Debug {
    /// What is known without a question to the chain: by this process, else by the store.
    async fn recall(&self, mint: Mint) -> crate::Result<Option<Found>>;

    /// What the chain says.
    async fn look_up(&self, mint: Mint) -> Result<Found, chain::Error>;
}
