//! Meteora DAMM v2: one range of liquidity, or a constant product that compounds its fees.

pub mod account;
pub mod instruction;
pub mod quote;
pub mod state;
pub mod swap;

use crate::Address;

/// The program on one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployment {
    /// The program.
    pub id: Address,
    /// Who owns the vaults of all pools.
    pub authority: Address,
    /// Who signs the calls that carry events.
    pub event_authority: Address,
}

impl Deployment {
    /// On mainnet, and on devnet too.
    pub const MAINNET: Self = Self {
        id: Address::literal("cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"),
        authority: Address::literal("HLnpSz9h2S4hiLQ43rnSD9XkcUThA7B8hQMKmDaiTLcC"),
        event_authority: Address::literal("3rmHSu74h1ZcmAisVcWerTCiRDQbUrBKmcwptYGjHfet"),
    };
}
