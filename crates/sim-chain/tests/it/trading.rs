//! The engine's transactions on the simulated cluster, simulated and paid for before they are signed, and the pools that
//! they are made of.

mod ahead;
mod buying;
mod funds;
mod gains;
mod judged;
mod rehearsal;
mod routes;
mod stage;
mod tables;
