//! Counts live connections, per client and in total.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts open connections and refuses those beyond the limits.
#[derive(Debug, Clone)]
pub(super) struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    each: usize,
    all: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    of: HashMap<Arc<str>, usize>,
}

/// A permit for one connection, given back on drop.
#[derive(Debug)]
pub struct Permit {
    limits: Limits,
    holder: Arc<str>,
}

impl Limits {
    /// Limits per client and in total; 0 = no limit.
    #[must_use]
    pub(super) fn new(each: usize, all: usize) -> Self {
        let open = Mutex::default();
        Self(Arc::new(Inner { each, all, open }))
    }

    /// A permit for one more connection of `holder`, if the limits allow it.
    #[must_use]
    pub(super) fn admit(&self, holder: &str) -> Option<Permit> {
        let mut open = self.open();
        let held = open.of.get(holder).copied().unwrap_or(0);
        if is_full(held, self.0.each) || is_full(open.all, self.0.all) {
            return None;
        }
        let holder = match open.of.get_key_value(holder) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(holder),
        };
        open.all += 1;
        open.of.insert(Arc::clone(&holder), held + 1);
        report(&open);
        drop(open);
        let limits = self.clone();
        Some(Permit { limits, holder })
    }

    /// The number of open connections.
    #[must_use]
    pub(super) fn open_count(&self) -> usize {
        self.open().all
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        // Counts stay right after a panic elsewhere: no code here panics half-way.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn is_full(held: usize, limit: usize) -> bool {
    limit != 0 && held >= limit
}

fn report(open: &Open) {
    // A count of sockets is far below 2^53.
    let count = u32::try_from(open.all).unwrap_or(u32::MAX);
    metrics::gauge!("ws_sockets_open").set(f64::from(count));
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.limits.open();
        open.all = open.all.saturating_sub(1);
        if let Some(held) = open.of.get_mut(&self.holder) {
            *held -= 1;
            if *held == 0 {
                open.of.remove(&self.holder);
            }
        }
        report(&open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_at_its_limit_does_not_stand_in_another_ones_way() {
        let limits = Limits::new(1, 0);

        let first = limits.admit("desk");

        assert!(first.is_some());
        assert!(limits.admit("desk").is_none());
        assert!(limits.admit("other").is_some());
    }

    #[test]
    fn a_closed_connection_makes_room() {
        let limits = Limits::new(0, 1);
        let first = limits.admit("desk");
        assert!(limits.admit("other").is_none());

        drop(first);

        assert!(limits.admit("other").is_some());
    }

    #[test]
    fn no_limit_is_no_limit() {
        let limits = Limits::new(0, 0);

        let held: Vec<_> = (0..1_000).map(|_| limits.admit("desk")).collect();

        assert!(held.iter().all(Option::is_some));
        assert_eq!(limits.open_count(), 1_000);
    }
}
