//! Raydium CPMM: constant product, with fees that accrue inside the vaults.
//!
//! What a swap leaves behind and logs follows the program of February 2025, whose executed transactions are this
//! crate's vectors. Creator fees came later; their arithmetic follows the newer source.

pub mod account;
pub mod instruction;
pub mod observation;
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
}

impl Deployment {
    /// On mainnet.
    pub const MAINNET: Self = Self {
        id: Address::literal("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"),
        authority: Address::literal("GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL"),
    };

    /// On devnet.
    pub const DEVNET: Self = Self {
        id: Address::literal("DRaycpLY18LhpbydsBWbVJtxpNv9oXPgjRSfpF2bWpYb"),
        authority: Address::literal("CXniRufdq5xL8t8jZAPxsPZDpuudwuJSPWnbcD5Y5Nxq"),
    };
}
