//! What stands between clients and the cluster, the same for those of this process and those of the network: delays,
//! things that go wrong on purpose, and transactions that wait until they are executed.
//!
//! Begin with `Service::begin`, which every call passes, and `Service::submit`, which takes transactions.

mod mempool;
mod planned;
mod signed;
mod weather;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chain_solana::keys::{Signer, Wallet};
use ports::simulation::Faults;
use ports::{Clock, Shutdown};
use solana_address::Address;

use crate::bank::address::is_venue;
use crate::bank::{Transaction, Verified};
use crate::cluster::{Cluster, Commitment, Landed, Snapshot};

pub use planned::Planned;

use mempool::Mempool;
use signed::{Noting, Signed};
use weather::{Stream, Weather};

/// How long a client is left alone that is told to come back later.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How far behind a node says it is that refuses because of that.
const SLOTS_BEHIND: u64 = 50;

/// How a service behaves.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Multiplies every delay; 0 means that there is none, and that no task is spawned.
    pub latency_scale: f64,
    /// The chance that a read of pools, a transaction, its reply, or a question for statuses is lost.
    pub failure_rate: f64,
    /// Determines delays and failures.
    pub seed: u64,
    /// Ends with the process; so do the transactions that wait.
    pub shutdown: Shutdown,
}

/// What a client meets in place of an answer. All of it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The node is not there, or not for the moment.
    Unavailable,
    /// The client has asked too much: it may come back after [`RETRY_AFTER`].
    TooManyRequests,
    /// The node is so many slots behind the cluster.
    Behind(u64),
    /// Nothing is answered, ever.
    NoAnswer,
}

/// What a call is about, as far as delays and failures tell calls apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A read of pools.
    Pools,
    /// A transaction is sent.
    Send,
    /// What became of transactions, or how far the chain is.
    Status,
    Other,
}

/// A cluster as its clients reach it.
#[derive(Debug)]
pub struct Service {
    cluster: Arc<Cluster>,
    clock: Arc<dyn Clock>,
    weather: Weather,
    faults: Mutex<Faults>,
    planned: Planned,
    mempool: Mempool,
    signed: Arc<Signed>,
}

impl Service {
    /// Serves a cluster.
    #[must_use]
    pub fn new(
        cluster: Arc<Cluster>,
        settings: ServiceSettings,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let ServiceSettings {
            latency_scale,
            failure_rate,
            seed,
            shutdown,
        } = settings;
        let weather = Weather::new(seed, latency_scale, failure_rate, cluster.slot_time());
        Arc::new(Self {
            mempool: Mempool::new(cluster.clone(), clock.clone(), shutdown),
            cluster,
            clock,
            weather,
            faults: Mutex::default(),
            planned: Planned::default(),
            signed: Arc::default(),
        })
    }

    /// The cluster that is served.
    #[must_use]
    pub const fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    pub(crate) const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Lets these go wrong from now on, and nothing else.
    pub fn set_faults(&self, faults: &Faults) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = *faults;
        self.cluster.set_lag(faults.read_lag_slots);
        self.cluster.set_vanishing(faults.block_vanishes);
        self.cluster.set_forking(faults.confirmed_block_vanishes);
    }

    /// What shall happen to the next transactions, for tests in the same process.
    #[must_use]
    pub const fn planned(&self) -> &Planned {
        &self.planned
    }

    /// How many transactions wait until they are executed.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.mempool.len()
    }

    /// The same wallet, whose signatures this service need not check again when they come back to it in this process.
    #[must_use]
    pub fn signer(&self, wallet: Wallet) -> Arc<dyn Signer> {
        Arc::new(Noting::new(wallet, self.signed.clone()))
    }

    /// Lets a call begin, late or not at all.
    pub(crate) async fn begin(&self, kind: Kind) -> Result<(), Trouble> {
        self.meet(kind)?;
        if kind == Kind::Pools
            && let Some(delay) = self.weather.pool_delay()
        {
            self.clock.sleep(delay).await;
        }
        Ok(())
    }

    /// Draws what the call meets. Each kind of trouble has a stream of its own, so that one seed repeats one kind
    /// whatever is drawn of the others.
    fn meet(&self, kind: Kind) -> Result<(), Trouble> {
        let faults = self.faults();
        let weather = &self.weather;
        let fails = |stream| weather.fails(stream);
        if faults.outage || weather.chance(Stream::Unavailable, faults.unavailable) {
            return Err(Trouble::Unavailable);
        }
        if weather.chance(Stream::TooManyRequests, faults.too_many_requests) {
            return Err(Trouble::TooManyRequests);
        }
        if weather.chance(Stream::Behind, faults.node_behind) {
            return Err(Trouble::Behind(SLOTS_BEHIND));
        }
        if weather.chance(Stream::TimeOut, faults.time_out) {
            return Err(Trouble::NoAnswer);
        }
        let fails = match kind {
            Kind::Pools => fails(Stream::PoolReads),
            Kind::Send => fails(Stream::Sends),
            Kind::Status => fails(Stream::Statuses),
            Kind::Other => false,
        };
        if fails {
            return Err(Trouble::Unavailable);
        }
        Ok(())
    }

    /// What a read of these accounts is: of pools, where a venue owns one of them.
    pub(crate) fn kind_of_read(&self, keys: &[Address]) -> Kind {
        if !self.weather.minds_pools() {
            return Kind::Other;
        }
        let any = self.cluster.read(Commitment::Processed, |chain| {
            let accounts = chain.accounts();
            let mut found = keys.iter().filter_map(|key| accounts.get(key));
            found.any(|account| is_venue(&account.owner))
        });
        if any { Kind::Pools } else { Kind::Other }
    }

    /// Lets the market act on pools that a client is about to read. Where nobody had looked at one for long, its price
    /// jumps in the open block, and clients read closed ones: the call waits for the next.
    pub(crate) async fn look_at(&self, keys: &[Address]) {
        let shown_from = self.cluster.touch(keys);
        let confirmed = Commitment::Confirmed;
        let height = self.cluster.read(confirmed, |chain| chain.height());
        if height < shown_from {
            self.cluster.next_block().await;
        }
    }

    /// What a search among a program's accounts is.
    pub(crate) fn kind_of_search(program: &Address) -> Kind {
        if is_venue(program) {
            Kind::Pools
        } else {
            Kind::Other
        }
    }

    /// Checks a transaction's signatures: those that this process made itself are known by the message that was
    /// signed.
    pub(crate) fn verify_own(&self, transaction: Transaction) -> Option<Verified> {
        let signed = &self.signed;
        let verified = transaction
            .verify_unless(|key, signature, message| signed.has(key, signature, message));
        verified.ok()
    }

    /// Takes a transaction: it is executed now or later, or forgotten where that was ordered. An error means that the
    /// client hears nothing of it; it may have been taken.
    pub(crate) fn submit(&self, transaction: Verified) -> Result<(), Trouble> {
        let faults = self.faults();
        let planned = self.planned.take();
        let dropped = self.weather.chance(Stream::Dropped, faults.send_dropped);
        if !(planned.is_dropped || dropped) {
            let start = mempool::Start {
                delay: self.weather.execution_delay(&faults),
                height: planned
                    .held_until
                    .or_else(|| self.height_before_expiry(&transaction, &faults)),
            };
            self.mempool.add(transaction, start)?;
        }
        let lost = self.weather.fails(Stream::Replies)
            | self.weather.chance(Stream::LostReplies, faults.reply_lost);
        if planned.reply_is_lost || lost {
            return Err(Trouble::Unavailable);
        }
        Ok(())
    }

    /// One of the last heights at which the transaction can land, where it shall land there.
    fn height_before_expiry(&self, transaction: &Verified, faults: &Faults) -> Option<u64> {
        let before = self.weather.blocks_before_expiry(faults)?;
        let hash = transaction.get().blockhash();
        let last = self
            .cluster
            .read(Commitment::Processed, |chain| chain.last_valid_height(hash))?;
        Some(last.saturating_sub(before))
    }

    /// The height as the node tells it.
    pub(crate) fn told_height(&self, chain: Snapshot<'_>) -> u64 {
        if self.faults().height_is_slot {
            chain.slot()
        } else {
            chain.height()
        }
    }

    /// Whether what a transaction did is not told yet.
    pub(crate) fn hides(&self, landed: &Landed) -> bool {
        let hidden_ms = self.faults().transaction_null_ms;
        hidden_ms > 0
            && self.cluster.read(Commitment::Processed, |chain| {
                chain.age_ms(landed.slot) < hidden_ms
            })
    }

    /// Whether a socket that has news closes in place of telling them.
    pub(crate) fn socket_drops(&self) -> bool {
        self.weather
            .chance(Stream::Sockets, self.faults().socket_drops)
    }

    /// Whether nobody is answered.
    pub(crate) fn is_out(&self) -> bool {
        self.faults().outage
    }

    fn faults(&self) -> Faults {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
