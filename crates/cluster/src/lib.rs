//! The engine's programs as processes: one alone, or a cluster over private servers on this
//! machine, with faults, hostile input, and the end-to-end suites.
//!
//! Users run it as `scripts/cluster`, `scripts/chaos` and `scripts/fuzz-doors`; tests use the same
//! as values. It must not know how the engine works inside: it starts programs and calls them over
//! HTTP and WebSocket.
//!
//! Begin with `local.rs` for a cluster, with `engine.rs` for one process.

pub mod chain;
pub mod chaos;
pub mod cpu;
pub mod documents;
pub mod doors;
pub mod e2e;
pub mod engine;
pub mod http;
pub mod key_file;
pub mod local;
pub mod program;
pub mod wall_clocks;

mod stat;

pub use chain::Chain;
pub use key_file::KeyFile;
pub use local::{Between, Cluster, Member, Scratch, Size, State, Status, counter, settings};
