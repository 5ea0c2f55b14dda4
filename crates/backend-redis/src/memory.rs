//! What this process remembers about a shard of the queue, to notice that somebody emptied it or
//! rolled it back.

use std::sync::{Mutex, PoisonError};

/// The stamp of every script's answer: when the queue began, and how many scripts it has run since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) epoch: String,
    pub(crate) count: i64,
}

/// What an answer's stamp reveals.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The queue continues where it was.
    Continuous,
    /// It began anew: it was emptied, or another process started it over.
    BegunAnew,
    /// It is the same queue at an earlier time.
    RolledBack,
}

/// The newest stamp seen.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Option<Stamp>>);

impl Memory {
    /// The stamp known before a call is sent: its answer must not be older.
    pub(crate) fn newest(&self) -> Option<Stamp> {
        self.lock().clone()
    }

    /// Compares an answer with the stamp that was known before its call was sent.
    pub(crate) fn judge(&self, before: Option<&Stamp>, answer: &Stamp) -> Verdict {
        let verdict = match before {
            Some(before) if before.epoch != answer.epoch => Verdict::BegunAnew,
            Some(before) if before.count >= answer.count => Verdict::RolledBack,
            // The very first answer: the sweeper runs at the start anyway.
            None | Some(_) => Verdict::Continuous,
        };
        let mut newest = self.lock();
        let is_newer = newest
            .as_ref()
            .is_none_or(|known| known.epoch != answer.epoch || known.count < answer.count);
        // Answers to concurrent calls may be processed in any order. If one is from an epoch that
        // has ended since, the next call only reports that again.
        if verdict != Verdict::RolledBack && is_newer {
            *newest = Some(answer.clone());
        }
        verdict
    }

    /// Begins anew with this stamp.
    pub(crate) fn adopt(&self, stamp: Stamp) {
        *self.lock() = Some(stamp);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Stamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
