//! A venue that does what a test says: it has one pool, of whatever pair is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use dex_router::PoolSource;
use dex_router::pools::{FoundPool, PairPools, Unavailable};
use domain::{Address, Mint, Venue};
use testkit::pool::{pair_pools, pool};
use tokio::sync::watch;

/// Where the pool is.
pub(crate) const POOL: Address = Address::literal("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5");
/// Where the second one is.
const OTHER_POOL: Address = Address::literal("58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2");
/// The slot that all answers show, until slots pass.
pub(crate) const SLOT: u64 = 77;

/// What the pool holds of a mint: a million of SOL, and of others what they cost.
const SOL_HELD: u64 = 1_000_000_000_000_000;
const OTHER_HELD: u64 = 150_000_000_000_000;
/// A shallow pool holds so much less.
const SHALLOW: u64 = 10_000;

/// How the venue answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Offers,
    /// It lets every caller wait until its mood changes.
    Hesitates,
    Unavailable,
    /// Beside its pool there is another one, and both are so shallow that a large order gains by using both.
    Two,
    /// Its pool is dry.
    NoLiquidity,
    NoPool,
}

#[derive(Debug)]
pub(crate) struct ScriptedVenue {
    mood: watch::Sender<Mood>,
    waiting: watch::Sender<usize>,
    slot: AtomicU64,
    /// Slots that pass between two answers.
    pace: AtomicU64,
    /// What was sold to the pool of its first token.
    sold: AtomicU64,
}

impl ScriptedVenue {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            mood: watch::Sender::new(Mood::Offers),
            waiting: watch::Sender::new(0),
            slot: AtomicU64::new(SLOT),
            pace: AtomicU64::new(0),
            sold: AtomicU64::new(0),
        })
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// From now on each answer is of another slot.
    pub(crate) fn let_slots_pass(&self) {
        self.pace.store(1, Ordering::SeqCst);
    }

    /// Somebody sells so much of the first token to the pool.
    pub(crate) fn trade(&self, amount: u64) {
        self.sold.fetch_add(amount, Ordering::SeqCst);
    }

    fn slot(&self) -> u64 {
        let pace = self.pace.load(Ordering::SeqCst);
        self.slot.fetch_add(pace, Ordering::SeqCst)
    }

    /// How many wait for an answer now.
    pub(crate) fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }
}

struct Waiting<'a>(&'a watch::Sender<usize>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

#[async_trait]
impl PoolSource for ScriptedVenue {
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        if venue != Venue::Raydium {
            return Ok(pair_pools(SLOT, Vec::new()));
        }
        self.waiting.send_modify(|waiting| *waiting += 1);
        let _waiting = Waiting(&self.waiting);
        let mut mood = self.mood.subscribe();
        let decided = mood.wait_for(|mood| *mood != Mood::Hesitates).await;
        match decided.map(|mood| *mood) {
            Ok(Mood::Offers) => {
                let sold = self.sold.load(Ordering::SeqCst);
                Ok(pair_pools(self.slot(), vec![pool_of(pair, sold)]))
            }
            Ok(Mood::Two) => {
                let shallow =
                    |address| pool(address, [pair.0, pair.1].map(|it| (it, held(it) / SHALLOW)));
                Ok(pair_pools(
                    self.slot(),
                    vec![shallow(POOL), shallow(OTHER_POOL)],
                ))
            }
            Ok(Mood::NoLiquidity) => {
                let (one, other) = pair;
                let dry = pool(POOL, [(one, 0), (other, 0)]);
                Ok(pair_pools(SLOT, vec![dry]))
            }
            Ok(Mood::NoPool) => Ok(pair_pools(SLOT, Vec::new())),
            _ => Err(Unavailable("closed for the day".to_owned())),
        }
    }

    fn doubt(&self, _: (Mint, Mint)) {}
}

fn pool_of((one, other): (Mint, Mint), sold: u64) -> FoundPool {
    pool(POOL, [(one, held(one) + sold), (other, held(other))])
}

fn held(mint: Mint) -> u64 {
    if mint == Mint::SOL {
        SOL_HELD
    } else {
        OTHER_HELD
    }
}
