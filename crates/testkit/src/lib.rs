//! What tests share: private servers, the engine's programs as processes, the contracts every backend
//! must pass, and the end-to-end suites.
//!
//! It must not be used by anything but tests.
//!
//! Begin with `engine.rs` for whole programs, with `contract.rs` for backends.

pub mod chaos;
pub mod cluster;
pub mod contract;
pub mod cpu;
pub mod documents;
pub mod doors;
pub mod e2e;
pub mod engine;
pub mod free_port;
pub mod http;
pub mod manual_clock;
pub mod program;
pub mod servers;
pub mod wall_clocks;

mod stat;

pub use manual_clock::ManualClock;
