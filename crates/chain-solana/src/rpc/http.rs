//! A cluster over HTTP, as any Solana node and any provider serves it: one JSON-RPC request for each call.
//!
//! Requests are never repeated here and never put into JSON-RPC batches, which providers count entry by entry.

mod call;
mod endpoint;
mod failure;
mod wire;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use amm::Address;
use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::transaction::Height;
use serde_json::{Value, json};
use solana_hash::Hash;
use solana_signature::{SIGNATURE_BYTES, Signature};

use super::{
    ACCOUNTS_MAX, Account, At, BLOCKS_MAX, Blockhash, Commitment, ENTRIES_MAX, Entry, EntryPage,
    EpochInfo, Error, FEE_KEYS_MAX, FILTER_BYTES_MAX, FILTERS_MAX, Filter, History, Lamports,
    MicroLamports, Rpc, SIGNATURES_MAX, Simulated, SimulationRequest, Slot, Status, Transaction,
    View, limit,
};
use wire::WithContext;

pub(in crate::rpc) use endpoint::print;
pub use endpoint::{Endpoint, InvalidEndpoint};

/// Connections kept open while nothing happens: of a burst enough that the next one opens few.
const IDLE_CONNECTIONS_MAX: usize = 128;
/// No version's name is longer.
const VERSION_CHARS_MAX: usize = 40;
/// The newest transaction version that we can read.
const TRANSACTION_VERSION_MAX: u8 = 1;

/// How patient a client is, and how much it reads.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For a whole call.
    pub call: Duration,
    /// For the body of one answer. A search for pools may give some megabytes.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            call: Duration::from_secs(10),
            body_bytes: 32 << 20,
        }
    }
}

/// A client of one endpoint.
#[derive(Debug)]
pub struct HttpRpc {
    http: reqwest::Client,
    endpoint: Endpoint,
    limits: Limits,
    next_id: AtomicU64,
}

impl HttpRpc {
    /// A client. Nothing is sent yet: an endpoint that cannot be reached is an error of each call.
    pub fn new(endpoint: Endpoint, limits: Limits) -> Result<Self, reqwest::Error> {
        // It fails where another part of the process has installed the same provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(limits.connect)
            .timeout(limits.call)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .tcp_nodelay(true)
            .build()?;
        Ok(Self {
            http,
            endpoint,
            limits,
            next_id: AtomicU64::new(1),
        })
    }

    /// Which software the node runs, for people.
    pub async fn version(&self) -> Result<String, Error> {
        #[derive(serde::Deserialize)]
        struct Version {
            #[serde(rename = "solana-core")]
            core: String,
        }
        let version: Version = self.call("getVersion", json!([])).await?;
        Ok(version.core.chars().take(VERSION_CHARS_MAX).collect())
    }

    /// What the node answers where it is asked for a height and nothing else. Some answer the slot, so nothing is
    /// decided by it.
    pub async fn block_height(&self, view: View) -> Result<Height, Error> {
        let height: u64 = self.call("getBlockHeight", json!([config(view)])).await?;
        Ok(Height::new(height))
    }
}

#[async_trait]
impl Rpc for HttpRpc {
    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error> {
        let info: wire::EpochInfo = self.call("getEpochInfo", json!([config(view)])).await?;
        Ok(EpochInfo {
            slot: info.absolute_slot,
            height: Height::new(info.block_height),
            epoch: info.epoch,
        })
    }

    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        let params = json!([config(view)]);
        let answer: WithContext<wire::Blockhash> = self.call("getLatestBlockhash", params).await?;
        Ok(answer.map(|found| Blockhash {
            hash: found.blockhash.0,
            last_valid_height: Height::new(found.last_valid_block_height),
        }))
    }

    async fn accounts(
        &self,
        addresses: &[Address],
        view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error> {
        const METHOD: &str = "getMultipleAccounts";
        limit("accounts", addresses.len(), ACCOUNTS_MAX)?;
        let mut config = config(view);
        config["encoding"] = json!("base64");
        let params = json!([texts(addresses), config]);
        let answer: WithContext<Vec<Option<wire::Account>>> = self.call(METHOD, params).await?;
        one_for_each(METHOD, addresses.len(), &answer.value)?;
        Ok(answer.map(|found| found.into_iter().map(|one| one.map(Into::into)).collect()))
    }

    async fn program_accounts(
        &self,
        program: Address,
        filters: &[Filter],
        view: View,
    ) -> Result<At<Vec<(Address, Account)>>, Error> {
        limit("filters", filters.len(), FILTERS_MAX)?;
        let filters = filters.iter().map(filter).collect::<Result<Vec<_>, _>>()?;
        let mut config = config(view);
        config["encoding"] = json!("base64");
        config["withContext"] = json!(true);
        config["filters"] = json!(filters);
        let params = json!([program.to_string(), config]);
        let answer: WithContext<Vec<wire::KeyedAccount>> =
            self.call("getProgramAccounts", params).await?;
        let keyed = |one: wire::KeyedAccount| (one.pubkey.0, one.account.into());
        Ok(answer.map(|found| found.into_iter().map(keyed).collect()))
    }

    async fn minimum_balance(&self, bytes: usize) -> Result<Lamports, Error> {
        let params = json!([bytes]);
        self.call("getMinimumBalanceForRentExemption", params).await
    }

    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        const METHOD: &str = "simulateTransaction";
        limit("accounts", request.accounts.len(), ACCOUNTS_MAX)?;
        let mut config = config(request.view);
        config["encoding"] = json!("base64");
        config["sigVerify"] = json!(false);
        config["replaceRecentBlockhash"] = json!(false);
        if !request.accounts.is_empty() {
            let addresses = texts(request.accounts);
            config["accounts"] = json!({ "encoding": "base64", "addresses": addresses });
        }
        let params = json!([BASE64_STANDARD.encode(request.transaction), config]);
        let answer: WithContext<wire::Simulated> = self.call(METHOD, params).await?;
        let asked = request.accounts.len();
        // A transaction that cannot be loaded shows no accounts.
        if answer.value.err.is_null() {
            let shown = answer.value.accounts.as_deref().unwrap_or_default();
            one_for_each(METHOD, asked, shown)?;
        }
        Ok(answer.map(|simulated| simulated.into_simulated(asked)))
    }

    async fn send(&self, transaction: &[u8]) -> Result<Signature, Error> {
        let config = json!({ "encoding": "base64", "skipPreflight": true, "maxRetries": 0 });
        let params = json!([BASE64_STANDARD.encode(transaction), config]);
        let answer: wire::Text<Signature> = self.call("sendTransaction", params).await?;
        Ok(answer.0)
    }

    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        const METHOD: &str = "getSignatureStatuses";
        limit("signatures", signatures.len(), SIGNATURES_MAX)?;
        let config = json!({ "searchTransactionHistory": history == History::Whole });
        let params = json!([texts(signatures), config]);
        let answer: WithContext<Vec<Option<wire::Status>>> = self.call(METHOD, params).await?;
        one_for_each(METHOD, signatures.len(), &answer.value)?;
        Ok(answer.map(|found| found.into_iter().map(|one| one.map(Into::into)).collect()))
    }

    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        const METHOD: &str = "getTransaction";
        let mut config = config(View::newest(commitment.max(Commitment::Confirmed)));
        config["encoding"] = json!("base64");
        config["maxSupportedTransactionVersion"] = json!(TRANSACTION_VERSION_MAX);
        let params = json!([signature.to_string(), config]);
        let found: Option<wire::Transaction> = self.call(METHOD, params).await?;
        // Nodes that kept a transaction without its metadata know nothing of what it did.
        let found = found.and_then(wire::Transaction::with_meta);
        // It is among the transaction's own bytes, wherever its version has it.
        let is_signed = |it: &Transaction| {
            let mut parts = it.bytes.windows(SIGNATURE_BYTES);
            parts.any(|part| part == signature.as_ref())
        };
        match found {
            Some(found) if !is_signed(&found) => Err(Error::Malformed {
                method: METHOD,
                reason: "it tells of another transaction".to_owned(),
            }),
            found => Ok(found),
        }
    }

    async fn signatures_for_address(
        &self,
        address: Address,
        page: EntryPage,
        view: View,
    ) -> Result<Vec<Entry>, Error> {
        limit("entries", page.limit, ENTRIES_MAX)?;
        let mut config = config(view);
        config["limit"] = json!(page.limit);
        if let Some(before) = page.before {
            config["before"] = json!(before.to_string());
        }
        let params = json!([address.to_string(), config]);
        let found: Vec<wire::Entry> = self.call("getSignaturesForAddress", params).await?;
        Ok(found.into_iter().map(Into::into).collect())
    }

    async fn prioritization_fees(
        &self,
        written: &[Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error> {
        limit("keys", written.len(), FEE_KEYS_MAX)?;
        let params = json!([texts(written)]);
        let found: Vec<wire::Fee> = self.call("getRecentPrioritizationFees", params).await?;
        let pair = |fee: wire::Fee| (fee.slot, fee.prioritization_fee);
        Ok(found.into_iter().map(pair).collect())
    }

    async fn genesis_hash(&self) -> Result<Hash, Error> {
        let hash: wire::Text<Hash> = self.call("getGenesisHash", json!([])).await?;
        Ok(hash.0)
    }

    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        self::limit("blocks", limit, BLOCKS_MAX)?;
        let params = json!([start.get(), limit, config(View::newest(commitment))]);
        self.call("getBlocksWithLimit", params).await
    }
}

fn config(view: View) -> Value {
    let commitment = view.commitment.name();
    match view.min_slot {
        None => json!({ "commitment": commitment }),
        Some(slot) => json!({ "commitment": commitment, "minContextSlot": slot.get() }),
    }
}

fn filter(filter: &Filter) -> Result<Value, Error> {
    Ok(match filter {
        Filter::Size(size) => json!({ "dataSize": size }),
        Filter::Bytes { offset, bytes } => {
            limit("bytes of a filter", bytes.len(), FILTER_BYTES_MAX)?;
            let bytes = BASE64_STANDARD.encode(bytes);
            json!({ "memcmp": { "offset": offset, "bytes": bytes, "encoding": "base64" } })
        }
    })
}

fn texts<T: ToString>(of: &[T]) -> Vec<String> {
    of.iter().map(ToString::to_string).collect()
}

fn one_for_each<T>(method: &'static str, asked: usize, answered: &[T]) -> Result<(), Error> {
    match answered.len() == asked {
        true => Ok(()),
        false => Err(Error::Malformed {
            method,
            reason: format!("{} answers to {asked} questions", answered.len()),
        }),
    }
}

#[cfg(test)]
mod tests;
