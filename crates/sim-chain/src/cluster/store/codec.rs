//! Transactions' outcomes as bytes.

use solana_address::Address;
use wincode::config::{self, Config, Configuration};
use wincode::{SchemaRead, SchemaWrite};

use crate::bank::{InnerInstruction, Line, Outcome, ReturnData, TokenBalance, Transaction};

/// Everything of an outcome but its status, which has a column of its own, and the keys that its transaction states.
#[derive(SchemaRead, SchemaWrite)]
struct Stored {
    fee: u64,
    compute_units: u64,
    loaded_bytes: u64,
    log: Vec<Line>,
    inner: Vec<(u8, Vec<InnerInstruction>)>,
    loaded_writable: Vec<Address>,
    loaded_readonly: Vec<Address>,
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
    let (writable, readonly) = outcome.loaded_keys();
    let stored = Stored {
        fee: outcome.fee,
        compute_units: outcome.compute_units,
        loaded_bytes: outcome.loaded_bytes,
        log: outcome.log.clone(),
        inner: outcome.inner.clone(),
        loaded_writable: writable.to_vec(),
        loaded_readonly: readonly.to_vec(),
        pre_balances: outcome.pre_balances.clone(),
        post_balances: outcome.post_balances.clone(),
        pre_token_balances: outcome.pre_token_balances.clone(),
        post_token_balances: outcome.post_token_balances.clone(),
        return_data: outcome.return_data.clone(),
    };
    config::serialize(&stored, short()).expect("invariant: an outcome is far below every limit")
}

pub(super) fn decode(
    transaction: &Transaction,
    status: Option<&str>,
    bytes: &[u8],
) -> Result<Outcome, Unreadable> {
    let stored: Stored =
        config::deserialize(bytes, short()).map_err(|error| Unreadable(error.to_string()))?;
    let status = match status {
        None => Ok(()),
        Some(text) => {
            Err(serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))?)
        }
    };
    let stated = transaction.message().static_account_keys();
    let (writable, readonly) = (stored.loaded_writable, stored.loaded_readonly);
    Ok(Outcome {
        status,
        fee: stored.fee,
        compute_units: stored.compute_units,
        loaded_bytes: stored.loaded_bytes,
        log: stored.log,
        inner: stored.inner,
        keys: [stated, &writable, &readonly].concat(),
        loaded: (writable.len(), readonly.len()),
        pre_balances: stored.pre_balances,
        post_balances: stored.post_balances,
        pre_token_balances: stored.pre_token_balances,
        post_token_balances: stored.post_token_balances,
        return_data: stored.return_data,
    })
}

/// Most numbers are small.
fn short() -> impl Config {
    Configuration::default().with_varint_encoding()
}
