//! The pools of a pair, what each offers, and the choice of a route.
//!
//! It must not know of orders' states, of stores, queues or HTTP, nor of how pools are read.
//!
//! Begin with `router.rs`; what must be known of pools is in `pools.rs`.

pub mod gates;
mod offers;
pub mod pools;
pub mod report;
pub mod request;
pub mod router;
pub mod split;

pub use gates::Gates;
pub use pools::PoolSource;
pub use report::{PairReport, PoolReport};
pub use router::Router;
