//! Meteora DAMM v2: one range of liquidity, or a constant product that compounds its fees.

pub mod account;
pub mod quote;
