//! The engine's programs as processes: one alone or a cluster over private servers on this machine, faults among
//! them, requests of every kind at their doors, and the end-to-end suites.
//!
//! Users meet it as `scripts/cluster`, `scripts/chaos` and `scripts/fuzz-doors`; tests hold the same as values. It
//! must not know how the engine works inside: it starts programs and speaks HTTP and WebSocket to them.
//!
//! Begin with `local.rs` for a cluster, with `engine.rs` for one process.

pub mod chaos;
pub mod cpu;
pub mod documents;
pub mod doors;
pub mod e2e;
pub mod engine;
pub mod http;
pub mod local;
pub mod program;
pub mod wall_clocks;

mod stat;

pub use local::{Between, Cluster, Member, Scratch, Size, State, Status, counter, settings};
