//! Who acts on the engine: clients, followers, and the faults of its servers.

pub(crate) mod client;
pub(crate) mod trouble;
pub(crate) mod watcher;
