//! The simulated cluster: blocks that follow the clock, the transactions in them, and what each commitment sees.
//!
//! Nothing runs while nobody looks. Slots, heights and blockhashes are computed from the clock; whoever asks first
//! brings the state up to the present. A transaction is executed when it arrives, in the block that is open then;
//! a block is confirmed when the next one opens, and finalized some blocks later. There are no forks, unless a fault asks
//! for them: then the newest blocks vanish.
//!
//! Begin with [`Cluster`]; what opening a block does is in `state.rs`.

mod commitment;
mod faucet;
mod history;
mod ledger;
mod snapshot;
mod state;
mod store;
mod timeline;
mod trader;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use ports::{Clock, Random};
use solana_address::Address;
use solana_transaction_error::TransactionError;
use tokio::sync::watch;

use crate::bank::{Account, BLOCKHASH_BLOCKS, Bank, Rent, Transaction, Verified};

pub use crate::bank::GENESIS_HASH;
pub use commitment::Commitment;
pub use faucet::{AIRDROP_LAMPORTS_MAX, faucet};
pub use history::{HISTORY_MAX, History, Landed};
pub use snapshot::Snapshot;
pub use store::OpenError;
pub use trader::{OpenBlock, Trader};

pub(crate) use timeline::{SLOTS_IN_EPOCH, bounded_scale};

use state::{LAG_SLOTS_MAX, State};
use store::{Opened, Store};
use timeline::Timeline;

/// What stands on the chain before its first transaction, beside the programs and the sysvars.
#[derive(Debug, Clone, Default)]
pub struct Genesis {
    pub accounts: Vec<(Address, Account)>,
}

/// How the cluster behaves.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Multiplies the time of a slot, which is 400 ms at 1 and never below 20 ms.
    pub latency_scale: f64,
    /// How many blocks after it is confirmed a block is finalized.
    pub finality_blocks: u64,
    pub rent: Rent,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            latency_scale: 1.0,
            finality_blocks: 4,
            rent: Rent::default(),
        }
    }
}

/// A cluster with one node, which never lags and never lies.
#[derive(Debug)]
pub struct Cluster {
    timeline: Timeline,
    state: Mutex<State>,
    store: Store,
    trader: OnceLock<Arc<dyn Trader>>,
    /// How many slots looks at the chain are behind it.
    lag: AtomicU64,
    /// How many transactions have landed.
    landed: watch::Sender<u64>,
}

/// A cluster whose first block is not open yet.
#[derive(Debug)]
pub(crate) struct Founding {
    timeline: Timeline,
    state: State,
    opened: Opened,
}

impl Founding {
    /// Reads the chain's file, or makes one. A given seed replaces the one that is there.
    pub(crate) fn open(
        settings: Settings,
        path: Option<&Path>,
        seed: Option<u64>,
        clock: Arc<dyn Clock>,
        random: &Random,
    ) -> Result<Self, OpenError> {
        let mut opened = store::open(path, seed, random)?;
        let past = opened.past.take();
        let scale = settings.latency_scale;
        let Some(mut past) = past else {
            let timeline = Timeline::begin(clock, scale, random.bits());
            let mut state = State::new(settings, &timeline);
            state.fund_faucet();
            return Ok(Self {
                timeline,
                state,
                opened,
            });
        };
        let anchors = std::mem::take(&mut past.anchors);
        let timeline = Timeline::go_on(clock, scale, past.salt, anchors, past.mark);
        let mut state = State::new(settings, &timeline);
        let valid_from = timeline.blocks_before(timeline.root(), BLOCKHASH_BLOCKS);
        opened.load_landed(&mut past, valid_from)?;
        state.load(&timeline, past);
        Ok(Self {
            timeline,
            state,
            opened,
        })
    }

    /// Whether there was no chain before.
    pub(crate) const fn is_new(&self) -> bool {
        self.opened.is_new
    }

    /// Gives the chain another seed.
    pub(crate) const fn set_seed(&mut self, seed: u64) {
        self.opened.seed = seed;
    }

    /// The seed of the chain.
    pub(crate) const fn seed(&self) -> u64 {
        self.opened.seed
    }

    /// How many blocks there are.
    pub(crate) fn height(&self) -> u64 {
        self.timeline.height(self.state.processed)
    }

    /// The accounts, to be added to.
    pub(crate) const fn bank_mut(&mut self) -> &mut Bank {
        &mut self.state.bank
    }

    /// Writes down where the chain goes on from, and opens its first block.
    pub(crate) fn finish(mut self) -> Result<Arc<Cluster>, OpenError> {
        self.state.begin();
        let store = self.opened.start(&self.timeline, &self.state.bank)?;
        self.state.open_first(&self.timeline, &store);
        Ok(Arc::new(Cluster {
            landed: watch::Sender::new(self.state.history.landed()),
            timeline: self.timeline,
            state: Mutex::new(self.state),
            store,
            trader: OnceLock::new(),
            lag: AtomicU64::new(0),
        }))
    }
}

impl Cluster {
    /// A chain in memory. Its first slot is counted from the clock, so that a cluster which lost its past does not go
    /// back behind it.
    ///
    /// # Panics
    /// Never: only a chain on disk can be refused.
    #[must_use]
    pub fn new(
        settings: Settings,
        genesis: Genesis,
        clock: Arc<dyn Clock>,
        random: &Random,
    ) -> Arc<Self> {
        let founding = Founding::open(settings, None, None, clock, random);
        let mut founding = founding.expect("invariant: a chain in memory can be made");
        for (key, account) in genesis.accounts {
            founding.bank_mut().set_account(key, account);
        }
        let cluster = founding.finish();
        cluster.expect("invariant: a chain in memory can be begun")
    }

    /// Lets somebody trade whenever others look at pools. Only the first one is taken.
    pub fn set_trader(&self, trader: Arc<dyn Trader>) {
        // A second trader would be a mistake of the caller that changes nothing.
        let _ = self.trader.set(trader);
    }

    /// Acts in the block that is open now.
    pub fn in_block<T>(&self, act: impl FnOnce(&mut OpenBlock<'_>) -> T) -> T {
        let mut state = self.present();
        let before = state.history.landed();
        let result = act(&mut OpenBlock::new(&mut state, &self.timeline));
        let landed = state.history.landed();
        drop(state);
        if landed > before {
            self.landed.send_replace(landed);
        }
        result
    }

    /// Looks at the chain as a commitment sees it.
    pub fn read<T>(&self, commitment: Commitment, look: impl FnOnce(Snapshot<'_>) -> T) -> T {
        let lag = self.lag.load(Ordering::Relaxed);
        let state = self.present();
        look(Snapshot::new(&state, &self.timeline, commitment, lag))
    }

    /// Lets every look at the chain find it as it was so many slots ago.
    pub fn set_lag(&self, slots: u64) {
        self.lag.store(slots.min(LAG_SLOTS_MAX), Ordering::Relaxed);
    }

    /// Lets blocks vanish by this chance before they are confirmed, with all that was in them.
    pub fn set_vanishing(&self, chance: f64) {
        self.present().vanishing = chance;
    }

    /// Lets blocks that are confirmed vanish by this chance, as far as they are not final, whenever one opens.
    pub fn set_forking(&self, chance: f64) {
        self.present().forking = chance;
    }

    /// How long a slot takes.
    #[must_use]
    pub const fn slot_time(&self) -> Duration {
        self.timeline.slot_time
    }

    /// Lets the trader act on pools that somebody is about to look at. The answer is the height from which on they
    /// show its prices.
    pub fn touch(&self, keys: &[Address]) -> u64 {
        let trader = self.trader.get();
        trader.map_or(0, |trader| self.in_block(|block| trader.touch(block, keys)))
    }

    /// The same for all accounts that a transaction names.
    pub fn touch_all_of(&self, transaction: &Transaction) {
        if let Some(trader) = self.trader.get() {
            self.in_block(|block| touch_all_of(transaction, trader.as_ref(), block));
        }
    }

    /// Executes a transaction in the open block. An error means that it is in none.
    pub fn send(&self, transaction: &Verified) -> Result<Arc<Landed>, TransactionError> {
        self.in_block(|block| {
            if let Some(trader) = self.trader.get() {
                touch_all_of(transaction.get(), trader.as_ref(), block);
            }
            block.execute(transaction)
        })
    }

    /// Gives lamports from the faucet.
    pub fn airdrop(&self, to: Address, lamports: u64) -> Result<Arc<Landed>, TransactionError> {
        self.in_block(|block| {
            let number = block.landed();
            block.execute(&faucet::payment(to, lamports, block.blockhash(), number))
        })
    }

    /// Tells whenever transactions have landed.
    #[must_use]
    pub fn landings(&self) -> watch::Receiver<u64> {
        self.landed.subscribe()
    }

    /// Waits until the block after the present one opens, and until what was closed by that is confirmed. Cancel
    /// safety: nothing is lost.
    pub async fn next_block(&self) {
        self.timeline.wait_for_next().await;
        self.settled().await;
    }

    /// Waits until every closed block is confirmed, but not for a disk that is slow or full. Cancel safety: nothing is
    /// lost.
    pub async fn settled(&self) {
        let closed = self.present().closed();
        self.store.wait_until_written(closed).await;
    }

    /// The ledger of its swaps.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    fn present(&self) -> MutexGuard<'_, State> {
        // A panic within a change leaves whole accounts and whole transactions: each is put there at once.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(
            &self.timeline,
            &self.store,
            self.lag.load(Ordering::Relaxed),
        );
        state
    }
}

/// What was still open is written too: only a process that is killed loses it.
impl Drop for Cluster {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.close(&self.timeline, &self.store);
        self.store.end_at(state.processed + 1);
    }
}

fn touch_all_of(transaction: &Transaction, trader: &dyn Trader, block: &mut OpenBlock<'_>) {
    let keys = block.keys(transaction);
    // What names accounts that are not there fails when it is executed.
    trader.touch(block, &keys.unwrap_or_default());
}
