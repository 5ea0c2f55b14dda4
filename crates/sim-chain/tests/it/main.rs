//! The simulated chain from outside, through the traits the engine uses.

mod failures;
mod restart;
mod server;
mod setup;
mod speed;
mod transactions;
