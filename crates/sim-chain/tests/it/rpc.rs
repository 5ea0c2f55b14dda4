//! The promises of `chain_solana::Rpc`, kept in this process and over HTTP alike.

mod delays;
mod differential;
mod faults;
mod promises;
mod signed;
mod speed;
pub(crate) mod stand;
