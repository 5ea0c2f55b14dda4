//! What the tests of several crates share: the contract of each port, test data, and a clock that
//! stands still until a test moves it.
//!
//! It must not know any backend, program or server, and only tests use it.
//!
//! Begin with `contract.rs`.

pub mod contract;
pub mod manual_clock;

pub use manual_clock::ManualClock;
