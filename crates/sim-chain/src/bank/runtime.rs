//! Somebody else who executes transactions in place of the programs written here: a runtime that has the real ones.

use std::fmt::Debug;

use solana_address::Address;
use solana_transaction_error::TransactionError;

use super::account::Account;
use super::logs::Line;
use super::message::Transaction;
use super::traces::{InnerInstruction, ReturnData};
use super::{Environment, View};

/// Executes whole transactions.
///
/// Promises:
/// 1. It changes nothing: what a transaction did is in its answer.
/// 2. It looks at no account but those of the view, and at no other clock and rent than the environment's.
/// 3. An error means that the transaction can be in no block. One that lands and fails is [`Ran`] with its error.
pub trait Runtime: Debug + Send + Sync {
    /// Executes a transaction whose accounts, those of its lookup tables last, stand at `keys`.
    fn run(
        &self,
        accounts: View<'_>,
        environment: &Environment,
        transaction: &Transaction,
        keys: &[Address],
    ) -> Result<Ran, TransactionError>;
}

/// What a transaction did.
#[derive(Debug, Clone)]
pub struct Ran {
    /// An error means that only the fee was taken.
    pub status: Result<(), TransactionError>,
    pub fee: u64,
    pub compute_units: u64,
    pub log: Vec<Line>,
    /// What each instruction called, one list for each that began.
    pub inner: Vec<Vec<InnerInstruction>>,
    pub return_data: Option<ReturnData>,
    /// Every account as it is after that, one for each of the keys.
    pub after: Vec<Account>,
}
