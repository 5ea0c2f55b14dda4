//! Compares what one reader of the account stream got with what has happened.
//!
//! When a reader begins without a cursor, or gets `resync`, it reads everything earlier from the
//! lists. From then on it must get every event, or `resync` once more. So it must know every event
//! of an order that was submitted after the last such moment. Only a stream of one order promises
//! the order of its events: an event whose commit was confirmed late comes late here.
//!
//! Moments are measured in this process: the engine's clocks do not count, because they are set
//! back and forth.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;
use tokio::time::Instant;

use crate::chaos::check::Check;

/// What has happened to an order.
#[derive(Debug, Clone, Copy)]
pub(in crate::chaos) struct Told<'a> {
    pub(in crate::chaos) id: &'a str,
    /// Before the first byte of it was sent.
    pub(in crate::chaos) handed_in: Instant,
    /// Its history, from the first event on.
    pub(in crate::chaos) events: &'a [Value],
}

/// What a reader knows.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Since when it must get every event; nothing before it reads.
    since: Option<Instant>,
    /// Of each order a fingerprint of each event, by its number.
    orders: HashMap<String, BTreeMap<u64, u64>>,
    resyncs: usize,
    events: usize,
    complaints: Vec<(Check, String)>,
}

impl Watch {
    pub(super) const fn is_reading(&self) -> bool {
        self.since.is_some()
    }

    pub(super) const fn resyncs(&self) -> usize {
        self.resyncs
    }

    pub(super) const fn events(&self) -> usize {
        self.events
    }

    pub(super) fn complaints(&self) -> &[(Check, String)] {
        &self.complaints
    }

    pub(super) fn complain(&mut self, check: Check, what: String) {
        self.complaints.push((check, what));
    }

    /// It reads from now on, and knows nothing of what was before.
    pub(super) fn begins(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// It learned that it may have missed something.
    pub(super) fn resyncs_at(&mut self, now: Instant) {
        self.resyncs += 1;
        self.begins(now);
    }

    /// It got an event.
    pub(super) fn sees(&mut self, message: &Value) {
        let (Some(id), Some(seq)) = (message["orderId"].as_str(), message["seq"].as_u64()) else {
            return self.complain(Check::Other, format!("no event: {message}"));
        };
        self.events += 1;
        let known = self.orders.entry(id.to_owned()).or_default();
        known.insert(seq, fingerprint(message));
    }

    /// The events that it did not get although it had to.
    pub(super) fn untold(&self, orders: &[Told<'_>]) -> impl Iterator<Item = String> {
        orders.iter().filter_map(|order| {
            let since = self.since?;
            if order.handed_in <= since {
                return None;
            }
            let told = self.orders.get(order.id);
            let is_told = |seq: &u64| told.is_some_and(|told| told.contains_key(seq));
            let missing = (0..).zip(order.events).filter(|(seq, _)| !is_told(seq));
            let missing: Vec<String> = missing
                .map(|(seq, event)| format!("{seq} ({})", event["status"].as_str().unwrap_or("?")))
                .collect();
            let id = order.id;
            (!missing.is_empty()).then(|| format!("{id}: not told of {}", missing.join(", ")))
        })
    }

    /// The events that it got but that happened otherwise.
    pub(super) fn wrong(&self, orders: &[Told<'_>]) -> impl Iterator<Item = String> {
        orders.iter().filter_map(|order| {
            let known = self.orders.get(order.id)?;
            let happened: BTreeMap<u64, u64> =
                (0..).zip(order.events.iter().map(fingerprint)).collect();
            let is_wrong = |(seq, print): &(&u64, &u64)| happened.get(seq) != Some(print);
            let (seq, _) = known.iter().find(is_wrong)?;
            let id = order.id;
            Some(format!("{id}: told of another event {seq} than its stream"))
        })
    }
}

/// Of an event without its cursor, which each reader's differ in.
fn fingerprint(event: &Value) -> u64 {
    let mut event = event.clone();
    if let Some(fields) = event.as_object_mut() {
        fields.remove("cursor");
    }
    let mut hasher = DefaultHasher::new();
    event.to_string().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
