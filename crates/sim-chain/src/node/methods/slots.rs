//! How far the chain is.

use serde_json::json;

use super::Answer;
use crate::cluster::{Cluster, Commitment, SLOTS_IN_EPOCH};
use crate::json_rpc::error::Error;
use crate::node::IDENTITY;
use crate::node::context::Context;
use crate::node::params::Params;
use crate::service::Service;

/// The longest list of samples, each of them a minute.
const SAMPLES_MAX: usize = 720;
const SAMPLE_SECONDS: u64 = 60;

pub(super) fn slot(cluster: &Cluster, params: &Params) -> Answer {
    let context: Context = params.settings(0)?;
    context.read(cluster, |chain| Ok(json!(chain.slot())))
}

pub(super) fn block_height(service: &Service, params: &Params) -> Answer {
    let context: Context = params.settings(0)?;
    context.read(service.cluster(), |chain| {
        Ok(json!(service.told_height(chain)))
    })
}

pub(super) fn epoch_info(service: &Service, params: &Params) -> Answer {
    let context: Context = params.settings(0)?;
    context.read(service.cluster(), |chain| {
        Ok(json!({
            "absoluteSlot": chain.slot(),
            "blockHeight": service.told_height(chain),
            "epoch": chain.clock().epoch,
            "slotIndex": chain.slot() % SLOTS_IN_EPOCH,
            "slotsInEpoch": SLOTS_IN_EPOCH,
            "transactionCount": chain.transactions(),
        }))
    })
}

pub(super) fn epoch_schedule() -> Answer {
    Ok(json!({
        "firstNormalEpoch": 0,
        "firstNormalSlot": 0,
        "leaderScheduleSlotOffset": SLOTS_IN_EPOCH,
        "slotsPerEpoch": SLOTS_IN_EPOCH,
        "warmup": false,
    }))
}

pub(super) fn slot_leader(cluster: &Cluster, params: &Params) -> Answer {
    let context: Context = params.settings(0)?;
    context.read(cluster, |_| Ok(json!(IDENTITY.to_string())))
}

pub(super) fn transaction_count(cluster: &Cluster, params: &Params) -> Answer {
    let context: Context = params.settings(0)?;
    context.read(cluster, |chain| Ok(json!(chain.transactions())))
}

/// The minutes since the chain began, newest first. What landed before the kept transactions counts for nothing.
pub(super) fn performance_samples(cluster: &Cluster, params: &Params) -> Answer {
    let limit = params.optional(0)?.unwrap_or(SAMPLES_MAX);
    if limit > SAMPLES_MAX {
        return Err(Error::invalid_params(format!(
            "Invalid limit; max {SAMPLES_MAX}"
        )));
    }
    Ok(cluster.read(Commitment::Finalized, |chain| {
        let slots = chain.slots_in(SAMPLE_SECONDS);
        let mut end = chain.slot();
        let mut samples = Vec::new();
        while samples.len() < limit && end >= chain.first_slot() + slots {
            let transactions = chain.history().between(end - slots, end);
            samples.push(json!({
                "slot": end,
                "numSlots": slots,
                "numTransactions": transactions,
                "numNonVoteTransactions": transactions,
                "samplePeriodSecs": SAMPLE_SECONDS,
            }));
            end -= slots;
        }
        json!(samples)
    }))
}
