//! Blockhashes, and what a transaction under one costs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use solana_address::Address;
use solana_message::VersionedMessage;
use solana_transaction::versioned::VersionedTransaction;

use super::Answer;
use crate::bank::{BYTES_MAX, Limits, Transaction, fee};
use crate::cluster::{Cluster, Commitment, Snapshot};
use crate::json_rpc::error::Error;
use crate::node::context::{Context, with_context};
use crate::node::params::{self, Params};

/// How many blocks back fees are told.
const FEE_BLOCKS: usize = 150;
const FEE_KEYS_MAX: usize = 128;

pub(super) fn latest_blockhash(cluster: &Cluster, params: &Params) -> Answer {
    let context: Context = params.settings(0)?;
    context.read(cluster, |chain| {
        let (blockhash, last_valid) = chain.latest_blockhash();
        let value = json!({
            "blockhash": blockhash.to_string(),
            "lastValidBlockHeight": last_valid,
        });
        Ok(with_context(chain.slot(), value))
    })
}

pub(super) fn is_blockhash_valid(cluster: &Cluster, params: &Params) -> Answer {
    let hash = params::hash(&params.required::<String>(0)?)?;
    let context: Context = params.settings(1)?;
    context.read(cluster, |chain| {
        Ok(with_context(chain.slot(), chain.is_blockhash_valid(&hash)))
    })
}

/// The fee of a message, null where its blockhash is not valid.
pub(super) fn fee_for_message(cluster: &Cluster, params: &Params) -> Answer {
    let text: String = params.required(0)?;
    let context: Context = params.settings(1)?;
    let transaction = unsigned(&text)?;
    context.read(cluster, |chain| {
        let fee = chain
            .is_blockhash_valid(transaction.blockhash())
            .then(|| Limits::of(&transaction).ok())
            .flatten()
            .map(|limits| fee(transaction.signatures().len(), &limits));
        Ok(with_context(chain.slot(), fee))
    })
}

fn unsigned(text: &str) -> Result<Transaction, Error> {
    let invalid = |reason: String| Error::invalid_params(reason);
    if text.len() > BYTES_MAX * 2 {
        return Err(invalid(format!("too large (max: {BYTES_MAX} bytes)")));
    }
    let bytes = BASE64_STANDARD
        .decode(text)
        .map_err(|error| invalid(format!("invalid base64 encoding: {error:?}")))?;
    let message: VersionedMessage = wincode::deserialize(&bytes)
        .map_err(|error| invalid(format!("failed to deserialize the message: {error}")))?;
    Transaction::new(VersionedTransaction::new_unsigned(message))
        .map_err(|error| invalid(format!("invalid transaction: {error}")))
}

/// For each of the newest blocks, the least price per unit that got a transaction in that writes these accounts.
pub(super) fn recent_prioritization_fees(cluster: &Cluster, params: &Params) -> Answer {
    let keys: Vec<String> = params.settings(0)?;
    let keys = params::list(&keys, FEE_KEYS_MAX, params::address)?;
    let fees = cluster.read(Commitment::Confirmed, |chain| recent_prices(chain, &keys));
    let tell = |(slot, price): (u64, u64)| json!({ "slot": slot, "prioritizationFee": price });
    Ok(fees.into_iter().map(tell).collect())
}

/// For each of the newest blocks, oldest first, its slot and the least price that wrote these accounts.
pub(crate) fn recent_prices(chain: Snapshot<'_>, keys: &[Address]) -> Vec<(u64, u64)> {
    let mut prices: Vec<_> = (chain.first_slot()..=chain.slot())
        .rev()
        .filter(|slot| chain.has_block(*slot))
        .take(FEE_BLOCKS)
        .map(|slot| (slot, least_price(chain, slot, keys)))
        .collect();
    prices.reverse();
    prices
}

/// The dearest of: the least that any transaction of the block paid, and for each account the least that one
/// paid which writes it.
fn least_price(chain: Snapshot<'_>, slot: u64, keys: &[Address]) -> u64 {
    let mut any = None::<u64>;
    let mut by_key = vec![None::<u64>; keys.len()];
    for landed in chain.history().in_block(slot) {
        let price = Limits::of(&landed.transaction).map_or(0, |limits| limits.unit_price);
        let lower = |least: Option<u64>| Some(least.map_or(price, |least| least.min(price)));
        any = lower(any);
        let named = landed.outcome.keys.iter().zip(landed.writable());
        let written: Vec<&Address> = named
            .filter_map(|(key, writable)| writable.then_some(key))
            .collect();
        for (key, least) in keys.iter().zip(&mut by_key) {
            if written.contains(&key) {
                *least = lower(*least);
            }
        }
    }
    by_key.into_iter().chain([any]).flatten().max().unwrap_or(0)
}
