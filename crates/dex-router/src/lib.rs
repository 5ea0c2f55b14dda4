//! Venues, their quotes side by side, and the choice of a route.
//!
//! It must not know of orders' states, of stores, queues or HTTP.
//!
//! Begin with `router.rs`; what a venue must offer is in `venue.rs`.

pub mod pools;
pub mod router;
pub mod venue;

pub use pools::PoolSource;
pub use router::Router;
pub use venue::QuoteSource;
