//! The account stream: every order the caller may see, on one connection.
//!
//! Tails put each event, rendered once, into one ring for the whole process. A reader that falls
//! behind the ring is closed and may resume. Each message carries a cursor: the places in all
//! shards after it. To resume, the gateway reads the feed from there up to the place where the ring
//! took over. If events may have been missed, the reader gets `resync` instead, and reads lists and
//! orders over HTTP.

mod catch_up;
mod cursor;
mod ring;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use domain::order::Status;
use domain::{ClientId, OrderId, Seq, TokenList};
use ports::Ports;
use ports::status_feed::{Position, Published, Shard};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

pub use self::cursor::Cursor;
use self::ring::{Passed, PassedEvent, Ring};
use super::demand::Demand;

/// How long a new reader waits until the tails are open. If that takes longer, the feed is down.
const OPEN_PATIENCE: Duration = Duration::from_secs(2);

/// The stream of all orders' events.
#[derive(Debug)]
pub(super) struct Account {
    ports: Ports,
    demand: Arc<Demand>,
    ring: Ring,
    tokens: Arc<TokenList>,
}

impl Account {
    pub(super) fn new(
        ports: &Ports,
        shards: u16,
        demand: &Arc<Demand>,
        tokens: &Arc<TokenList>,
    ) -> Self {
        Self {
            ports: ports.clone(),
            demand: Arc::clone(demand),
            ring: Ring::new(shards, Arc::clone(tokens)),
            tokens: Arc::clone(tokens),
        }
    }

    /// Whether anybody reads the stream.
    pub(super) fn has_readers(&self) -> bool {
        self.ring.has_readers()
    }

    /// The shard is tailed from this place on; earlier events may be missing.
    pub(super) fn jumped(&self, shard: Shard, place: Position) {
        self.ring.moved(shard, place);
        self.ring.lost();
    }

    /// The shard is no longer tailed.
    pub(super) fn closed(&self, shard: Shard) {
        self.ring.closed(shard);
    }

    /// Puts a shard's events into the ring, if anybody reads it.
    pub(super) fn pass_on(&self, shard: Shard, events: &[(Position, Arc<Published>)]) {
        if !self.has_readers() {
            if let Some((position, _)) = events.last() {
                self.ring.moved(shard, position.clone());
            }
            return;
        }
        for (position, published) in events {
            self.ring.pass(shard, position.clone(), published);
        }
    }

    /// Joins the stream. The subscription is active when this returns.
    pub(super) async fn join(&self, filter: Filter, cursor: Option<Cursor>) -> AccountReader {
        // Keeps the tails open until the final receiver takes over.
        let interest = self.ring.subscribe();
        self.demand.wake_all();
        let are_open = tokio::time::timeout(OPEN_PATIENCE, self.demand.all_open()).await;
        let (ring, places) = self.ring.subscribe_at();
        drop(interest);

        let mut reader = AccountReader::new(filter, ring);
        let caught_up = match cursor {
            _ if are_open.is_err() => None,
            None => Some(Vec::new()),
            Some(cursor) => catch_up::read(&self.ports, &self.tokens, &cursor, &places).await,
        };
        match caught_up {
            Some(events) => reader.begin_with(&events),
            None => {
                let resync = reader.resync();
                reader.first.push_back(resync);
            }
        }
        reader
    }
}

/// Which events a reader wants.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Only this client's; everybody's if absent.
    pub client: Option<ClientId>,
    pub statuses: StatusSet,
}

/// Some of the statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusSet(u8);

impl StatusSet {
    /// All of them.
    pub const ALL: Self = Self(u8::MAX);

    /// Parses a comma-separated list of names; `None` if it is empty or has an unknown name.
    #[must_use]
    pub fn parse(list: &str) -> Option<Self> {
        let mut bits = 0;
        for name in list.split(',') {
            bits |= 1 << Status::parse(name.trim())?.index();
        }
        Some(Self(bits))
    }

    /// Whether this status is one of them.
    #[must_use]
    pub const fn contains(self, status: Status) -> bool {
        self.0 & (1 << status.index()) != 0
    }
}

impl Filter {
    fn wants(&self, event: &PassedEvent) -> bool {
        let is_theirs = self.client.as_ref().is_none_or(|own| *own == event.client);
        is_theirs && self.statuses.contains(event.status)
    }
}

/// A reader of the account stream.
#[derive(Debug)]
pub struct AccountReader {
    filter: Filter,
    ring: broadcast::Receiver<Arc<Passed>>,
    /// To be sent before anything from the ring.
    first: VecDeque<ByteString>,
    overlap: Overlap,
    /// How many entries the ring had when the reader last got `resync`: the reader reads the lists
    /// after that, so a loss mark among those entries needs no second `resync`.
    told: usize,
}

/// Events that were caught up with may be in the ring too, as far as it was filled by then.
#[derive(Debug, Default)]
struct Overlap {
    caught_up: HashSet<(OrderId, Seq)>,
    in_ring: usize,
}

/// What a reader gets next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    Message(ByteString),
    /// The reader has fallen behind the ring.
    TooSlow,
    /// This process stops.
    Stopped,
}

impl AccountReader {
    fn new(filter: Filter, ring: broadcast::Receiver<Arc<Passed>>) -> Self {
        Self {
            filter,
            ring,
            first: VecDeque::new(),
            overlap: Overlap::default(),
            told: 0,
        }
    }

    fn begin_with(&mut self, events: &[PassedEvent]) {
        let wanted = events.iter().filter(|event| self.filter.wants(event));
        self.first = wanted.map(|event| event.text.clone()).collect();
        self.overlap = Overlap {
            caught_up: events
                .iter()
                .map(|event| (event.order_id, event.seq))
                .collect(),
            in_ring: self.ring.len(),
        };
    }

    /// The next message for this reader. Cancel safety: a dropped call loses no event that the
    /// reader wants.
    pub async fn next(&mut self) -> Read {
        loop {
            if let Some(text) = self.first.pop_front() {
                return Read::Message(text);
            }
            let passed = match self.ring.recv().await {
                Ok(passed) => passed,
                Err(RecvError::Lagged(_)) => return Read::TooSlow,
                Err(RecvError::Closed) => return Read::Stopped,
            };
            let is_told = self.told > 0;
            self.told = self.told.saturating_sub(1);
            match &*passed {
                Passed::Missed if is_told => {}
                Passed::Missed => return Read::Message(self.resync()),
                Passed::Event(event) if self.overlap.holds(event) => {}
                Passed::Event(event) if self.filter.wants(event) => {
                    return Read::Message(event.text.clone());
                }
                Passed::Event(_) => {}
            }
        }
    }

    fn resync(&mut self) -> ByteString {
        self.told = self.ring.len();
        ByteString::from_static(api_types::socket::RESYNC)
    }
}

impl Overlap {
    fn holds(&mut self, event: &PassedEvent) -> bool {
        if self.in_ring == 0 {
            // The ring is past the overlap, so the set is no longer needed.
            self.caught_up = HashSet::new();
            return false;
        }
        self.in_ring -= 1;
        self.caught_up.contains(&(event.order_id, event.seq))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn losses_that_are_told_by_one_resync_are_told_once() {
        let ring = Ring::new(1, Arc::new(TokenList::mainnet()));
        let filter = Filter {
            client: None,
            statuses: StatusSet::ALL,
        };
        let mut reader = AccountReader::new(filter, ring.subscribe());
        let resync = Read::Message(ByteString::from_static(api_types::socket::RESYNC));

        for _ in 0..20 {
            ring.lost();
        }

        assert_eq!(reader.next().now_or_never(), Some(resync.clone()));
        assert_eq!(reader.next().now_or_never(), None, "the others are told");
        ring.lost();
        assert_eq!(
            reader.next().now_or_never(),
            Some(resync),
            "this came later"
        );
    }

    #[test]
    fn a_list_of_statuses_is_read_as_written() {
        let set = StatusSet::parse("confirmed, failed").unwrap();

        assert!(set.contains(Status::Confirmed));
        assert!(set.contains(Status::Failed));
        assert!(!set.contains(Status::Pending));
    }

    #[test]
    fn an_unknown_status_is_not_passed_over() {
        for list in ["", "done", "confirmed,", "Confirmed"] {
            assert_eq!(StatusSet::parse(list), None, "{list:?}");
        }
    }
}
