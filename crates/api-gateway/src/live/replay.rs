//! How a client sees all of an order, each event once and in order.
//!
//! An order's events come to this process twice over: quickly from the feed, which may lose, repeat and
//! shuffle them, and surely from the store. Both are offered to one [`Log`] per watched order, which
//! takes an event only in its turn, drops what it has, and says where there is a hole, so that the hub
//! reads the store. The log always begins with the order's first event and has no gaps.
//!
//! A client is a [`Place`] in that log, wherever it begins: it is shown what follows its place, waits
//! where the log ends, and is done after the terminal event. Because the hub listens to the feed before
//! it first reads the store, nothing falls in between; and because the log is shared, a hundred clients
//! of one order cost one reading, one rendering and one memory.
//!
//! Nothing here waits, reads or sends: it is the merge alone.

use bytestring::ByteString;
use domain::Seq;
use domain::order::Status;

/// An event as clients see it: rendered once, shared by all who are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub seq: Seq,
    pub text: ByteString,
}

/// What an offered event was to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The one that was waited for.
    Next,
    /// Known before.
    Seen,
    /// Others are missing before it.
    Hole,
}

/// All that is known of one order so far, from its first event on and without gaps.
#[derive(Debug, Default)]
pub(super) struct Log {
    told: Vec<Told>,
    ended: bool,
}

impl Log {
    /// Takes an event if it is the next one; only then is it rendered.
    pub(super) fn offer(
        &mut self,
        seq: Seq,
        status: Status,
        render: impl FnOnce() -> ByteString,
    ) -> Verdict {
        if self.ended || seq < self.next() {
            return Verdict::Seen;
        }
        if seq > self.next() {
            return Verdict::Hole;
        }
        let text = render();
        self.told.push(Told { seq, text });
        self.ended = status.is_terminal();
        Verdict::Next
    }

    /// The event that is waited for.
    #[must_use]
    pub(super) fn next(&self) -> Seq {
        self.told
            .last()
            .map_or(Seq::FIRST, |told: &Told| told.seq.next())
    }

    /// Whether nothing can follow.
    #[must_use]
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }
}

/// What a client is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// This event.
    Event(Told),
    /// Nothing until the log grows.
    Wait,
    /// Nothing any more: the order has ended and the client has seen it.
    Over,
}

/// Where a client stands in an order's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    next: Seq,
}

impl Place {
    /// The beginning, or the place after the last event that the client has seen.
    #[must_use]
    pub(super) fn after(seen: Option<Seq>) -> Self {
        Self {
            next: seen.map_or(Seq::FIRST, Seq::next),
        }
    }

    /// What the client is due; it has seen it then.
    pub(super) fn advance(&mut self, log: &Log) -> Due {
        let index = usize::try_from(self.next.get()).unwrap_or(usize::MAX);
        match log.told.get(index) {
            Some(told) => {
                self.next = told.seq.next();
                Due::Event(told.clone())
            }
            None if log.ended => Due::Over,
            None => Due::Wait,
        }
    }
}

#[cfg(test)]
mod tests;
