//! Venues, their exact mathematics, quotes side by side, and the choice of a route.
//!
//! It must not know of orders' states, of stores, queues or HTTP.
//!
//! Begin with `router.rs`; what a venue and the chain must offer is in `venue.rs` and `chain.rs`.

pub mod accounts;
pub mod chain;
pub mod math;
pub mod router;
pub mod venue;

pub use chain::Chain;
pub use router::Router;
pub use venue::QuoteSource;
