//! Transactions as a cluster tells of them.

use std::fmt;

use amm::Address;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;

use super::account::Account;
use super::{Commitment, Lamports, Slot, View};

/// How a transaction fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An error of the runtime or of a program.
    Known(TransactionError),
    /// An error that this version does not know, as the node wrote it.
    Unknown(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(error) => error.fmt(f),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

/// What a landed transaction ended with.
pub type Outcome = Result<(), Failure>;

/// Where statuses are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// Among the last few minutes' transactions.
    Recent,
    /// In all that the node holds.
    Whole,
}

/// What is known of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The slot of its block.
    pub slot: Slot,
    /// What it ended with.
    pub outcome: Outcome,
    /// How sure its block is.
    pub commitment: Commitment,
}

/// A line of an address' history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The transaction.
    pub signature: Signature,
    /// The slot of its block.
    pub slot: Slot,
    /// What it ended with.
    pub outcome: Outcome,
}

/// A wish to know what a transaction would do.
#[derive(Debug, Clone, Copy)]
pub struct SimulationRequest<'a> {
    /// Its bytes, whose signatures may be empty.
    pub transaction: &'a [u8],
    /// Before which bank.
    pub view: View,
    /// Accounts of it that the answer shows as they would be.
    pub accounts: &'a [Address],
}

/// What a transaction would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// What it would end with.
    pub outcome: Outcome,
    /// What its programs logged.
    pub logs: Vec<String>,
    /// The compute units it would use, where the node says so.
    pub units: Option<u64>,
    /// The accounts asked for, in their order.
    pub accounts: Vec<Option<Account>>,
}

/// A transaction that landed, with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The slot of its block.
    pub slot: Slot,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it did.
    pub meta: Meta,
}

/// What a landed transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// What it ended with.
    pub outcome: Outcome,
    /// What its payer paid for it, landed or reverted.
    pub fee: Lamports,
    /// The compute units it used, where the node says so.
    pub units: Option<u64>,
    /// What each of its accounts held before it, in the message's order, those of lookup tables last.
    pub pre_balances: Vec<Lamports>,
    /// The same behind it.
    pub post_balances: Vec<Lamports>,
    /// What its token accounts held before it.
    pub pre_tokens: Vec<TokenBalance>,
    /// The same behind it.
    pub post_tokens: Vec<TokenBalance>,
    /// Accounts that came from lookup tables: those it could write, then those it could read.
    pub loaded: Vec<Address>,
    /// What its programs logged.
    pub logs: Vec<String>,
}

/// What a token account of a transaction held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBalance {
    /// Its place among the transaction's accounts.
    pub index: usize,
    /// What it holds.
    pub mint: Address,
    /// Whose it is; nodes of long ago do not say.
    pub owner: Option<Address>,
    /// How much it held, in base units.
    pub amount: u64,
}
