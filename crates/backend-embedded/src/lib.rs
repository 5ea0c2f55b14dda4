//! The engine's backends inside one process: the store on SQLite with one writer and group commit,
//! the queue and the feed in memory.
//!
//! It must not know HTTP, venues or the lifecycle; no type of SQLite leaves it.
//!
//! Begin with `store.rs`, then `writer.rs`: every change of the store goes through there.

pub mod feed;
pub mod queue;
mod settings;
pub mod store;
pub mod writer;

mod error;
mod live;
mod peek;
mod reading;
mod schema;
mod status_column;
mod threads;

pub use feed::InProcessFeed;
pub use peek::{Unreadable, peek};
pub use queue::InProcessQueue;
pub use settings::Settings;
pub use store::{OpenError, SqliteStore};
