//! The simulated chain from outside, through the traits the engine uses.

mod setup;
mod speed;
