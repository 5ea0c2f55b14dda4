//! The cluster as the engine asks it in the same process: the answers of the node without JSON, base64 and sockets.

mod telling;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chain_solana::rpc::error::Lag;
use chain_solana::rpc::{
    ACCOUNTS_MAX, Account, At, BLOCKS_MAX, Blockhash, Commitment, ENTRIES_MAX, Entry, EntryPage,
    EpochInfo, Error, FEE_KEYS_MAX, FILTER_BYTES_MAX, FILTERS_MAX, Filter, History, Lamports,
    MicroLamports, SIGNATURES_MAX, Simulated, SimulationRequest, Slot, Status, Transaction, View,
    limit,
};
use domain::transaction::Height;
use solana_address::Address;
use solana_hash::Hash;
use solana_signature::Signature;

use crate::bank::address::{from_amm, to_amm};
use crate::bank::{self, Malformed};
use crate::cluster::{self, GENESIS_HASH, Snapshot};
use crate::node::methods::{blocks, fees, history, sending};
use crate::service::{Kind, RETRY_AFTER, Service, Trouble};

/// How long a call waits for an answer that never comes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The cluster in this process.
#[derive(Debug)]
pub struct SimRpc {
    service: Arc<Service>,
}

impl SimRpc {
    /// Asks the cluster of this service.
    #[must_use]
    pub const fn new(service: Arc<Service>) -> Self {
        Self { service }
    }

    async fn begin(&self, kind: Kind) -> Result<(), Error> {
        match self.service.begin(kind).await {
            Ok(()) => Ok(()),
            Err(trouble) => Err(self.told(trouble).await),
        }
    }

    async fn told(&self, trouble: Trouble) -> Error {
        match trouble {
            Trouble::Unavailable => Error::unavailable("the simulated cluster is out of reach"),
            Trouble::TooManyRequests => Error::TooManyRequests {
                retry_after: Some(RETRY_AFTER),
            },
            Trouble::Behind(slots) => Error::Behind(Lag::Slots(slots)),
            Trouble::NoAnswer => {
                self.service.clock().sleep(PATIENCE).await;
                Error::unavailable("the simulated cluster did not answer in time")
            }
        }
    }

    /// Looks at the chain, if it is as far as the view asks.
    fn read<T>(&self, view: View, look: impl FnOnce(Snapshot<'_>) -> T) -> Result<T, Error> {
        let commitment = commitment(view.commitment);
        self.service.cluster().read(commitment, |chain| {
            let stands_at = Slot::new(chain.slot());
            match view.min_slot {
                Some(slot) if stands_at < slot => Err(Error::Behind(Lag::StandsAt(stands_at))),
                _ => Ok(look(chain)),
            }
        })
    }

    /// The same with the slot that it is true for.
    fn read_at<T>(&self, view: View, look: impl FnOnce(Snapshot<'_>) -> T) -> Result<At<T>, Error> {
        self.read(view, |chain| At {
            slot: Slot::new(chain.slot()),
            value: look(chain),
        })
    }
}

#[async_trait]
impl chain_solana::Rpc for SimRpc {
    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error> {
        self.begin(Kind::Status).await?;
        self.read(view, |chain| EpochInfo {
            slot: Slot::new(chain.slot()),
            height: Height::new(self.service.told_height(chain)),
            epoch: chain.clock().epoch,
        })
    }

    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        self.begin(Kind::Other).await?;
        self.read_at(view, |chain| {
            let (hash, last_valid) = chain.latest_blockhash();
            Blockhash {
                hash,
                last_valid_height: Height::new(last_valid),
            }
        })
    }

    async fn accounts(
        &self,
        addresses: &[amm::Address],
        view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error> {
        limit("accounts", addresses.len(), ACCOUNTS_MAX)?;
        let keys: Vec<Address> = addresses.iter().copied().map(from_amm).collect();
        let kind = self.service.kind_of_read(&keys);
        self.begin(kind).await?;
        self.service.look_at(&keys).await;
        let found = self.read_at(view, |chain| {
            let accounts = chain.accounts();
            let found = keys.iter().map(|key| accounts.get(key).cloned());
            found.collect::<Vec<_>>()
        })?;
        // The bytes are copied when the chain is free again.
        let told = |account: Option<bank::Account>| account.as_ref().map(telling::account);
        Ok(map(found, |found| found.into_iter().map(told).collect()))
    }

    async fn program_accounts(
        &self,
        program: amm::Address,
        filters: &[Filter],
        view: View,
    ) -> Result<At<Vec<(amm::Address, Account)>>, Error> {
        limit("filters", filters.len(), FILTERS_MAX)?;
        for filter in filters {
            if let Filter::Bytes { bytes, .. } = filter {
                limit("bytes of a filter", bytes.len(), FILTER_BYTES_MAX)?;
            }
        }
        let program = from_amm(program);
        self.begin(Service::kind_of_search(&program)).await?;
        let mut found = self.read_at(view, |chain| {
            let admits = |account: &bank::Account| {
                account.owner == program
                    && filters.iter().all(|filter| filter.admits(&account.data))
            };
            let all = chain.accounts().iter();
            let found = all.filter(|(_, account)| admits(account));
            found
                .map(|(key, account)| (*key, account.clone()))
                .collect::<Vec<_>>()
        })?;
        found.value.sort_unstable_by_key(|(key, _)| *key);
        let told =
            |(key, account): (Address, bank::Account)| (to_amm(&key), telling::account(&account));
        Ok(map(found, |found| found.into_iter().map(told).collect()))
    }

    async fn minimum_balance(&self, bytes: usize) -> Result<Lamports, Error> {
        self.begin(Kind::Other).await?;
        let rent = self.read(View::FINALIZED, |chain| chain.rent())?;
        Ok(Lamports::new(rent.minimum_balance(bytes)))
    }

    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        limit("accounts", request.accounts.len(), ACCOUNTS_MAX)?;
        let transaction = decode(request.transaction)?;
        limit(
            "accounts",
            request.accounts.len(),
            sending::named(&transaction),
        )?;
        self.begin(Kind::Other).await?;
        self.service.cluster().touch_all_of(&transaction);
        let keys: Vec<Address> = request.accounts.iter().copied().map(from_amm).collect();
        self.read_at(request.view, |chain| {
            let executed = sending::try_out(chain, &transaction);
            let shown = keys.iter().map(|key| {
                let account = sending::after(chain, executed.as_ref().ok(), key);
                account.map(telling::account)
            });
            let shown = shown.collect();
            telling::simulated(executed, shown)
        })
    }

    async fn send(&self, transaction: &[u8]) -> Result<Signature, Error> {
        let transaction = decode(transaction)?;
        self.begin(Kind::Send).await?;
        let signature = *transaction.signature();
        // A node that makes no preflight takes what nobody signed, and no block ever does.
        let Some(verified) = self.service.verify_own(transaction) else {
            return Ok(signature);
        };
        match self.service.submit(verified) {
            Ok(()) => Ok(signature),
            Err(trouble) => Err(self.told(trouble).await),
        }
    }

    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        limit("signatures", signatures.len(), SIGNATURES_MAX)?;
        self.begin(Kind::Status).await?;
        let searches = history == History::Whole;
        self.read_at(View::newest(Commitment::Processed), |chain| {
            let status = |signature| {
                let (landed, _) = history::known(chain, signature, searches)?;
                Some(telling::status(chain, landed))
            };
            signatures.iter().map(status).collect()
        })
    }

    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        self.begin(Kind::Other).await?;
        let view = View::newest(commitment.max(Commitment::Confirmed));
        let landed = self.read(view, |chain| chain.landed(signature).cloned())?;
        let landed = landed.filter(|landed| !self.service.hides(landed));
        Ok(landed.map(|landed| telling::transaction(&landed)))
    }

    async fn signatures_for_address(
        &self,
        address: amm::Address,
        page: EntryPage,
        view: View,
    ) -> Result<Vec<Entry>, Error> {
        limit("entries", page.limit, ENTRIES_MAX)?;
        if page.limit == 0 {
            return Err(Error::Refused("no entries were asked for".to_owned()));
        }
        not_processed(view.commitment)?;
        self.begin(Kind::Other).await?;
        let address = from_amm(address);
        self.read(view, |chain| {
            let history = chain.history();
            let end = history.end_of_page(page.before.as_ref());
            let all = history.by_address(&address);
            let seen = all.filter(|landed| landed.slot <= chain.slot() && landed.number < end);
            seen.take(page.limit)
                .map(|landed| telling::entry(landed))
                .collect()
        })
    }

    async fn prioritization_fees(
        &self,
        written: &[amm::Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error> {
        limit("keys", written.len(), FEE_KEYS_MAX)?;
        self.begin(Kind::Other).await?;
        let keys: Vec<Address> = written.iter().copied().map(from_amm).collect();
        let prices = self.read(View::CONFIRMED, |chain| fees::recent_prices(chain, &keys))?;
        let told = |(slot, price)| (Slot::new(slot), MicroLamports::new(price));
        Ok(prices.into_iter().map(told).collect())
    }

    async fn genesis_hash(&self) -> Result<Hash, Error> {
        self.begin(Kind::Other).await?;
        Ok(GENESIS_HASH)
    }

    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        self::limit("blocks", limit, BLOCKS_MAX)?;
        not_processed(commitment)?;
        self.begin(Kind::Other).await?;
        self.read(View::newest(commitment), |chain| {
            let found = blocks::first_blocks(chain, start.get(), limit);
            found.map(Slot::new).collect()
        })
    }
}

const fn commitment(of: Commitment) -> cluster::Commitment {
    match of {
        Commitment::Processed => cluster::Commitment::Processed,
        Commitment::Confirmed => cluster::Commitment::Confirmed,
        Commitment::Finalized => cluster::Commitment::Finalized,
    }
}

fn map<T, U>(at: At<T>, with: impl FnOnce(T) -> U) -> At<U> {
    At {
        slot: at.slot,
        value: with(at.value),
    }
}

fn decode(bytes: &[u8]) -> Result<bank::Transaction, Error> {
    let refuse = |malformed: Malformed| Error::Refused(malformed.to_string());
    bank::Transaction::decode(bytes).map_err(refuse)
}

/// What is kept of transactions is told from `confirmed` on.
fn not_processed(commitment: Commitment) -> Result<(), Error> {
    match commitment {
        Commitment::Processed => Err(Error::Refused(
            "nothing is told of a commitment below confirmed".to_owned(),
        )),
        Commitment::Confirmed | Commitment::Finalized => Ok(()),
    }
}
