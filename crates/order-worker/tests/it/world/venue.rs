//! A venue that does what a test says: it has one pool, of whatever pair is asked for.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dex_router::PoolSource;
use dex_router::pools::{FoundPool, PairPools, Unavailable};
use domain::{Address, Mint, Venue};
use testkit::pool::{pair_pools, pool};
use tokio::sync::{Notify, watch};

/// Where the pool is.
pub(crate) const POOL: Address = Address::literal("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5");
/// Where the second one is.
const OTHER_POOL: Address = Address::literal("58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2");
/// The slot that all answers show, until slots pass.
pub(crate) const SLOT: u64 = 77;
/// How long it takes to answer where it is slow.
const ANSWERS_AFTER: Duration = Duration::from_millis(400);

/// What the pool holds of a mint: a million of SOL, and of others what they cost.
const SOL_HELD: u64 = 1_000_000_000_000_000;
const OTHER_HELD: u64 = 150_000_000_000_000;
/// A shallow pool holds so much less.
const SHALLOW: u64 = 10_000;

/// How the venue answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Offers,
    /// It takes a slot's time to answer.
    Slow,
    /// It lets every caller wait until its mood changes.
    Hesitates,
    Unavailable,
    /// Beside its pool there is another one, and both are so shallow that a large order gains by using both.
    Two,
    /// It offers, and the other venue does not answer.
    Alone,
    /// Its pool is dry.
    NoLiquidity,
    NoPool,
}

#[derive(Debug)]
pub(crate) struct ScriptedVenue {
    mood: watch::Sender<Mood>,
    waiting: watch::Sender<usize>,
    slot: AtomicU64,
    /// How often its pool has changed.
    changes: AtomicU64,
    /// Whether it answers the next questions, one after another.
    answers: Mutex<VecDeque<bool>>,
    /// Slots that pass between two answers.
    pace: AtomicU64,
    /// What a SOL costs, in thousandths of what it costs at first.
    price_permille: AtomicU64,
    /// How often it was asked.
    asked: AtomicU64,
    news: Notify,
    told: AtomicBool,
    /// What was sold to the pool of its first token.
    sold: AtomicU64,
}

impl ScriptedVenue {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            mood: watch::Sender::new(Mood::Offers),
            waiting: watch::Sender::new(0),
            slot: AtomicU64::new(SLOT),
            changes: AtomicU64::new(0),
            answers: Mutex::default(),
            pace: AtomicU64::new(0),
            price_permille: AtomicU64::new(1_000),
            asked: AtomicU64::new(0),
            news: Notify::new(),
            told: AtomicBool::new(false),
            sold: AtomicU64::new(0),
        })
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// From now on it tells of changes.
    pub(crate) fn tell(&self) {
        self.told.store(true, Ordering::SeqCst);
    }

    /// From the next slot on a SOL costs so many thousandths of what it costs at first.
    pub(crate) fn move_price(&self, permille: u64) {
        self.price_permille.store(permille, Ordering::SeqCst);
        self.next_slot();
    }

    /// A slot passes, and the pool changes in it.
    pub(crate) fn next_slot(&self) {
        self.slot.fetch_add(1, Ordering::SeqCst);
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.news.notify_one();
    }

    /// Says of each of the next questions whether it is answered; further ones are.
    pub(crate) fn answer(&self, answers: &[bool]) {
        *self.answers.lock().unwrap() = answers.iter().copied().collect();
    }

    /// Whether all of those questions were asked.
    pub(crate) fn is_heard_out(&self) -> bool {
        self.answers.lock().unwrap().is_empty()
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    fn held(&self, mint: Mint) -> u64 {
        match mint {
            Mint::SOL => SOL_HELD,
            _ => OTHER_HELD / 1_000 * self.price_permille.load(Ordering::SeqCst),
        }
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
            return match *self.mood.borrow() {
                Mood::Alone => Err(Unavailable("the other venue is away".to_owned())),
                _ => Ok(pair_pools(SLOT, Vec::new())),
            };
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.answers.lock().unwrap().pop_front() == Some(false) {
            return Err(Unavailable("it did not answer".to_owned()));
        }
        self.waiting.send_modify(|waiting| *waiting += 1);
        let _waiting = Waiting(&self.waiting);
        let mut mood = self.mood.subscribe();
        let decided = mood.wait_for(|mood| *mood != Mood::Hesitates).await;
        let decided = decided.map(|mood| *mood);
        if matches!(decided, Ok(Mood::Slow)) {
            tokio::time::sleep(ANSWERS_AFTER).await;
        }
        match decided {
            Ok(Mood::Offers | Mood::Alone | Mood::Slow) => {
                Ok(pair_pools(self.slot(), vec![self.pool_of(pair)]))
            }
            Ok(Mood::Two) => {
                let shallow = |address| {
                    pool(
                        address,
                        [pair.0, pair.1].map(|it| (it, self.held(it) / SHALLOW)),
                    )
                };
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

    fn version(&self, _: (Mint, Mint)) -> Option<u64> {
        let is_told = self.told.load(Ordering::SeqCst);
        is_told.then(|| self.changes.load(Ordering::SeqCst))
    }

    async fn news(&self) {
        self.news.notified().await;
    }
}

impl ScriptedVenue {
    fn pool_of(&self, (one, other): (Mint, Mint)) -> FoundPool {
        let sold = self.sold.load(Ordering::SeqCst);
        pool(
            POOL,
            [(one, self.held(one) + sold), (other, self.held(other))],
        )
    }
}
