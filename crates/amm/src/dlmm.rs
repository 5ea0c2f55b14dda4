//! Meteora DLMM: liquidity in bins, each at a fixed price.
//!
//! The program's source is closed. What a swap leaves behind follows executed transactions; none of them meets a
//! limit order, so of those only what quotes need is kept up to date. The recorded transactions do not show events
//! either: those follow the program's published interface.

pub mod account;
mod bin;
pub mod bin_array;
pub mod bins;
pub mod instruction;
pub mod oracle;
pub mod quote;
pub mod state;
pub mod swap;

use crate::Address;

/// The program on one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployment {
    /// The program.
    pub id: Address,
    /// Who signs the calls that carry events.
    pub event_authority: Address,
}

impl Deployment {
    /// On mainnet, and on devnet too.
    pub const MAINNET: Self = Self {
        id: Address::literal("LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"),
        event_authority: Address::literal("D1ZN9Wj1fRSUQfCjhvnu1hqDMT7hzjzBBpi12nVniYD6"),
    };
}
