//! The venues' own programs against what the engine computes of them, and against the programs that sim-chain emulates.
//!
//! 1. A swap pays out what our arithmetic says of the accounts that the transaction met, to the last unit, and leaves
//!    the pool as our arithmetic leaves it, byte for byte (`swaps.rs`, in a market that moves).
//! 2. In a quiet pool it pays out what was quoted (`swaps.rs`).
//! 3. Every transaction of such a run, the market's too, ends under the emulated programs as it does here: error, fee,
//!    accounts, logs, inner instructions (`witness.rs` compares them all).
//! 4. What a program refuses it refuses with the same error under the emulation: too little output, closed pools, wrong
//!    accounts, too few funds, too few compute units (`refusals.rs`).
//! 5. The engine executes an order once whatever is dropped, lost, repeated or delayed (`faults.rs`).
//! 6. Over JSON-RPC all that is the same (`node.rs`).

mod compare;
mod engine;
mod faults;
mod node;
mod plans;
mod refusals;
mod routes;
mod stand;
mod swaps;
mod trader;
mod twins;
mod units;
mod witness;
