//! The proof that a transaction can never land, from what several endpoints say of it: no IO, no clock, no waiting.
//!
//! One endpoint's answers make a [`Vote`] (`death/vote.rs`), in the order in which it was asked. A [`Witness`] says
//! whether an endpoint's votes count (`death/witness.rs`): one that lied is not heard for a while. A [`Case`] collects
//! the votes on one transaction, and tells its [`Verdict`] (`death/case.rs`).
//!
//! Whoever may be wrong says nothing here: a node that lags, that does not answer, or that no longer holds the blocks
//! in which the transaction could have landed has no vote. An order waits longer for that, and is never executed twice.

mod case;
mod vote;
mod witness;

pub use case::{Case, Doubt, Verdict};
pub use vote::{Blocks, Hearing, NoVote, Subject, Vote};
pub use witness::{Lie, Witness};

/// Blocks that a transaction is given beyond its blockhash's own limit before anybody calls it dead.
pub const BLOCKS_TO_SPARE: u64 = 32;
/// For how many blocks after its own a blockhash may be named.
pub const BLOCKHASH_BLOCKS: u64 = 150;
/// How many blocks older than it seems a blockhash may be that is built on.
pub(crate) const BLOCKHASH_OLDER_MAX: u64 = 64;
/// No cluster goes without a block for more slots in a row: a node that shows none for longer has a hole there.
pub(crate) const GAP_MAX: u64 = 64;

#[cfg(test)]
mod tests;
