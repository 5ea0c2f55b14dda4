//! The embedded backends against the ports' contracts, and what is theirs alone: the lock, the file, a
//! crash, migrations, query plans.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contracts;
mod crash;
mod folder;
mod queue;
