//! What a transaction would do, the answer of `simulateTransaction`.

use serde::Serialize;
use serde_json::Value;
use solana_transaction_error::TransactionError;

use super::account::AccountInfo;
use super::transaction::{LoadedAddresses, Meta};
use crate::bank::Outcome;

/// Fields that were not asked for, or that a transaction which never ran cannot have, are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    pub err: Option<TransactionError>,
    pub logs: Option<Vec<String>>,
    /// The accounts that were asked for, as they would be.
    pub accounts: Option<Vec<Option<AccountInfo>>>,
    pub units_consumed: Option<u64>,
    pub loaded_accounts_data_size: Option<u64>,
    pub return_data: Option<Value>,
    pub inner_instructions: Option<Vec<Value>>,
    pub replacement_blockhash: Option<Blockhash>,
    pub fee: Option<u64>,
    pub pre_balances: Option<Vec<u64>>,
    pub post_balances: Option<Vec<u64>>,
    pub pre_token_balances: Option<Vec<Value>>,
    pub post_token_balances: Option<Vec<Value>>,
    pub loaded_addresses: Option<LoadedAddresses>,
}

/// A blockhash, and the height up to which it may be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Blockhash {
    pub blockhash: String,
    pub last_valid_block_height: u64,
}

/// Whether the calls of programs are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    Told,
    LeftOut,
}

impl Simulation {
    /// What a transaction would do that was executed, or why it would get into no block.
    #[must_use]
    pub fn new(result: Result<Outcome, TransactionError>, calls: Calls) -> Self {
        match result {
            Ok(outcome) => Self::of(outcome, calls),
            Err(error) => Self {
                err: Some(error),
                logs: Some(Vec::new()),
                units_consumed: Some(0),
                loaded_accounts_data_size: Some(0),
                ..Self::default()
            },
        }
    }

    fn of(outcome: Outcome, calls: Calls) -> Self {
        let loaded_bytes = outcome.loaded_bytes;
        let meta = Meta::from(outcome);
        Self {
            err: meta.err,
            logs: Some(meta.log_messages),
            accounts: None,
            units_consumed: Some(meta.compute_units_consumed),
            loaded_accounts_data_size: Some(loaded_bytes),
            return_data: meta.return_data,
            inner_instructions: (calls == Calls::Told).then_some(meta.inner_instructions),
            replacement_blockhash: None,
            fee: Some(meta.fee),
            pre_balances: Some(meta.pre_balances),
            post_balances: Some(meta.post_balances),
            pre_token_balances: Some(meta.pre_token_balances),
            post_token_balances: Some(meta.post_token_balances),
            loaded_addresses: Some(meta.loaded_addresses),
        }
    }
}
