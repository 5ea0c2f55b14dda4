//! The engine's transactions on the simulated cluster, simulated and paid for before they are signed.

mod funds;
mod rehearsal;
mod stage;
