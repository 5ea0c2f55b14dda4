//! Puts load on an engine over HTTP and WebSockets, as its clients do, and measures the result.
//!
//! It must not know how an engine works: everything that answers the same calls is measured in the
//! same way, including the baseline in another language. Begin with `scenarios.rs`; `orders.rs` is
//! the load itself.

pub mod call;
pub mod embedded;
pub mod latency;
pub mod orders;
pub mod process;
pub mod progress;
pub mod report;
pub mod scenarios;
pub mod serve;
pub mod sockets;
pub mod target;
