//! Raydium AMM v4: the legacy constant product, which most SOL pairs still trade on.

pub mod account;
pub mod quote;
