//! The simulated chain from outside, through the traits the engine uses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bank;
mod market;
mod node;
mod rpc;
mod svm;
