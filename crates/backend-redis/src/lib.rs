//! The queue and the feed on Redis: a hint and a projection, which may be lost at any moment.
//!
//! Every step of the queue is one script (`lua/`, beginning with `common.lua`), so that no crash
//! leaves an entry between two lists. It must not know the store: the sweeper re-adds lost entries
//! from there.
//!
//! Begin with `lua/pop.lua`, then `queue.rs`; for the feed with `feed.rs`.

mod address;
mod bell;
mod breaker;
mod failure;
mod feed;
mod link;
mod memory;
mod nodes;
mod queue;
mod room;
mod script;
mod settings;
mod shard;
mod tail;

pub use failure::ConnectError;
pub use feed::RedisFeed;
pub use queue::RedisQueue;
pub use settings::{FeedSettings, QueueSettings, RedisServer, StartLimit};
