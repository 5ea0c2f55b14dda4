//! Raydium AMM v4: the legacy constant product, which most SOL pairs still trade on.
//!
//! What a swap leaves behind and logs follows the program of June 2025, whose executed transactions are this crate's
//! vectors; the short form of the instruction came later that year and does the same.

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
    /// Which swap instructions it takes.
    pub form: Form,
}

/// How many accounts a swap names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Seventeen, most of them of an order book that nobody looks at; every program takes it.
    Long,
    /// Eight, for programs from September 2025 on.
    Short,
}

impl Deployment {
    /// On mainnet.
    pub const MAINNET: Self = Self {
        id: Address::literal("675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"),
        authority: Address::literal("5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1"),
        form: Form::Long,
    };

    /// On devnet.
    pub const DEVNET: Self = Self {
        id: Address::literal("DRaya7Kj3aMWQSy19kSjvmuwq9docCHofyP9kanQGaav"),
        authority: Address::literal("AhSQwzpJMskCCQ3GkWDZSA69xS5qK5s7jLejhK6sgYf1"),
        form: Form::Long,
    };
}
