//! The embedded backends against the ports' contracts, and what is theirs alone: the lock, the file, a
//! crash, migrations, query plans.

mod contracts;
mod crash;
mod folder;
mod queue;
