//! The embedded backends against the ports' contracts, and what only they have: the lock, the file,
//! migrations, and how the queue and the sweeper share orders that do not fit into memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contracts;
mod folder;
mod queue;
mod spending;
