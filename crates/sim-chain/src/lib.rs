//! The simulated world outside the engine: pools on two venues whose prices move by themselves, block heights,
//! transactions that wait, execute, revert or expire, and a durable ledger of what landed.
//!
//! It must not know of the engine's orders beyond an id, of its store, queue or feed. The engine reaches it
//! only through `dex_router`'s traits, in this process ([`SimChain`]) or over HTTP ([`RemoteChain`]).
//!
//! Begin with `chain.rs`; the rules that make it exact are in `ledger/book.rs` and `blocks.rs`.
//!
//! Beside it grows what is to take its place: a simulated Solana cluster. `bank.rs` executes real transactions with
//! programs that end byte for byte as the real ones, `cluster.rs` puts them into blocks, `market.rs` has tokens, pools
//! and somebody who moves their prices, and `json_rpc.rs` and `node.rs` answer as a real node would. None of them
//! knows anything of the rest of this crate.

pub mod bank;
pub mod cluster;
pub mod config;
pub mod faults;
pub mod json_rpc;
pub mod market;
pub mod node;
pub mod remote;
pub mod rpc;
pub mod server;
pub mod transaction;

mod blocks;
mod chain;
mod known;
mod ledger;
mod mempool;
mod pools;
mod prices;
mod token;
mod venue;
mod wallet;
mod weather;
mod world;

pub use chain::SimChain;
pub use config::SimConfig;
pub use ledger::OpenError;
pub use remote::RemoteChain;
