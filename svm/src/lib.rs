//! The simulated cluster with the venues' own programs in it: LiteSVM executes their code where sim-chain's programs
//! are emulated otherwise. Accounts, blocks, faults and JSON-RPC stay sim-chain's, so the engine meets both by the same
//! ways, and what the one does can be compared with what the other does.
//!
//! It must not hold any program, nor know how to get one: [`Programs`] reads them from a folder. The engine's workspace
//! must not depend on it.
//!
//! Begin with `runtime.rs`, which puts LiteSVM below sim-chain's bank; the tests say what is compared.

mod programs;
mod runtime;
pub mod serve;

pub use programs::{PROGRAMS_DIR, Programs};
pub use runtime::RealPrograms;
