//! The simulated cluster from outside: its bank, its market, what it answers to the engine and over JSON-RPC, and its file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bank;
mod execution;
mod instruction;
mod market;
mod node;
mod rpc;
mod svm;
mod trading;
mod twisted;
mod units;
mod witnesses;
mod world;
