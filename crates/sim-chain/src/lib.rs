//! A simulated Solana cluster: real transactions over real account layouts, executed by programs that end byte for
//! byte as the real ones, in blocks that follow the clock, with a market that moves prices, and a node that answers as
//! a real one does.
//!
//! It must not know of the engine's orders, of its store, queue or feed. The engine reaches it through
//! `chain_solana::Rpc`, in this process or over HTTP, and cannot tell it from a real cluster.
//!
//! Begin with `world.rs`, which puts the parts together: `bank.rs` executes transactions, `cluster.rs` puts them into
//! blocks, `market.rs` has tokens, pools and somebody who moves their prices, and `json_rpc.rs` and `node.rs` speak to
//! clients.

pub mod bank;
pub mod cluster;
pub mod json_rpc;
pub mod market;
pub mod node;
pub mod recording;
pub mod remote;
pub mod rpc;
pub mod server;
pub mod service;
mod wire;
pub mod world;

pub use world::{SimConfig, World};
