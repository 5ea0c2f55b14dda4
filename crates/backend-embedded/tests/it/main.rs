//! The embedded backends against the ports' contracts, and what is theirs alone: the lock, the file,
//! migrations, and how the queue and the sweeper share what does not fit into memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contracts;
mod folder;
mod queue;
