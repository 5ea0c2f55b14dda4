//! The searches for pairs' pools. One that has begun goes on although nobody waits for it any more, for as long as the
//! reader is attended to: dropped, it would be begun again, and where many pairs are new none would come to its end. What
//! was found a while ago is used at once, and searched for anew in passing.
//!
//! A search costs the endpoint dearly. So few are made side by side, and those that nobody waits for are rarer still.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use amm::Address;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use ports::Clock;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Candidate;
use super::finder::Finder;
use super::pairs::{Key, Pairs, Recalled, key};
use super::reading::kind;
use super::turns::Turns;
use crate::rpc::Error;
use crate::rpc::births::{Born, PoolBirths};

/// Searches side by side; a search makes a few calls.
const AT_ONCE: usize = 6;
/// Searches that are under way or wait for their turn.
const UNDER_WAY_MAX: usize = 1_024;
/// From its turn on: a few endpoints' patience.
const SEARCH_LIMIT: Duration = Duration::from_secs(30);
/// Pairs that are to be searched for anew; further ones are asked for again.
const STALE_MAX: usize = 4_096;
/// Searches that nobody waits for begin no more often, and only so many are under way.
const ANEW_EVERY: Duration = Duration::from_millis(500);
const ANEW_AT_ONCE: usize = 2;

/// A search's pools.
pub(super) type Found = Result<Arc<[Candidate]>, Error>;

pub(super) type Asking = Shared<BoxFuture<'static, Found>>;

/// All searches of a reader.
pub(super) struct Searches {
    pub(super) finder: Arc<Finder>,
    pub(super) pairs: Arc<Pairs>,
    clock: Arc<dyn Clock>,
    births: Option<Arc<dyn PoolBirths>>,
    turns: Arc<Turns>,
    state: Mutex<State>,
    /// There is something for whoever attends to this.
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Somebody goes on with what nobody waits for.
    is_attended: bool,
    under_way: HashMap<Key, UnderWay>,
    /// Those that whoever attends has not taken over yet.
    begun: Vec<Asking>,
    /// What is to be searched for anew, the first asked first.
    stale: VecDeque<Key>,
    /// The same.
    is_stale: HashSet<Key>,
}

#[derive(Debug)]
struct UnderWay {
    /// Weak, so that what nobody attends to and nobody waits for is dropped.
    asking: WeakShared<BoxFuture<'static, Found>>,
    /// When it had its turn.
    began_at: Arc<OnceLock<Duration>>,
    /// Others have their turn before it.
    may_wait: Arc<AtomicBool>,
}

impl UnderWay {
    /// What it asks for, until that is answered.
    fn asking(&self) -> Option<Asking> {
        self.asking.upgrade().filter(|it| it.peek().is_none())
    }

    /// Whether it may not know what somebody has told since.
    fn is_before(&self, doubted_at: Option<Duration>) -> bool {
        let began_at = self.began_at.get();
        began_at
            .zip(doubted_at)
            .is_some_and(|(at, doubted)| *at < doubted)
    }
}

impl Searches {
    pub(super) fn new(finder: Finder, clock: Arc<dyn Clock>) -> Self {
        Self {
            finder: Arc::new(finder),
            pairs: Arc::default(),
            clock,
            births: None,
            turns: Turns::of(AT_ONCE),
            state: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// Hears of pools that are born.
    pub(super) fn hear(&mut self, births: Arc<dyn PoolBirths>) {
        self.births = Some(births);
    }

    /// Has births of pools of these tokens told.
    pub(super) fn watch(&self, tokens: &BTreeSet<Address>) {
        if let Some(births) = &self.births {
            births.watch(tokens);
        }
    }

    /// Where a pair's pools are.
    ///
    /// Cancel safety: may be dropped; the search goes on where somebody attends to it.
    pub(super) async fn candidates(&self, key: Key) -> Found {
        match self.known(&key) {
            Some(known) => Ok(known),
            None => self.begin(key, false)?.await,
        }
    }

    /// Where a pair's pools are as far as is known; nothing where that must be searched for. What is no longer fresh is
    /// searched for in passing.
    pub(super) fn known(&self, key: &Key) -> Option<Arc<[Candidate]>> {
        match self.recall(key) {
            Recalled::Fresh(known) => Some(known),
            Recalled::Stale(known) => self.search_in_passing(key).then_some(known),
            Recalled::Nothing => None,
        }
    }

    /// Searches for those pools of which what is known is no longer fresh. Returns whether there were any.
    ///
    /// Cancel safety: as above.
    pub(super) async fn search_anew(
        &self,
        keys: impl IntoIterator<Item = Key>,
    ) -> Result<bool, Error> {
        let is_stale = |key: &Key| matches!(self.recall(key), Recalled::Stale(_));
        let stale = keys.into_iter().filter(is_stale);
        let searches = stale
            .map(|key| {
                self.hurry(&key);
                self.begin(key, false)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let is_any = !searches.is_empty();
        futures_util::future::try_join_all(searches).await?;
        Ok(is_any)
    }

    /// Goes on with the searches that nobody waits for, and searches anew for what is no longer fresh or was born, for as
    /// long as it is let.
    pub(super) async fn attend(&self) {
        let _attended = Attended::to(self);
        let (mut going, mut anew) = (FuturesUnordered::new(), FuturesUnordered::new());
        let mut next_anew = Duration::ZERO;
        loop {
            let now = self.clock.monotonic();
            if now >= next_anew
                && anew.len() < ANEW_AT_ONCE
                && let Some(key) = self.next_stale()
                && let Ok(asking) = self.begin(key, true)
            {
                anew.push(asking);
                next_anew = now + ANEW_EVERY;
            }
            going.extend(std::mem::take(&mut self.state().begun));
            let waits_for_turn = anew.len() < ANEW_AT_ONCE && !self.state().stale.is_empty();
            tokio::select! {
                Some(_) = going.next(), if !going.is_empty() => {}
                Some(_) = anew.next(), if !anew.is_empty() => {}
                () = self.news.notified() => {}
                born = self.born() => self.take_in(&born),
                () = self.clock.sleep(next_anew.saturating_sub(now)), if waits_for_turn => {}
            }
        }
    }

    fn recall(&self, key: &Key) -> Recalled {
        let (_, (one, other)) = *key;
        let told = || {
            let births = self.births.as_deref()?;
            let since = [one, other]
                .into_iter()
                .filter_map(|it| births.told_since(it));
            since.min()
        };
        self.pairs.recall(key, told, self.clock.monotonic())
    }

    /// Somebody asks for these pools next, who can do without: where they must be searched for, other searches have their
    /// turn before this one. He keeps what is returned until he has asked.
    pub(super) fn let_wait(&self, key: &Key) -> Option<Asking> {
        match self.recall(key) {
            // Where there is no room, whoever asks is told.
            Recalled::Nothing => self.begin(*key, true).ok(),
            Recalled::Fresh(_) | Recalled::Stale(_) => None,
        }
    }

    /// Somebody asks for these pools next, and needs them.
    pub(super) fn hurry(&self, key: &Key) {
        if let Some(search) = self.state().under_way.get(key) {
            search.may_wait.store(false, Ordering::Relaxed);
        }
    }

    /// A search: one that is under way and knows of what is doubted, or a new one.
    fn begin(&self, key: Key, may_wait: bool) -> Result<Asking, Error> {
        let doubted_at = self.pairs.doubted_at(&key);
        let mut state = self.state();
        if let Some(search) = state.under_way.get(&key)
            && !search.is_before(doubted_at)
            && let Some(asking) = search.asking()
        {
            return Ok(asking);
        }
        state.under_way.retain(|_, it| it.asking().is_some());
        if state.under_way.len() >= UNDER_WAY_MAX {
            let why = "too many pairs' pools are searched for already";
            return Err(Error::unavailable(why));
        }
        let began_at = Arc::<OnceLock<Duration>>::default();
        let may_wait = Arc::new(AtomicBool::new(may_wait));
        let search = self.search(key, Arc::clone(&began_at), Arc::clone(&may_wait));
        let asking = search.shared();
        if let Some(weak) = asking.downgrade() {
            let search = UnderWay {
                asking: weak,
                began_at,
                may_wait,
            };
            state.under_way.insert(key, search);
        }
        if state.is_attended {
            state.begun.push(asking.clone());
            self.news.notify_one();
        }
        Ok(asking)
    }

    fn search(
        &self,
        key: Key,
        began_at: Arc<OnceLock<Duration>>,
        may_wait: Arc<AtomicBool>,
    ) -> BoxFuture<'static, Found> {
        let (finder, pairs) = (Arc::clone(&self.finder), Arc::clone(&self.pairs));
        let (clock, turns) = (Arc::clone(&self.clock), Arc::clone(&self.turns));
        async move {
            let _turn = turns.take(may_wait).await;
            let began = *began_at.get_or_init(|| clock.monotonic());
            let age_max = pairs.age_max(&key, began);
            let found = timeout(SEARCH_LIMIT, finder.find(key, age_max)).await;
            let late = |_| Err(Error::unavailable("the search for pools took too long"));
            let found = found.unwrap_or_else(late)?;
            let candidates = Arc::clone(&found.candidates);
            let times = (began, clock.monotonic());
            pairs.found(key, found.candidates, found.age, times);
            Ok(candidates)
        }
        .boxed()
    }

    /// Has a pair's pools searched for anew although nobody waits for that. Returns whether somebody will.
    fn search_in_passing(&self, key: &Key) -> bool {
        let mut state = self.state();
        let is_under_way = state
            .under_way
            .get(key)
            .is_some_and(|it| it.asking().is_some());
        let has_room = state.stale.len() < STALE_MAX;
        if state.is_attended && !is_under_way && has_room && state.is_stale.insert(*key) {
            state.stale.push_back(*key);
            self.news.notify_one();
        }
        state.is_attended
    }

    fn next_stale(&self) -> Option<Key> {
        loop {
            let key = {
                let mut state = self.state();
                let key = state.stale.pop_front()?;
                state.is_stale.remove(&key);
                key
            };
            if matches!(self.recall(&key), Recalled::Stale(_)) {
                return Some(key);
            }
        }
    }

    /// Waits for pools that are born.
    async fn born(&self) -> BTreeSet<Born> {
        match &self.births {
            Some(births) => births.pools().await,
            None => std::future::pending().await,
        }
    }

    /// Pools were told of: those of pairs that had none are searched for at once.
    fn take_in(&self, born: &BTreeSet<Born>) {
        let now = self.clock.monotonic();
        let programs = self.finder.programs().iter();
        for program in programs {
            let of_program = born.iter().filter(|it| it.program == program.id());
            for Born { mints, .. } in of_program {
                let key = key(kind(program).venue(), *mints);
                if self.pairs.born(&key, now) {
                    // Where there is no room, whoever asks next searches.
                    let _ = self.begin(key, false);
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Searches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Searches").finish_non_exhaustive()
    }
}

/// Somebody attends to searches, until this is dropped.
struct Attended<'a>(&'a Searches);

impl<'a> Attended<'a> {
    fn to(searches: &'a Searches) -> Self {
        searches.state().is_attended = true;
        Self(searches)
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_attended = false;
        let begun = std::mem::take(&mut state.begun);
        state.stale.clear();
        state.is_stale.clear();
        drop(state);
        // A turn that ends with them may begin others.
        drop(begun);
    }
}

#[cfg(test)]
mod tests;
