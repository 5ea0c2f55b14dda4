//! Transactions that the real programs executed (`amm`'s `vectors/svm`), against what this crate builds and reads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod build;
mod case;
mod hostile;
mod pools;
mod receipt;
