//! A transaction in an answer, and what became of it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_transaction_error::TransactionError;

use super::amount::TokenAmount;
use super::base58;
use crate::bank::{InnerInstruction, Outcome, ReturnData, TokenBalance, Transaction};

/// How a transaction's content is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Json,
    Base58,
    Base64,
}

/// What became of a transaction, the `meta` of `getTransaction`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    pub err: Option<TransactionError>,
    /// The same again, for clients of long ago.
    pub status: Result<(), TransactionError>,
    pub fee: u64,
    pub pre_balances: Vec<u64>,
    pub post_balances: Vec<u64>,
    pub inner_instructions: Vec<Value>,
    pub log_messages: Vec<String>,
    pub pre_token_balances: Vec<Value>,
    pub post_token_balances: Vec<Value>,
    pub rewards: Vec<Value>,
    pub loaded_addresses: LoadedAddresses,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_data: Option<Value>,
    pub compute_units_consumed: u64,
}

/// What came from lookup tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadedAddresses {
    pub writable: Vec<String>,
    pub readonly: Vec<String>,
}

impl From<Outcome> for Meta {
    fn from(outcome: Outcome) -> Self {
        let (writable, readonly) = outcome.loaded_keys();
        let inner = |(index, called): &(u8, Vec<InnerInstruction>)| {
            json!({
                "index": index,
                "instructions": called.iter().map(inner_instruction).collect::<Vec<_>>(),
            })
        };
        Self {
            log_messages: outcome.logs(),
            inner_instructions: outcome.inner.iter().map(inner).collect(),
            pre_token_balances: outcome
                .pre_token_balances
                .iter()
                .map(token_balance)
                .collect(),
            post_token_balances: outcome
                .post_token_balances
                .iter()
                .map(token_balance)
                .collect(),
            loaded_addresses: LoadedAddresses {
                writable: texts(writable),
                readonly: texts(readonly),
            },
            return_data: outcome.return_data.as_ref().map(return_data),
            err: outcome.status.clone().err(),
            status: outcome.status,
            fee: outcome.fee,
            pre_balances: outcome.pre_balances,
            post_balances: outcome.post_balances,
            rewards: Vec::new(),
            compute_units_consumed: outcome.compute_units,
        }
    }
}

fn texts(keys: &[Address]) -> Vec<String> {
    keys.iter().map(Address::to_string).collect()
}

fn inner_instruction(called: &InnerInstruction) -> Value {
    json!({
        "programIdIndex": called.program_index,
        "accounts": called.accounts,
        "data": base58::encode(&called.data),
        "stackHeight": called.stack_height,
    })
}

fn token_balance(balance: &TokenBalance) -> Value {
    json!({
        "accountIndex": balance.account_index,
        "mint": balance.mint.to_string(),
        "owner": balance.owner.to_string(),
        "programId": balance.program.to_string(),
        "uiTokenAmount": TokenAmount::new(balance.amount, balance.decimals),
    })
}

/// What the last program left for its caller, also in the answer of a simulation.
#[must_use]
pub fn return_data(data: &ReturnData) -> Value {
    json!({
        "programId": data.program.to_string(),
        "data": [BASE64_STANDARD.encode(&data.data), "base64"],
    })
}

/// The signatures of a transaction, the one that names it first.
#[must_use]
pub fn signatures(transaction: &Transaction) -> Vec<String> {
    let signatures = transaction.signatures().iter();
    signatures.map(ToString::to_string).collect()
}

/// The content of a transaction.
#[must_use]
pub fn content(transaction: &Transaction, encoding: Encoding) -> Value {
    match encoding {
        Encoding::Json => json!({
            "signatures": signatures(transaction),
            "message": message(transaction),
        }),
        Encoding::Base58 => json!([base58::encode(&transaction.encode()), "base58"]),
        Encoding::Base64 => json!([BASE64_STANDARD.encode(transaction.encode()), "base64"]),
    }
}

/// `"legacy"` or a number.
#[must_use]
pub fn version(transaction: &Transaction) -> Value {
    match transaction.message().address_table_lookups() {
        None => json!("legacy"),
        Some(_) => json!(0),
    }
}

fn message(transaction: &Transaction) -> Value {
    let message = transaction.message();
    let header = message.header();
    let instructions = transaction.instructions().iter().map(|instruction| {
        json!({
            "programIdIndex": instruction.program_id_index,
            "accounts": instruction.accounts,
            "data": base58::encode(&instruction.data),
            "stackHeight": 1,
        })
    });
    let mut told = json!({
        "header": {
            "numRequiredSignatures": header.num_required_signatures,
            "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
            "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
        },
        "accountKeys": texts(message.static_account_keys()),
        "recentBlockhash": transaction.blockhash().to_string(),
        "instructions": instructions.collect::<Vec<_>>(),
    });
    add_lookups(&mut told, transaction);
    told
}

/// Adds to a message as it is told which addresses it takes from lookup tables. Legacy messages have none to tell.
pub fn add_lookups(told: &mut Value, transaction: &Transaction) {
    let Some(lookups) = transaction.message().address_table_lookups() else {
        return;
    };
    let lookups = lookups.iter().map(|lookup| {
        json!({
            "accountKey": lookup.account_key.to_string(),
            "writableIndexes": lookup.writable_indexes,
            "readonlyIndexes": lookup.readonly_indexes,
        })
    });
    told["addressTableLookups"] = lookups.collect::<Vec<_>>().into();
}
