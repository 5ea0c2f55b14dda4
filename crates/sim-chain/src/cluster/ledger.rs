//! The ledger of swaps: what landed, whoever sent it, the market's own left out.
//!
//! It says what wallets really paid and received, from the balances around each transaction, and is there for whoever
//! checks the engine. So it reads transactions by itself and not with `chain_solana::receipt`, which the engine's fills
//! come from: a mistake there must show as a difference.
//!
//! `line.rs` reads a swap from a transaction, `rows.rs` keeps lines in a database.

mod changes;
mod line;
pub(crate) mod rows;

pub(crate) use line::Line;
