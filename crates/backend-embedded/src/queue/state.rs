//! The queue's state, without async or clocks: callers pass in times.
//!
//! A known order is in exactly one of three places: its client's window, the resumes or the delayed
//! entries; `places` says in which. A window holds the known orders that come first: those that
//! have fired, and then the oldest, by their ids, which sort by age. When it is full, a later order
//! is left to the store, and from then on all later ones are, until the window is half empty and
//! asks the sweeper to bring them in order.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use domain::{ClientId, OrderId};
use ports::job_queue::{Depth, Job, Wanted};

use super::Limits;

/// Every waiting entry.
#[derive(Debug)]
pub(super) struct State {
    limits: Limits,
    places: HashMap<OrderId, Place>,
    windows: HashMap<ClientId, Window>,
    /// Clients with entries in their window, the next one to serve in front.
    ring: VecDeque<ClientId>,
    resumes: BTreeMap<OrderId, Job>,
    delayed: BTreeMap<(Duration, OrderId), Job>,
    /// What was handed out recently, and when: a hint for refills.
    popped: Popped,
    /// The resumes overflowed: the store has some that are not here.
    resumes_missing: bool,
    /// The last look was for resumes only, and found none (or no more).
    only_starts_left: bool,
    wakes: Wakes,
}

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Waiting,
    Resuming,
    Delayed(Duration),
}

/// Whether an entry waits for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Yes,
    No,
}

#[derive(Debug, Default)]
struct Window {
    jobs: BTreeMap<Turn, Job>,
    /// The first order that was left to the store because the window was full; later ones stay
    /// there too, so that they do not overtake it.
    missing_from: Option<Turn>,
}

/// In which order a client's entries are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    has_not_fired: bool,
    id: OrderId,
}

impl Turn {
    const fn of(job: &Job) -> Self {
        Self {
            has_not_fired: !job.has_fired,
            id: job.order_id,
        }
    }
}

/// The latest entries handed out, as many as workers may be about to claim.
#[derive(Debug, Default)]
struct Popped {
    at: HashMap<OrderId, Duration>,
    in_turn: VecDeque<OrderId>,
}

const POPPED_LIMIT: usize = 4_096;

impl Popped {
    fn add(&mut self, order: OrderId, now: Duration) {
        if self.at.insert(order, now).is_none() {
            self.in_turn.push_back(order);
        }
        if self.in_turn.len() > POPPED_LIMIT
            && let Some(oldest) = self.in_turn.pop_front()
        {
            self.at.remove(&oldest);
        }
    }

    fn is_within(&self, order: OrderId, period: Duration, now: Duration) -> bool {
        let at = self.at.get(&order);
        at.is_some_and(|at| now.saturating_sub(*at) < period)
    }
}

/// Which tasks a change concerns.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wakes {
    pub(super) arrived: bool,
    pub(super) hungry: bool,
}

impl State {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            places: HashMap::new(),
            windows: HashMap::new(),
            ring: VecDeque::new(),
            resumes: BTreeMap::new(),
            delayed: BTreeMap::new(),
            popped: Popped::default(),
            resumes_missing: false,
            only_starts_left: false,
            wakes: Wakes::default(),
        }
    }

    /// Which tasks the changes since the last call concern.
    pub(super) fn take_wakes(&mut self) -> Wakes {
        std::mem::take(&mut self.wakes)
    }

    /// Adds an entry; returns whether it is new and there was room.
    pub(super) fn push(&mut self, job: &Job) -> bool {
        self.has_no_place(job, Wait::No) && self.make_ready(job.clone())
    }

    /// Whether the entry must be added. An entry that resumes an execution replaces one that starts
    /// one, and one that waits where this one does not.
    fn has_no_place(&mut self, job: &Job, wait: Wait) -> bool {
        let id = job.order_id;
        let Some(place) = self.places.get(&id).copied() else {
            return true;
        };
        let is_replaced = match place {
            Place::Waiting => true,
            Place::Resuming => false,
            Place::Delayed(due) => self
                .delayed
                .get(&(due, id))
                .is_some_and(|delayed| delayed.starts_execution || wait == Wait::No),
        };
        if job.starts_execution || !is_replaced {
            return false;
        }
        match place {
            Place::Delayed(due) => drop(self.delayed.remove(&(due, id))),
            Place::Waiting | Place::Resuming => {
                if let Some(window) = self.windows.get_mut(&job.client) {
                    for has_not_fired in [false, true] {
                        window.jobs.remove(&Turn { has_not_fired, id });
                    }
                }
            }
        }
        self.places.remove(&id);
        true
    }

    /// The same, but without entries that were handed out within this time.
    pub(super) fn refill(
        &mut self,
        job: &Job,
        unless_popped_within: Duration,
        now: Duration,
    ) -> bool {
        !self
            .popped
            .is_within(job.order_id, unless_popped_within, now)
            && self.push(job)
    }

    /// Adds an entry for later. If there is no room, the store brings it when it is due.
    pub(super) fn push_delayed(&mut self, job: Job, due: Duration) {
        if self.has_no_place(&job, Wait::Yes) {
            self.delay(job, due);
        }
    }

    fn delay(&mut self, job: Job, due: Duration) {
        if self.delayed.len() < self.limits.delayed {
            self.places.insert(job.order_id, Place::Delayed(due));
            let sooner = self
                .delayed
                .first_key_value()
                .is_none_or(|((first, _), _)| due < *first);
            self.delayed.insert((due, job.order_id), job);
            // A task that waits for the previous first time would wait too long.
            self.wakes.arrived |= sooner;
        }
    }

    /// Makes an entry that is in no place available; returns whether there was room.
    fn make_ready(&mut self, job: Job) -> bool {
        let taken = if job.starts_execution {
            self.add_to_window(job)
        } else {
            self.add_to_resumes(job)
        };
        if taken {
            self.wakes.arrived = true;
            self.only_starts_left = false;
        }
        taken
    }

    fn add_to_resumes(&mut self, job: Job) -> bool {
        if self.resumes.len() >= self.limits.resumes {
            self.resumes_missing = true;
            return false;
        }
        self.places.insert(job.order_id, Place::Resuming);
        self.resumes.insert(job.order_id, job);
        true
    }

    fn add_to_window(&mut self, job: Job) -> bool {
        if !self.windows.contains_key(&job.client) {
            self.windows.insert(job.client.clone(), Window::default());
            self.ring.push_back(job.client.clone());
        }
        let window = self
            .windows
            .get_mut(&job.client)
            .expect("invariant: it is there or was just inserted");
        let turn = Turn::of(&job);
        if window.missing_from.is_some_and(|missing| turn > missing) {
            return false;
        }
        window.jobs.insert(turn, job);
        self.places.insert(turn.id, Place::Waiting);
        if window.jobs.len() > self.limits.window {
            let (last, _) = window
                .jobs
                .pop_last()
                .expect("invariant: it holds more than its limit");
            window.missing_from = Some(last);
            self.places.remove(&last.id);
            return last != turn;
        }
        true
    }

    /// Hands out up to `max` entries.
    pub(super) fn pop(&mut self, max: usize, wanted: Wanted, now: Duration) -> Vec<Job> {
        self.promote(now);
        let mut jobs = Vec::with_capacity(max.min(self.ready()));
        while jobs.len() < max {
            let next = match wanted {
                Wanted::Any => self.next_resume().or_else(|| self.next_start()),
                Wanted::Resumes => self.next_resume(),
            };
            let Some(job) = next else { break };
            self.places.remove(&job.order_id);
            self.popped.add(job.order_id, now);
            jobs.push(job);
        }
        self.only_starts_left = wanted == Wanted::Resumes && jobs.len() < max;
        jobs
    }

    /// Makes delayed entries available whose time has come.
    fn promote(&mut self, now: Duration) {
        while let Some(first) = self.delayed.first_entry()
            && first.key().0 <= now
        {
            let job = first.remove();
            self.places.remove(&job.order_id);
            self.make_ready(job);
        }
    }

    fn next_resume(&mut self) -> Option<Job> {
        let (_, job) = self.resumes.pop_first()?;
        if self.resumes_missing && self.resumes.len() * 2 < self.limits.resumes {
            self.resumes_missing = false;
            self.wakes.hungry = true;
        }
        Some(job)
    }

    fn next_start(&mut self) -> Option<Job> {
        // A client whose window is empty leaves the ring when its turn comes.
        while let Some(client) = self.ring.pop_front() {
            let window = self.windows.get_mut(&client)?;
            let Some((_, job)) = window.jobs.pop_first() else {
                self.windows.remove(&client);
                continue;
            };
            if window.missing_from.is_some() && window.jobs.len() * 2 < self.limits.window {
                window.missing_from = None;
                self.wakes.hungry = true;
            }
            if window.jobs.is_empty() {
                self.windows.remove(&client);
            } else {
                self.ring.push_back(client);
            }
            return Some(job);
        }
        None
    }

    fn waiting(&self) -> usize {
        self.places.len() - self.resumes.len() - self.delayed.len()
    }

    fn has_full_window(&self) -> bool {
        let mut windows = self.windows.values();
        windows.any(|window| window.missing_from.is_some())
    }

    fn ready(&self) -> usize {
        self.resumes.len() + self.waiting()
    }

    /// How long until there may be something to hand out; `None` if only an arrival changes that.
    pub(super) fn until_next(&self, now: Duration) -> Option<Duration> {
        let something = !self.resumes.is_empty() || (!self.only_starts_left && self.waiting() > 0);
        if something {
            return Some(Duration::ZERO);
        }
        let ((due, _), _) = self.delayed.first_key_value()?;
        Some(due.saturating_sub(now))
    }

    /// How full it is.
    pub(super) fn depth(&self) -> Depth {
        let count = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        Depth {
            ready: count(self.ready()),
            delayed: count(self.delayed.len()),
            dead_entries: 0,
            is_overflowing: self.resumes_missing || self.has_full_window(),
        }
    }
}
