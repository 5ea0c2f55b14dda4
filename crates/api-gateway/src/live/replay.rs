//! How a client sees every event of an order, once and in order.
//!
//! An order's events reach this process in two ways: quickly through the feed, which may lose,
//! repeat and reorder them, and reliably from the store. Both are offered to one [`Log`] per
//! followed order. The log takes only the next event in sequence, drops those that it has, and
//! reports a gap, so that the gateway reads the store. It always begins with the order's first
//! event and has no gaps.
//!
//! A client is a [`Place`] in that log, wherever it begins: it gets the events after its place,
//! waits where the log ends, and is done after the terminal event. The gateway listens to the feed
//! before it first reads the store, so no event falls in between. And because the log is shared, a
//! hundred clients of one order cost one read, one rendering and one copy in memory.
//!
//! Nothing here waits, reads or sends: it is only the merge.

use bytestring::ByteString;
use domain::Seq;
use domain::order::Status;

/// An event as clients see it: rendered once, shared by all clients that get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub seq: Seq,
    pub text: ByteString,
}

/// How an offered event relates to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The event that the log waits for.
    Next,
    /// The log has it already.
    Seen,
    /// Earlier events are missing.
    Hole,
}

/// All known events of one order, from the first one on and without gaps.
#[derive(Debug, Default)]
pub(super) struct Log {
    told: Vec<Rendered>,
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
        self.told.push(Rendered { seq, text });
        self.ended = status.is_terminal();
        Verdict::Next
    }

    /// The event that the log waits for.
    #[must_use]
    pub(super) fn next(&self) -> Seq {
        self.told
            .last()
            .map_or(Seq::FIRST, |told: &Rendered| told.seq.next())
    }

    /// Whether the order has ended: nothing can follow.
    #[must_use]
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }
}

/// What a client gets next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// This event.
    Event(Rendered),
    /// Nothing until the log grows.
    Wait,
    /// Nothing more: the order has ended and the client has seen it.
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

    /// What the client gets next; it then counts as seen.
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
