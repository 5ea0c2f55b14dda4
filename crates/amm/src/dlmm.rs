//! Meteora DLMM: liquidity in bins, each at a fixed price.

pub mod account;
pub mod quote;
