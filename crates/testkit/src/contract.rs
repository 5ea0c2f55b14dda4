//! The ports' promises as tests: one suite per port, one function per promise or aspect of a
//! promise.
//!
//! A backend implements a fixture ([`StoreFixture`], [`QueueFixture`], [`FeedFixture`]) and passes
//! it to [`store_contract!`](crate::store_contract), [`queue_contract!`](crate::queue_contract) or
//! [`feed_contract!`](crate::feed_contract), which expand to one `#[tokio::test]` per function. The
//! expression is evaluated once per test and must give a fresh, empty backend:
//!
//! ```ignore
//! testkit::store_contract!(Embedded::fresh().await);
//! ```

pub mod directory;
pub mod doubt;
pub mod fills;
pub mod finality;
pub mod job_queue;
pub mod operations;
pub mod order_history;
pub mod order_store;
pub mod safety;
pub mod spending_race;
pub mod status_feed;
pub mod version_1;
pub mod volumes;
pub mod waiting;
pub mod wallet_uses;
pub mod webhooks;
pub mod worker_registry;

mod fixture;
mod flood;
mod given;
mod macros;

pub use fixture::{FeedFixture, Outage, QueueFixture, StoreFixture, Unreadable};
pub use given::{Given, eventually, promptly, terms};

#[cfg(test)]
mod tests;
