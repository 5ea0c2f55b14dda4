//! What the tests of several crates share: the contract of each port, what a test is given, a clock that stands
//! still until it is moved.
//!
//! It must not know of any backend, program or server, and is used by tests alone.
//!
//! Begin with `contract.rs`.

pub mod contract;
pub mod manual_clock;

pub use manual_clock::ManualClock;
