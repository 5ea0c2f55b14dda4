//! Who acts upon the engine: clients, watchers, and the trouble that befalls its servers.

pub(crate) mod client;
pub(crate) mod trouble;
pub(crate) mod watcher;
