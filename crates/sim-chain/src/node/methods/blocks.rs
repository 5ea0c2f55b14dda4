//! Blocks and what is in them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::cluster::{Cluster, Commitment, Landed, Snapshot};
use crate::json_rpc::error::Error;
use crate::node::context::Context;
use crate::node::params::Params;
use crate::node::transaction::{self, Encoding, Telling};

/// The widest range of slots that one call may ask for.
const RANGE_MAX: u64 = 500_000;

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Details {
    #[default]
    Full,
    Accounts,
    Signatures,
    None,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct BlockSettings {
    encoding: Encoding,
    transaction_details: Details,
    rewards: Option<bool>,
    commitment: Option<Commitment>,
    max_supported_transaction_version: Option<u8>,
}

impl From<Encoding> for BlockSettings {
    fn from(encoding: Encoding) -> Self {
        Self {
            encoding,
            ..Self::default()
        }
    }
}

pub(super) fn block(cluster: &Cluster, params: &Params) -> Answer {
    let slot: u64 = params.required(0)?;
    let settings: BlockSettings = transaction::settings(params, 1)?;
    let context = Context::of_history(settings.commitment)?;
    context.read(cluster, |chain| {
        check_available(chain, slot)?;
        tell_block(chain, slot, settings)
    })
}

fn tell_block(chain: Snapshot<'_>, slot: u64, settings: BlockSettings) -> Answer {
    let header = chain.header(slot);
    let mut told = json!({
        "blockHeight": header.height,
        "blockTime": header.unix_timestamp,
        "blockhash": header.blockhash.to_string(),
        "parentSlot": header.parent_slot,
        "previousBlockhash": header.previous_blockhash.to_string(),
    });
    if settings.rewards.unwrap_or(true) {
        told["rewards"] = json!([]);
    }
    let telling = Telling {
        encoding: settings.encoding,
        max_version: settings.max_supported_transaction_version,
    };
    let landed = chain.history().in_block(slot);
    match settings.transaction_details {
        Details::None => {}
        Details::Signatures => {
            let signature =
                |landed: &std::sync::Arc<Landed>| landed.transaction.signature().to_string();
            told["signatures"] = landed.map(signature).collect::<Vec<_>>().into();
        }
        Details::Full => {
            let all: Result<Vec<Value>, Error> = landed
                .map(|landed| transaction::tell(landed, telling))
                .collect();
            told["transactions"] = all?.into();
        }
        Details::Accounts => {
            let all: Result<Vec<Value>, Error> = landed
                .map(|landed| transaction::tell_accounts(landed, telling))
                .collect();
            told["transactions"] = all?.into();
        }
    }
    Ok(told)
}

/// Not before it is confirmed, not once it is forgotten, and not where there never was one.
fn check_available(chain: Snapshot<'_>, slot: u64) -> Result<(), Error> {
    if slot < chain.first_slot() {
        return Err(Error::block_cleaned_up(slot, chain.first_slot()));
    }
    if slot > chain.slot() {
        return Err(Error::block_not_available(slot));
    }
    if chain.has_block(slot) {
        Ok(())
    } else {
        Err(Error::slot_skipped(slot))
    }
}

pub(super) fn blocks(cluster: &Cluster, params: &Params) -> Answer {
    let start: u64 = params.required(0)?;
    // The end may be left out, with the settings in its place.
    let (end, settings) = match params.get(1) {
        Some(Value::Object(_)) => (None, 1),
        _ => (params.optional::<u64>(1)?, 2),
    };
    let context = params
        .settings::<Context>(settings)?
        .no_less_than_confirmed()?;
    if end.is_some_and(|end| end.saturating_sub(start) > RANGE_MAX) {
        return Err(Error::invalid_params(format!(
            "Slot range too large; max {RANGE_MAX}"
        )));
    }
    context.read(cluster, |chain| {
        let end = end
            .unwrap_or(start.saturating_add(RANGE_MAX))
            .min(chain.slot());
        let found = (start.max(chain.first_slot())..=end).filter(|slot| chain.has_block(*slot));
        Ok(json!(found.collect::<Vec<_>>()))
    })
}

pub(super) fn blocks_with_limit(cluster: &Cluster, params: &Params) -> Answer {
    let start: u64 = params.required(0)?;
    let limit: u64 = params.required(1)?;
    let context = params.settings::<Context>(2)?.no_less_than_confirmed()?;
    if limit > RANGE_MAX {
        return Err(Error::invalid_params(format!(
            "Limit too large; max {RANGE_MAX}"
        )));
    }
    context.read(cluster, |chain| {
        Ok(json!(first_blocks(chain, start, limit).collect::<Vec<_>>()))
    })
}

/// The slots of the first blocks from one on.
pub(crate) fn first_blocks(
    chain: Snapshot<'_>,
    start: u64,
    limit: u64,
) -> impl Iterator<Item = u64> {
    (start.max(chain.first_slot())..=chain.slot())
        .filter(move |slot| chain.has_block(*slot))
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
}

pub(super) fn block_time(cluster: &Cluster, params: &Params) -> Answer {
    let slot: u64 = params.required(0)?;
    cluster.read(Commitment::Confirmed, |chain| {
        check_available(chain, slot)?;
        Ok(json!(chain.header(slot).unix_timestamp))
    })
}

pub(super) fn first_available(cluster: &Cluster) -> Answer {
    Ok(cluster.read(Commitment::Finalized, |chain| json!(chain.first_slot())))
}
