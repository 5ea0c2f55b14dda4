//! What became of transactions.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use solana_signature::Signature;

use super::Answer;
use crate::cluster::{Cluster, Commitment, Landed, Snapshot};
use crate::json_rpc::error::Error;
use crate::node::context::{Context, with_context};
use crate::node::params::{self, Params};
use crate::node::transaction::{self, Encoding, Telling};
use crate::service::Service;

/// How many signatures one call may ask for.
const SIGNATURES_MAX: usize = 256;
/// The longest page of an address's signatures.
const PAGE_MAX: usize = 1_000;
/// How many blocks back a status is known without a search of the history.
const STATUS_BLOCKS: u64 = 150;

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusSettings {
    search_transaction_history: bool,
}

/// The statuses of signatures, always as the open block knows them.
pub(super) fn signature_statuses(cluster: &Cluster, params: &Params) -> Answer {
    let texts: Vec<String> = params.required(0)?;
    let settings: StatusSettings = params.settings(1)?;
    let signatures = params::list(&texts, SIGNATURES_MAX, params::signature)?;
    Ok(cluster.read(Commitment::Processed, |chain| {
        let statuses = signatures.iter().map(|signature| {
            let (landed, age) = known(chain, signature, settings.search_transaction_history)?;
            Some(status(chain, landed, age))
        });
        with_context(chain.slot(), statuses.collect::<Vec<_>>())
    }))
}

/// The transaction of a signature with its age in blocks, where its status is known.
pub(crate) fn known<'a>(
    chain: Snapshot<'a>,
    signature: &Signature,
    searches_history: bool,
) -> Option<(&'a Arc<Landed>, u64)> {
    let landed = chain.landed(signature)?;
    let age = chain
        .height()
        .saturating_sub(chain.header(landed.slot).height);
    (searches_history || age <= STATUS_BLOCKS).then_some((landed, age))
}

fn status(chain: Snapshot<'_>, landed: &Landed, age: u64) -> Value {
    let commitment = chain.commitment_of(landed.slot);
    json!({
        "slot": landed.slot,
        "confirmations": (commitment != Commitment::Finalized).then_some(age),
        "err": landed.outcome.status.as_ref().err(),
        "status": landed.outcome.status,
        "confirmationStatus": commitment,
    })
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TransactionSettings {
    encoding: Encoding,
    commitment: Option<Commitment>,
    max_supported_transaction_version: Option<u8>,
}

impl From<Encoding> for TransactionSettings {
    fn from(encoding: Encoding) -> Self {
        Self {
            encoding,
            ..Self::default()
        }
    }
}

pub(super) fn transaction(service: &Service, params: &Params) -> Answer {
    let signature = params::signature(&params.required::<String>(0)?)?;
    let settings: TransactionSettings = transaction::settings(params, 1)?;
    let context = Context::of_history(settings.commitment)?;
    let cluster = service.cluster();
    let landed = context.read(cluster, |chain| Ok(chain.landed(&signature).cloned()))?;
    let Some(landed) = landed.filter(|landed| !service.hides(landed)) else {
        return Ok(Value::Null);
    };
    let mut told = transaction::tell(
        &landed,
        Telling {
            encoding: settings.encoding,
            max_version: settings.max_supported_transaction_version,
        },
    )?;
    told["slot"] = landed.slot.into();
    told["blockTime"] = landed.unix_timestamp.into();
    Ok(told)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageSettings {
    before: Option<String>,
    until: Option<String>,
    limit: Option<usize>,
    commitment: Option<Commitment>,
    min_context_slot: Option<u64>,
}

/// The signatures of transactions that name an address, newest first. Of `before` and `until` neither is told; a
/// `before` that is not known has nothing before it.
pub(super) fn signatures_for_address(cluster: &Cluster, params: &Params) -> Answer {
    let address = params.address(0)?;
    let settings: PageSettings = params.settings(1)?;
    let limit = settings.limit.unwrap_or(PAGE_MAX);
    if limit == 0 || limit > PAGE_MAX {
        return Err(Error::invalid_params(format!(
            "Invalid limit; max {PAGE_MAX}"
        )));
    }
    let border = |text: Option<String>| text.map(|text| params::signature(&text)).transpose();
    let (before, until) = (border(settings.before)?, border(settings.until)?);
    let context = Context {
        commitment: settings.commitment,
        min_context_slot: settings.min_context_slot,
    }
    .no_less_than_confirmed()?;
    context.read(cluster, |chain| {
        let history = chain.history();
        let number =
            |signature: Signature| history.by_signature(&signature).map(|landed| landed.number);
        let end = history.end_of_page(before.as_ref());
        let start = until.and_then(number);
        let page = history
            .by_address(&address)
            .filter(|landed| landed.slot <= chain.slot() && landed.number < end)
            .take_while(|landed| start.is_none_or(|start| landed.number > start))
            .take(limit)
            .map(|landed| entry(chain, landed));
        Ok(json!(page.collect::<Vec<_>>()))
    })
}

fn entry(chain: Snapshot<'_>, landed: &Landed) -> Value {
    json!({
        "signature": landed.transaction.signature().to_string(),
        "slot": landed.slot,
        "err": landed.outcome.status.as_ref().err(),
        "memo": transaction::memo(&landed.transaction),
        "blockTime": landed.unix_timestamp,
        "confirmationStatus": chain.commitment_of(landed.slot),
    })
}
