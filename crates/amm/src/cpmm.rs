//! Raydium CPMM: constant product, with fees that accrue inside the vaults.

pub mod account;
pub mod quote;
