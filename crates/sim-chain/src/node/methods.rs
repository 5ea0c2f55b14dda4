//! Which method answers which call.

pub(super) mod accounts;
pub(crate) mod blocks;
pub(crate) mod fees;
pub(crate) mod history;
mod identity;
pub(crate) mod sending;
mod slots;
mod tokens;

use serde_json::Value;

use super::Failed;
use super::params::Params;
use crate::json_rpc::error::Error;
use crate::service::Service;

type Answer = Result<Value, Error>;

/// Answers a call that has begun.
pub(super) fn call(service: &Service, method: &str, params: &Params) -> Result<Value, Failed> {
    match method {
        "sendTransaction" => sending::send(service, params),
        _ => Ok(read(service, method, params)?),
    }
}

#[rustfmt::skip]
fn read(service: &Service, method: &str, params: &Params) -> Answer {
    let cluster = service.cluster().as_ref();
    match method {
        "getHealth" => identity::health(),
        "getVersion" => identity::version(),
        "getIdentity" => identity::identity(),
        "getGenesisHash" => identity::genesis_hash(),

        "getSlot" => slots::slot(cluster, params),
        "getBlockHeight" => slots::block_height(service, params),
        "getEpochInfo" => slots::epoch_info(service, params),
        "getEpochSchedule" => slots::epoch_schedule(),
        "getSlotLeader" => slots::slot_leader(cluster, params),
        "getTransactionCount" => slots::transaction_count(cluster, params),
        "getRecentPerformanceSamples" => slots::performance_samples(cluster, params),

        "getBlock" => blocks::block(cluster, params),
        "getBlocks" => blocks::blocks(cluster, params),
        "getBlocksWithLimit" => blocks::blocks_with_limit(cluster, params),
        "getBlockTime" => blocks::block_time(cluster, params),
        "getFirstAvailableBlock" | "minimumLedgerSlot" => blocks::first_available(cluster),

        "getAccountInfo" => accounts::account_info(cluster, params),
        "getMultipleAccounts" => accounts::multiple_accounts(cluster, params),
        "getProgramAccounts" => accounts::program_accounts(cluster, params),
        "getBalance" => accounts::balance(cluster, params),
        "getMinimumBalanceForRentExemption" => accounts::minimum_balance(cluster, params),

        "getTokenAccountBalance" => tokens::account_balance(cluster, params),
        "getTokenAccountsByOwner" => tokens::accounts_by_owner(cluster, params),
        "getTokenSupply" => tokens::supply(cluster, params),
        "getTokenLargestAccounts" => tokens::largest_accounts(cluster, params),

        "getLatestBlockhash" => fees::latest_blockhash(cluster, params),
        "isBlockhashValid" => fees::is_blockhash_valid(cluster, params),
        "getRecentPrioritizationFees" => fees::recent_prioritization_fees(cluster, params),
        "getFeeForMessage" => fees::fee_for_message(cluster, params),

        "simulateTransaction" => sending::simulate(cluster, params),
        "requestAirdrop" => sending::airdrop(cluster, params),

        "getSignatureStatuses" => history::signature_statuses(cluster, params),
        "getTransaction" => history::transaction(service, params),
        "getSignaturesForAddress" => history::signatures_for_address(cluster, params),

        _ => Err(Error::method_not_found()),
    }
}
