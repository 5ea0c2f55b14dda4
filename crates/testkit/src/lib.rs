//! What the tests of several crates share: the contract of each port, what a test is given, a clock that stands
//! still until it is moved, one that follows tokio's time, a store that loses calls and answers.
//!
//! It must not know of any backend, program or server, and is used by tests and the simulation alone.
//!
//! Begin with `contract.rs`.

pub mod contract;
pub mod faulty_store;
pub mod manual_clock;
pub mod pool;
pub mod virtual_clock;

pub use faulty_store::FaultyStore;
pub use manual_clock::ManualClock;
pub use virtual_clock::VirtualClock;
