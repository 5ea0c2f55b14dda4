//! All of ours that speaks Solana: it asks a cluster over the narrow trait [`rpc::Rpc`], reads pools from accounts,
//! builds and signs transactions, and reads what they did from the ledger.
//!
//! It must not know of orders' lives, stores, queues or routes chosen and why: it is told which swaps to make and
//! answers what became of them. The programs' arithmetic is `amm`'s. Whether a cluster is real or simulated shows
//! in the address it is given and nowhere else.
//!
//! Begin with `rpc.rs`, what a cluster is asked; then `build.rs`, what a transaction of ours looks like, and
//! `receipt.rs`, what a landed one did. `pools/reader.rs` and `chain.rs` put them behind the engine's ports: the first
//! reads and has no key, the second builds and sends.
//!
//! [`rpc::Rpc`] and [`keys::Signer`] are no ports of the engine's own: nothing above this crate calls them, and their
//! types are Solana's. A simulated cluster depends on this crate to implement the first.

pub mod address;
pub mod assets;
pub mod build;
pub mod chain;
mod convert;
pub mod death;
pub mod endpoints;
pub mod explain;
pub mod fees;
pub mod history;
mod in_flight;
pub mod keys;
mod landing_list;
pub mod message;
mod newest;
mod notes;
pub mod pace;
pub mod pools;
pub mod programs;
pub mod receipt;
mod recent;
mod recent_by;
pub mod recording;
pub mod rpc;
pub mod settings;
pub mod standing;
pub mod tables;
pub mod wallet;

#[cfg(test)]
mod script;
#[cfg(test)]
mod shelf;
#[cfg(test)]
mod world;

pub use assets::ChainAssets;
pub use chain::SolanaChain;
pub use endpoints::Endpoints;
pub use pools::PoolReader;
pub use rpc::Rpc;
pub use settings::Settings;
