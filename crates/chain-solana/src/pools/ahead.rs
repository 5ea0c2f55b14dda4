//! Which pairs are asked for so often that their pools are followed and read ahead of the questions.
//!
//! Pools that are traded change in nearly every slot. To read them whenever they change costs a read in every slot and
//! pair, so it pays where a pair is asked for at least as often, and nowhere else: see ADR 22.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::Address;
use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use tokio::sync::Notify;

use super::pairs::Key;
use super::{Candidate, Reading};
use crate::rpc::changes::{Changes, Seen};

/// Over so many slots it is counted how often a pair is asked for.
const WINDOW_SLOTS: u32 = 25;
/// Questions in a window from which on the pair is read ahead: one for each slot.
const ASKED_MIN: u32 = WINDOW_SLOTS;
/// Pairs that are read ahead at once, each at one venue.
const PAIRS_MAX: usize = 16;
/// Accounts of those that are followed at once.
const ACCOUNTS_MAX: usize = 400;
/// Accounts that are followed in all, those of watched pairs included. Providers allow about so many; whatever has no
/// room is looked at without being told.
const FOLLOWED_MAX: usize = 980;
/// Pairs that are counted; further ones are not until these are asked for no more.
const COUNTED_MAX: usize = 1_024;
/// An endpoint that tells of changes later than so many slots after the reads is of no use.
const LAG_SLOTS_MAX: u64 = 2;

/// What is read ahead.
#[derive(Debug)]
pub(super) struct Ahead {
    changes: Arc<dyn Changes>,
    window: Duration,
    /// Questions that come closer together share one reading anyway.
    counted_after: Duration,
    /// An older reading is vouched for no more, so that what is built on a quote still finds the pools recent.
    age_max: Duration,
    state: Mutex<State>,
    /// A pair has begun to be asked for often.
    warmer: Notify,
    /// Who watches pairs hears that something was told.
    told: Notify,
    metrics: Metrics,
}

#[derive(Debug, Default)]
struct State {
    demand: HashMap<Key, Demand>,
    /// The accounts of those that are read ahead, or watched.
    followed: HashMap<Key, Arc<[Address]>>,
    /// Pairs of which somebody wants to hear, whether they are asked for or not.
    watched: Vec<Key>,
}

/// How often a pair is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Demand {
    began: Duration,
    last: Duration,
    count: u32,
    /// In the window before.
    before: u32,
}

/// What operators see.
#[derive(Clone)]
pub(super) struct Metrics {
    read_ahead: Counter,
    saved: Counter,
    followed: Gauge,
}

impl Demand {
    const fn new(now: Duration) -> Self {
        Self {
            began: now,
            last: now,
            count: 1,
            before: 0,
        }
    }

    fn turn(&mut self, now: Duration, window: Duration) {
        let passed = now.saturating_sub(self.began);
        if passed >= window {
            self.before = if passed < window * 2 { self.count } else { 0 };
            (self.began, self.count) = (now, 0);
        }
    }

    fn count(&mut self, now: Duration, window: Duration) {
        self.turn(now, window);
        (self.count, self.last) = (self.count.saturating_add(1), now);
    }

    const fn most(&self) -> u32 {
        if self.count > self.before {
            self.count
        } else {
            self.before
        }
    }

    const fn is_high(&self) -> bool {
        self.most() >= ASKED_MIN
    }
}

impl Ahead {
    pub(super) fn new(
        changes: Arc<dyn Changes>,
        slot: Duration,
        counted_after: Duration,
        quote_age_max: Duration,
        metrics: Metrics,
    ) -> Self {
        Self {
            changes,
            window: slot * WINDOW_SLOTS,
            counted_after,
            age_max: quote_age_max / 2,
            state: Mutex::default(),
            warmer: Notify::new(),
            told: Notify::new(),
            metrics,
        }
    }

    /// Somebody asks for a pair, and no reading was shared.
    pub(super) fn asked(&self, key: &Key, now: Duration) {
        let mut state = self.state();
        let Some(demand) = state.demand.get_mut(key) else {
            if state.demand.len() < COUNTED_MAX {
                state.demand.insert(*key, Demand::new(now));
            }
            return;
        };
        if now.saturating_sub(demand.last) < self.counted_after {
            return;
        }
        let was_high = demand.is_high();
        demand.count(now, self.window);
        if demand.is_high() && !was_high {
            self.warmer.notify_one();
        }
    }

    /// Whether a reading is what a read would show now, as far as anybody can tell.
    pub(super) fn vouches(&self, key: &Key, reading: &Reading, now: Duration) -> bool {
        let Some(accounts) = self.state().followed.get(key).cloned() else {
            return false;
        };
        let is_unchanged = |seen: Seen| {
            seen.since <= reading.asked_at
                && seen.changed_in <= reading.slot
                && seen.newest.get() + LAG_SLOTS_MAX >= reading.slot.get()
        };
        let is_recent = now.saturating_sub(reading.asked_at) <= self.age_max;
        let vouches = is_recent && self.changes.seen(&accounts).is_some_and(is_unchanged);
        if vouches {
            self.metrics.saved.increment(1);
        }
        vouches
    }

    /// Whether a pair's pools have changed since they were read, or nothing is known of the time before.
    pub(super) fn is_behind(&self, accounts: &[Address], reading: Option<&Reading>) -> bool {
        let Some(seen) = self.changes.seen(accounts) else {
            // Nothing is told: each question reads.
            return false;
        };
        reading.is_none_or(|it| it.asked_at < seen.since || it.slot < seen.changed_in)
    }

    /// The pairs that are asked for often, the most often first.
    pub(super) fn wanted(&self, now: Duration) -> Vec<Key> {
        let mut state = self.state();
        for demand in state.demand.values_mut() {
            demand.turn(now, self.window);
        }
        state.demand.retain(|_, demand| demand.most() > 0);
        let high = state.demand.iter().filter(|(_, demand)| demand.is_high());
        let mut high: Vec<_> = high.map(|(key, it)| (it.most(), *key)).collect();
        high.sort_unstable_by(|one, other| other.cmp(one));
        high.into_iter().map(|(_, key)| key).collect()
    }

    /// Follows the pools of these pairs, and then those of watched ones, as many as fit, and no others. Returns those
    /// that are followed.
    pub(super) fn follow(
        &self,
        pairs: impl IntoIterator<Item = (Key, Arc<[Candidate]>)>,
        watched: impl IntoIterator<Item = (Key, Arc<[Candidate]>)>,
    ) -> Vec<(Key, Arc<[Address]>)> {
        let mut accounts = BTreeSet::new();
        let mut followed: HashMap<Key, Arc<[Address]>> = HashMap::new();
        let often = pairs
            .into_iter()
            .map(|pair| (pair, PAIRS_MAX, ACCOUNTS_MAX));
        let watched = watched.into_iter();
        let watched = watched.map(|pair| (pair, usize::MAX, FOLLOWED_MAX));
        for ((key, candidates), pairs_max, accounts_max) in often.chain(watched) {
            let of: Arc<[Address]> = candidates.iter().flat_map(written).collect();
            let has_room = followed.len() < pairs_max && accounts.len() + of.len() <= accounts_max;
            if has_room && !of.is_empty() && !followed.contains_key(&key) {
                accounts.extend(of.iter().copied());
                followed.insert(key, of);
            }
        }
        let followed: Vec<_> = followed.into_iter().collect();
        self.changes.follow(&accounts);
        self.state().followed = followed.iter().cloned().collect();
        self.metrics
            .followed
            .set(u32::try_from(followed.len()).unwrap_or(u32::MAX));
        followed
    }

    /// Somebody wants to hear of these pairs.
    pub(super) fn watch(&self, keys: Vec<Key>) {
        let mut state = self.state();
        if state.watched != keys {
            state.watched = keys;
            drop(state);
            self.warmer.notify_one();
        }
    }

    /// The pairs of which somebody wants to hear.
    pub(super) fn watched(&self) -> Vec<Key> {
        self.state().watched.clone()
    }

    /// A number that grows when an account of a pair changes, or is followed anew; nothing where it is not followed.
    pub(super) fn version(&self, key: &Key) -> Option<u64> {
        let accounts = self.state().followed.get(key).cloned()?;
        let seen = self.changes.seen(&accounts)?;
        let since = u64::try_from(seen.since.as_millis()).unwrap_or(u64::MAX);
        Some(seen.changed_in.get().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ since)
    }

    /// Waits for the next thing that is told.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    pub(super) async fn told(&self) {
        self.told.notified().await;
    }

    /// Something was told.
    pub(super) fn pass_on(&self) {
        self.told.notify_one();
    }

    /// A pair is read before anybody asks.
    pub(super) fn reads(&self) {
        self.metrics.read_ahead.increment(1);
    }

    /// Waits until there may be something to do.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    pub(super) async fn news(&self) {
        tokio::select! {
            () = self.changes.next() => {}
            () = self.warmer.notified() => {}
        }
    }

    /// How long a pair may cool down unnoticed.
    pub(super) const fn window(&self) -> Duration {
        self.window
    }

    /// Keeps hearing of changes.
    pub(super) async fn attend(&self) {
        self.changes.attend().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

/// The accounts that every swap in a pool writes, and that change whenever its price does.
fn written(candidate: &Candidate) -> [Address; 3] {
    let (first, second) = candidate.vaults;
    [candidate.address, first, second]
}

impl Metrics {
    /// Describes the metrics and sets each to zero, also where nothing is ever read ahead.
    pub(super) fn register() -> Self {
        let counters = [
            (
                "pool_hints_total",
                "Times that a followed account of a pool was told to have changed",
            ),
            (
                "pool_reads_ahead_total",
                "Times that a pair's pools were read before anybody asked",
            ),
            (
                "pool_reads_saved_total",
                "Times that a pair's pools were not read for a quote because nothing had changed",
            ),
            (
                "pool_socket_lost_total",
                "Times that the socket that tells of pools was lost, or could not be connected",
            ),
        ];
        for (name, what) in counters {
            describe_counter!(name, Unit::Count, what);
            counter!(name).increment(0);
        }
        let gauges = [
            ("pool_pairs_followed", "Pairs whose pools are read ahead"),
            (
                "pool_socket_connected",
                "Whether the socket that tells of pools is connected",
            ),
        ];
        for (name, what) in gauges {
            describe_gauge!(name, Unit::Count, what);
            gauge!(name).set(0.0);
        }
        Self {
            read_ahead: counter!("pool_reads_ahead_total"),
            saved: counter!("pool_reads_saved_total"),
            followed: gauge!("pool_pairs_followed"),
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn demand_is_high_from_one_question_a_slot_on_and_ends_with_the_window_after() {
        let mut demand = Demand::new(after(0));
        for _ in 1..ASKED_MIN {
            assert!(!demand.is_high());
            demand.count(after(9), WINDOW);
        }
        assert!(demand.is_high());

        demand.turn(after(10), WINDOW);
        assert!(demand.is_high(), "the window before counts");
        demand.turn(after(20), WINDOW);
        assert!(!demand.is_high());
        assert_eq!(demand.most(), 0);
    }

    #[test]
    fn demand_of_long_ago_counts_no_more() {
        let mut demand = Demand::new(after(0));
        for _ in 0..ASKED_MIN {
            demand.count(after(1), WINDOW);
        }

        demand.count(after(30), WINDOW);

        assert_eq!(demand.most(), 1);
    }
}
