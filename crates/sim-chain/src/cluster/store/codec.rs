//! Transactions' outcomes as bytes.

use solana_address::Address;
use wincode::{SchemaRead, SchemaWrite};

use crate::bank::{InnerInstruction, Outcome, ReturnData, TokenBalance};

/// Everything of an outcome but its status, which has a column of its own.
#[derive(SchemaRead, SchemaWrite)]
struct Stored {
    fee: u64,
    compute_units: u64,
    loaded_bytes: u64,
    logs: Vec<String>,
    inner: Vec<(u8, Vec<InnerInstruction>)>,
    keys: Vec<Address>,
    loaded_writable: u64,
    loaded_readonly: u64,
    pre_balances: Vec<u64>,
    post_balances: Vec<u64>,
    pre_token_balances: Vec<TokenBalance>,
    post_token_balances: Vec<TokenBalance>,
    return_data: Option<ReturnData>,
}

/// What stands in a file is not what this version wrote.
#[derive(Debug, thiserror::Error)]
#[error("an entry of its file cannot be read: {0}")]
pub(super) struct Unreadable(pub(super) String);

/// The error of a transaction that was rolled back, as text.
pub(super) fn status(outcome: &Outcome) -> Option<String> {
    let error = outcome.status.as_ref().err()?;
    Some(serde_json::to_string(error).expect("invariant: an error has string keys only"))
}

pub(super) fn encode(outcome: &Outcome) -> Vec<u8> {
    let outcome = outcome.clone();
    let stored = Stored {
        fee: outcome.fee,
        compute_units: outcome.compute_units,
        loaded_bytes: outcome.loaded_bytes,
        logs: outcome.logs,
        inner: outcome.inner,
        keys: outcome.keys,
        loaded_writable: outcome.loaded.0 as u64,
        loaded_readonly: outcome.loaded.1 as u64,
        pre_balances: outcome.pre_balances,
        post_balances: outcome.post_balances,
        pre_token_balances: outcome.pre_token_balances,
        post_token_balances: outcome.post_token_balances,
        return_data: outcome.return_data,
    };
    wincode::serialize(&stored).expect("invariant: an outcome is far below every limit")
}

pub(super) fn decode(status: Option<&str>, bytes: &[u8]) -> Result<Outcome, Unreadable> {
    let stored: Stored =
        wincode::deserialize(bytes).map_err(|error| Unreadable(error.to_string()))?;
    let status = match status {
        None => Ok(()),
        Some(text) => {
            Err(serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))?)
        }
    };
    let count = |count: u64| usize::try_from(count).map_err(|error| Unreadable(error.to_string()));
    Ok(Outcome {
        status,
        fee: stored.fee,
        compute_units: stored.compute_units,
        loaded_bytes: stored.loaded_bytes,
        logs: stored.logs,
        inner: stored.inner,
        keys: stored.keys,
        loaded: (
            count(stored.loaded_writable)?,
            count(stored.loaded_readonly)?,
        ),
        pre_balances: stored.pre_balances,
        post_balances: stored.post_balances,
        pre_token_balances: stored.pre_token_balances,
        post_token_balances: stored.post_token_balances,
        return_data: stored.return_data,
    })
}
