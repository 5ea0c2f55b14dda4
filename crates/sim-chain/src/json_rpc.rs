//! What the simulated cluster tells, in the words of Solana's JSON-RPC: accounts, transactions with what became of
//! them, simulations, calls and errors. There are only shapes here; who asks for what is the server's.

pub mod account;
pub mod amount;
pub(crate) mod base58;
pub mod error;
pub mod request;
pub mod simulation;
pub mod transaction;

#[cfg(test)]
mod tests;
