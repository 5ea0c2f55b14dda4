//! A typed client of the engine: submits orders, follows events, and calls the operators' API. The
//! command line, the benchmarks and the tests use it.
//!
//! It must not know how the engine works inside: only CONTRACT's HTTP and WebSocket.
//!
//! Begin with `orders.rs`; following an order across reconnects is in `follow.rs`.

pub mod error;
pub mod follow;
pub mod stream;

mod books;
mod doubt;
mod market;
mod operators;
mod orders;
mod socket;
mod transport;

pub use books::{BooksQuery, FillsCsv, FillsQuery};
pub use error::Error;
pub use follow::Follow;
pub use orders::ListQuery;
pub use stream::{Stream, Streamed};
pub use transport::{Client, Settings};
