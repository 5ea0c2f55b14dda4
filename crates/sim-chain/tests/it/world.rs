//! The whole world from outside: what of it outlives its process, its ledger, and its operators' calls.

mod ledger;
mod restart;
mod served;
mod speed;
pub(crate) mod stage;
