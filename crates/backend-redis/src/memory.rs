//! What this process remembers of a shard of the queue, to notice that it was emptied or rolled back
//! from outside.

use std::sync::{Mutex, PoisonError};

/// The stamp of every script's answer: when the queue began, and how many scripts it has run since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) epoch: String,
    pub(crate) count: i64,
}

/// What an answer's stamp says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The queue goes on from where it was.
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
    /// What is known before a call is sent: its answer must not be older.
    pub(crate) fn newest(&self) -> Option<Stamp> {
        self.lock().clone()
    }

    /// Judges an answer against what was known before its call was sent.
    pub(crate) fn judge(&self, before: Option<&Stamp>, answer: &Stamp) -> Verdict {
        let verdict = match before {
            Some(before) if before.epoch != answer.epoch => Verdict::BegunAnew,
            Some(before) if before.count >= answer.count => Verdict::RolledBack,
            // The first answer of all: the sweeper comes at the start anyway.
            None | Some(_) => Verdict::Continuous,
        };
        let mut newest = self.lock();
        let is_newer = newest
            .as_ref()
            .is_none_or(|known| known.epoch != answer.epoch || known.count < answer.count);
        // Answers to concurrent calls may be looked at in any order; one of an epoch that ended since
        // only makes the next call say so again.
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
