//! Load on an engine over HTTP and WebSockets, as its clients put it on, and what came of it.
//!
//! It must not know how an engine works: whatever answers the same calls is measured the same way, the
//! baseline in another language included. Begin with `scenarios.rs`; `orders.rs` is the load itself.

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
