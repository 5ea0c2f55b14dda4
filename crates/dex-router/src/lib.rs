//! The pools of a pair, what each offers, and the choice of a route.
//!
//! It must not know of orders' states, of stores, queues or HTTP, nor of how pools are read.
//!
//! Begin with `router.rs`, then `planning.rs` for the ways that compete; how an amount is divided between pools is in
//! `split.rs`, and what must be known of pools in `pools.rs`.

mod candidates;
pub mod gates;
pub mod limits;
mod offers;
mod planning;
pub mod pools;
pub mod report;
pub mod request;
pub mod room;
pub mod router;
pub mod split;
mod thirds;
mod worth;

pub use gates::Gates;
pub use limits::Limits;
pub use pools::PoolSource;
pub use report::{PairReport, PoolReport};
pub use router::Router;
