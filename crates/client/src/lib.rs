//! A typed client of the engine: orders in, events out, and what operators do. The command line, the
//! measuring tools and the tests speak to an engine through it.
//!
//! It must not know how the engine works inside: only CONTRACT's HTTP and WebSocket.
//!
//! Begin with `orders.rs`; following an order across reconnects is in `follow.rs`.

pub mod error;
pub mod follow;
pub mod stream;

mod doubt;
mod operators;
mod orders;
mod socket;
mod transport;

pub use error::Error;
pub use follow::Follow;
pub use orders::ListQuery;
pub use stream::{Stream, Streamed};
pub use transport::{Client, Settings};
