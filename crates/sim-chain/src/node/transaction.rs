//! Transactions from clients, and landed ones as they are told.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::params::{Params, WireEncoding};
use super::parsed;
use crate::bank::{BYTES_MAX, Transaction, address};
use crate::cluster::Landed;
use crate::json_rpc::error::Error;
use crate::json_rpc::transaction::{self as plain, Meta, version};

/// How transactions are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Encoding {
    #[default]
    Json,
    JsonParsed,
    #[serde(alias = "binary")]
    Base58,
    Base64,
}

/// Older clients name an encoding where newer ones have settings.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Asked<T> {
    Encoding(Encoding),
    Settings(T),
}

/// How transactions are asked for.
pub(super) fn settings<T>(params: &Params, place: usize) -> Result<T, Error>
where
    T: DeserializeOwned + Default + From<Encoding>,
{
    Ok(match params.optional(place)? {
        None => T::default(),
        Some(Asked::Settings(settings)) => settings,
        Some(Asked::Encoding(encoding)) => encoding.into(),
    })
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    pub(super) encoding: Encoding,
    /// The highest version that the client understands, beside messages without one.
    pub(super) max_version: Option<u8>,
}

/// The longest text of a transaction in base58, and in base64.
const BASE58_MAX: usize = 1_683;
const BASE64_MAX: usize = 1_644;

/// Reads what a client sends, by default in base58.
pub(super) fn read(text: &str, encoding: Option<WireEncoding>) -> Result<Transaction, Error> {
    let encoding = encoding.unwrap_or_default();
    let (name, limit) = match encoding {
        WireEncoding::Base64 => ("base64", BASE64_MAX),
        WireEncoding::Base58 => ("base58", BASE58_MAX),
    };
    if text.len() > limit {
        return Err(Error::invalid_params(format!(
            "{name} encoded solana_transaction::versioned::VersionedTransaction too large: {} bytes (max: \
             encoded/raw {limit}/{BYTES_MAX})",
            text.len()
        )));
    }
    let bytes = encoding
        .decode(text)
        .map_err(|error| Error::invalid_params(format!("invalid {name} encoding: {error}")))?;
    Transaction::decode(&bytes)
        .map_err(|error| Error::invalid_params(format!("invalid transaction: {error}")))
}

/// A landed transaction with what became of it.
pub(super) fn tell(landed: &Landed, telling: Telling) -> Result<Value, Error> {
    let transaction = &landed.transaction;
    let version = told_version(transaction, telling)?;
    let mut meta = json!(Meta::from(landed.outcome.clone()));
    let content = match telling.encoding {
        Encoding::Json => plain::content(transaction, plain::Encoding::Json),
        Encoding::Base58 => plain::content(transaction, plain::Encoding::Base58),
        Encoding::Base64 => plain::content(transaction, plain::Encoding::Base64),
        Encoding::JsonParsed => {
            meta["innerInstructions"] = parsed::inner_instructions(&landed.outcome);
            if let Value::Object(meta) = &mut meta {
                meta.remove("loadedAddresses");
            }
            parsed::content(landed)
        }
    };
    let told = json!({ "transaction": content, "meta": meta });
    Ok(with_version(told, version))
}

/// The same with its accounts alone.
pub(super) fn tell_accounts(landed: &Landed, telling: Telling) -> Result<Value, Error> {
    let version = told_version(&landed.transaction, telling)?;
    let mut meta = json!(Meta::from(landed.outcome.clone()));
    let kept = [
        "err",
        "status",
        "fee",
        "preBalances",
        "postBalances",
        "preTokenBalances",
        "postTokenBalances",
    ];
    if let Value::Object(meta) = &mut meta {
        meta.retain(|name, _| kept.contains(&name.as_str()));
    }
    let told = json!({
        "transaction": {
            "accountKeys": parsed::account_keys(landed),
            "signatures": plain::signatures(&landed.transaction),
        },
        "meta": meta,
    });
    Ok(with_version(told, version))
}

fn with_version(mut told: Value, version: Option<Value>) -> Value {
    if let Some(version) = version {
        told["version"] = version;
    }
    told
}

/// Clients that do not say which versions they know are told of none.
fn told_version(transaction: &Transaction, telling: Telling) -> Result<Option<Value>, Error> {
    match telling.max_version {
        Some(_) => Ok(Some(version(transaction))),
        None if transaction.message().address_table_lookups().is_some() => {
            Err(Error::unsupported_version(0))
        }
        None => Ok(None),
    }
}

/// The texts of a transaction's memos, each with its length before it.
pub(super) fn memo(transaction: &Transaction) -> Option<String> {
    let memos: Vec<String> = transaction
        .instructions()
        .iter()
        .filter(|instruction| {
            [address::MEMO, address::MEMO_V1].contains(transaction.program(instruction))
        })
        .map(|instruction| {
            let text = String::from_utf8_lossy(&instruction.data);
            format!("[{}] {text}", instruction.data.len())
        })
        .collect();
    (!memos.is_empty()).then(|| memos.join("; "))
}
