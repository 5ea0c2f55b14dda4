//! All transactions on the list, behind one lock that is held for microseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::OrderId;
use domain::transaction::Height;
use ports::landing::Standing;
use solana_signature::Signature;
use tokio::sync::oneshot;

use super::entry::{Change, Entry, Heard};
use crate::rpc::{Commitment, Error, Slot, Status};

/// Transactions on the list: some megabytes. More than that are settled by their orders' own looks alone.
const LISTED_MAX: usize = 10_000;
/// A transaction of which no order was looked at for so long is another process' by now.
const KEPT_FOR: Duration = Duration::from_secs(600);
/// A list that has not looked for so long does not work.
const LOOKING_LIMIT: Duration = Duration::from_secs(30);
/// After a question for the height, so many slots pass before the next one at least.
const HEIGHT_SLOTS_MIN: u32 = 4;
/// Orders told of at once.
const NEWS_MAX: usize = 512;

/// The list.
#[derive(Debug, Default)]
pub(super) struct Book {
    all: BTreeMap<Signature, Entry>,
    /// Orders that have news and that nobody was told of.
    untold: BTreeSet<OrderId>,
    /// What was dropped to make room, since the last look.
    dropped: Vec<Signature>,
    /// When the last look ended.
    looked_at: Option<Duration>,
    /// When a question was last answered, or given up.
    attended_at: Option<Duration>,
    /// What is final, and when that was read.
    height: Option<(Height, Duration)>,
    ask_height_at: Option<Duration>,
}

/// What a settled transaction needs to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Landing {
    pub(super) took: Duration,
    pub(super) sends: u32,
}

/// What is put on the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept<'a> {
    pub(super) order: OrderId,
    pub(super) signature: Signature,
    pub(super) bytes: &'a Arc<[u8]>,
    pub(super) last_valid: Height,
}

impl Book {
    /// Puts a transaction on the list. Returns whether it was not there and must be sent now.
    pub(super) fn keep(
        &mut self,
        kept: Kept<'_>,
        now: Duration,
        slot: Duration,
        unit: Duration,
    ) -> bool {
        if let Some(entry) = self.all.get_mut(&kept.signature) {
            entry.touched_at = now;
            return false;
        }
        if self.all.len() >= LISTED_MAX {
            self.make_room();
        }
        let ask_at = self.height_of_interest(kept.last_valid, now, slot);
        self.ask_height_at = Some(self.ask_height_at.map_or(ask_at, |at| at.min(ask_at)));
        let Kept {
            order,
            signature,
            bytes,
            last_valid,
        } = kept;
        let entry = Entry::new(order, Arc::clone(bytes), last_valid, now, unit);
        self.all.insert(signature, entry);
        true
    }

    /// Drops the one that was looked at the longest ago.
    fn make_room(&mut self) {
        let idle = self.all.iter().filter(|(_, one)| one.waiting.is_empty());
        let oldest = idle.min_by_key(|(_, one)| one.touched_at);
        if let Some(signature) = oldest.map(|(signature, _)| *signature) {
            self.all.remove(&signature);
            if self.dropped.len() < LISTED_MAX {
                self.dropped.push(signature);
            }
        }
    }

    /// When a height could first be past this one, as far as is known.
    fn height_of_interest(&self, last_valid: Height, now: Duration, slot: Duration) -> Duration {
        let blocks = self.height.map_or(0, |(height, read_at)| {
            let passed = now.saturating_sub(read_at).as_nanos() / slot.as_nanos().max(1);
            let passed = u64::try_from(passed).unwrap_or(u64::MAX);
            let left = last_valid.get().saturating_add(1);
            left.saturating_sub(height.get().saturating_add(passed))
        });
        let slots = u32::try_from(blocks).unwrap_or(u32::MAX);
        now + slot.saturating_mul(slots.max(HEIGHT_SLOTS_MIN))
    }

    pub(super) fn standing(&mut self, signature: &Signature, now: Duration) -> Standing {
        let is_attended = self
            .attended_at
            .is_some_and(|at| now.saturating_sub(at) < LOOKING_LIMIT);
        let Some(entry) = self.all.get_mut(signature) else {
            return Standing::Unlisted;
        };
        entry.touched_at = now;
        let has_news = std::mem::take(&mut entry.has_news);
        if has_news || entry.is_past_its_end || !entry.is_open() {
            return Standing::News;
        }
        match is_attended {
            true => Standing::Quiet,
            false => Standing::Unlisted,
        }
    }

    pub(super) fn looked_in_vain(&mut self, signature: &Signature) -> u32 {
        let Some(entry) = self.all.get_mut(signature) else {
            return 0;
        };
        entry.looks = entry.looks.saturating_add(1);
        entry.looks - 1
    }

    pub(super) fn half_proved(&mut self, signature: &Signature) {
        if let Some(entry) = self.all.get_mut(signature)
            && !std::mem::replace(&mut entry.is_half_proved, true)
        {
            entry.looks = 0;
        }
    }

    pub(super) fn forget(&mut self, signature: &Signature) -> bool {
        let forgotten = self.all.remove(signature);
        if let Some(entry) = &forgotten {
            self.untold.remove(&entry.order);
        }
        forgotten.is_some()
    }

    /// A place among those who wait for a transaction: what is known already, or where it will be told. Nothing where
    /// it is not on the list.
    pub(super) fn wait_for(&mut self, signature: &Signature) -> Option<Told> {
        let entry = self.all.get_mut(signature)?;
        if let Heard::Settled(status) = &entry.heard {
            entry.has_news = false;
            return Some(Told::Now(status.clone()));
        }
        let (tell, told) = oneshot::channel();
        // Those who have gone leave their places to others.
        entry.waiting.retain(|tell| !tell.is_closed());
        entry.waiting.push(tell);
        Some(Told::Later(told))
    }

    pub(super) fn heard(&self, signature: &Signature) -> Option<Heard> {
        self.all.get(signature).map(|entry| entry.heard.clone())
    }

    /// Whether there is anything to look for.
    pub(super) fn is_open(&self) -> bool {
        self.all.values().any(Entry::is_open)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// What is looked for, in order.
    pub(super) fn open(&self) -> Vec<Signature> {
        let open = self.all.iter().filter(|(_, entry)| entry.is_open());
        open.map(|(signature, _)| *signature).collect()
    }

    pub(super) fn is_listed(&self, signature: &Signature) -> bool {
        self.all.contains_key(signature)
    }

    /// When the next look is due.
    pub(super) fn next_look(&self, every: Duration) -> Duration {
        self.looked_at.map_or(Duration::ZERO, |at| at + every)
    }

    /// A look has ended. What no order has asked for in a long time leaves the list. Returns what has left it since the
    /// last look, except what was forgotten.
    pub(super) fn looked(&mut self, now: Duration) -> Vec<Signature> {
        self.looked_at = Some(now);
        let is_left = |_: &Signature, entry: &mut Entry| {
            now.saturating_sub(entry.touched_at) >= KEPT_FOR && entry.waiting.is_empty()
        };
        let mut gone = std::mem::take(&mut self.dropped);
        gone.retain(|signature| !self.all.contains_key(signature));
        gone.extend(self.all.extract_if(.., is_left).map(|(it, _)| it));
        gone
    }

    /// Takes in what a node that stands at a slot says of signatures. Returns what has landed by that.
    pub(super) fn hear(
        &mut self,
        at: Slot,
        statuses: impl Iterator<Item = (Signature, Option<Status>)>,
        needed: Commitment,
        now: Duration,
    ) -> Vec<Landing> {
        self.attended_at = Some(now);
        let mut landed = Vec::new();
        for (signature, status) in statuses {
            let Some(entry) = self.all.get_mut(&signature) else {
                continue;
            };
            match entry.hear(at, status, needed) {
                Change::Nothing => {}
                Change::Vanished => tell(entry, &mut self.untold),
                Change::Settled => {
                    if matches!(&entry.heard, Heard::Settled(status) if status.outcome.is_ok()) {
                        landed.push(Landing {
                            took: now.saturating_sub(entry.kept_at),
                            sends: entry.sends,
                        });
                    }
                    tell(entry, &mut self.untold);
                }
            }
        }
        landed
    }

    /// A look for these got no answer.
    pub(super) fn miss(&mut self, signatures: &[Signature], error: &Error, now: Duration) {
        self.attended_at = Some(now);
        for signature in signatures {
            if let Some(entry) = self.all.get_mut(signature) {
                entry.miss(error);
            }
        }
    }

    /// Whether it is time to ask what is final.
    pub(super) fn wants_height(&self, now: Duration) -> bool {
        self.ask_height_at.is_some_and(|at| at <= now)
    }

    /// What is final, or that nobody said.
    pub(super) fn hear_height(&mut self, height: Option<Height>, now: Duration, slot: Duration) {
        let soon = now + slot * HEIGHT_SLOTS_MIN;
        let Some(height) = height else {
            self.ask_height_at = Some(soon);
            return;
        };
        self.height = Some((height, now));
        let mut lowest = None;
        for entry in self.all.values_mut().filter(|entry| entry.is_open()) {
            if entry.is_past_its_end {
                continue;
            }
            if height > entry.last_valid {
                entry.is_past_its_end = true;
                tell(entry, &mut self.untold);
                continue;
            }
            let last_valid = entry.last_valid;
            lowest = Some(lowest.map_or(last_valid, |lowest: Height| lowest.min(last_valid)));
        }
        self.ask_height_at =
            lowest.map(|last_valid| self.height_of_interest(last_valid, now, slot));
    }

    /// Some of what is to be sent now, what is due the longest first.
    pub(super) fn take_due(
        &mut self,
        most: usize,
        now: Duration,
        unit: Duration,
    ) -> Vec<(Signature, Arc<[u8]>)> {
        let due = self.all.iter().filter(|(_, one)| one.is_to_be_sent(now));
        let mut due: Vec<_> = due.map(|(it, one)| (one.next_send, *it)).collect();
        if due.len() > most {
            due.sort_unstable();
            due.truncate(most);
        }
        let mut taken = Vec::with_capacity(due.len());
        for (_, signature) in due {
            if let Some(entry) = self.all.get_mut(&signature) {
                entry.sent(now, unit);
                taken.push((signature, Arc::clone(&entry.bytes)));
            }
        }
        taken
    }

    /// A send has ended, whatever became of it.
    pub(super) fn was_sent(&mut self, signature: &Signature) {
        if let Some(entry) = self.all.get_mut(signature) {
            entry.is_being_sent = false;
        }
    }

    /// Some of the orders that have news nobody waits for.
    pub(super) fn take_news(&mut self) -> Vec<OrderId> {
        let mut taken = Vec::new();
        while taken.len() < NEWS_MAX
            && let Some(order) = self.untold.pop_first()
        {
            taken.push(order);
        }
        taken
    }

    pub(super) fn has_news(&self) -> bool {
        !self.untold.is_empty()
    }
}

/// What somebody who begins to wait gets.
#[derive(Debug)]
pub(super) enum Told {
    Now(Status),
    Later(oneshot::Receiver<Status>),
}

/// Tells whoever waits; where nobody does, its order is to be woken.
fn tell(entry: &mut Entry, untold: &mut BTreeSet<OrderId>) {
    let mut is_told = false;
    if let Heard::Settled(status) = &entry.heard {
        for waiting in entry.waiting.drain(..) {
            is_told |= waiting.send(status.clone()).is_ok();
        }
    }
    let waits = entry.waiting.iter().any(|tell| !tell.is_closed());
    entry.has_news = !is_told;
    if !is_told && !waits && untold.len() < LISTED_MAX {
        untold.insert(entry.order);
    }
}

#[cfg(test)]
mod tests;
