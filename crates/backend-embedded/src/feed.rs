//! [`StatusFeed`] inside this process: one ring of the last events; tails are places in it.
//!
//! Publishing writes into the ring and wakes waiting tails; it never waits for a tail. A tail that
//! falls behind the ring gets `Lost`. A position names this process' start, so that a position of
//! an earlier process is recognised as forgotten.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, RwLock};

use async_trait::async_trait;
use ports::status_feed::{FeedTail, Position, Published, Shard, TailFrom, Tailed};
use ports::{Random, Result, StatusFeed};
use tokio::sync::watch;

/// Events kept for slow tails: a second of the fastest engine, some 16 MiB.
pub const KEPT: usize = 16_384;

/// The most events that one call of `next` returns.
const BATCH: usize = 512;

/// The feed of an engine that is one process.
#[derive(Debug)]
pub struct InProcessFeed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Drawn at the start of the process.
    epoch: u64,
    kept: usize,
    ring: RwLock<Ring>,
    /// The number after the last event's; tails wait until it grows.
    head: watch::Sender<u64>,
}

#[derive(Default)]
struct Ring {
    /// The number of the oldest event kept.
    first: u64,
    events: VecDeque<Arc<Published>>,
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ring({} from {})", self.events.len(), self.first)
    }
}

impl InProcessFeed {
    /// An empty feed that keeps the last [`KEPT`] events.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        Self::keeping(KEPT, random)
    }

    /// An empty feed that keeps this many events.
    #[must_use]
    pub fn keeping(kept: usize, random: &Random) -> Self {
        Self(Arc::new(Shared {
            epoch: random.bits(),
            kept,
            ring: RwLock::default(),
            head: watch::Sender::new(0),
        }))
    }
}

impl Shared {
    fn position(&self, number: u64) -> Position {
        // Of equal width, so that positions also sort as texts.
        Position(format!("{:016x}:{number:016x}", self.epoch).into())
    }

    /// The number in a position of this process; `None` for any other text.
    fn number(&self, position: &Position) -> Option<u64> {
        let (epoch, number) = position.0.split_once(':')?;
        let epoch = u64::from_str_radix(epoch, 16).ok()?;
        let number = u64::from_str_radix(number, 16).ok()?;
        (epoch == self.epoch && number <= *self.head.borrow()).then_some(number)
    }

    /// The events kept from this number on; `None` if some of them are no longer kept.
    fn from(&self, number: u64) -> Option<Vec<(Position, Arc<Published>)>> {
        let ring = self.ring.read().unwrap_or_else(|held| held.into_inner());
        let skipped = usize::try_from(number.checked_sub(ring.first)?).ok()?;
        let kept = ring.events.iter().skip(skipped).take(BATCH);
        // The place after an event: continuing there does not deliver it again.
        let after = number + 1..;
        let placed = after
            .zip(kept)
            .map(|(after, event)| (self.position(after), Arc::clone(event)));
        Some(placed.collect())
    }

    /// Treats all kept events as overwritten: every tail and every earlier position has lost
    /// something.
    fn forget(&self) {
        let head = {
            let mut ring = self.ring.write().unwrap_or_else(|held| held.into_inner());
            ring.first += u64::try_from(ring.events.len()).unwrap_or(u64::MAX) + 1;
            ring.events.clear();
            ring.first
        };
        self.grow(head);
    }

    fn add(&self, events: impl IntoIterator<Item = Published>) {
        let head = {
            let mut ring = self.ring.write().unwrap_or_else(|held| held.into_inner());
            for event in events {
                if ring.events.len() == self.kept {
                    ring.events.pop_front();
                    ring.first += 1;
                }
                ring.events.push_back(Arc::new(event));
            }
            ring.first + u64::try_from(ring.events.len()).unwrap_or(u64::MAX)
        };
        self.grow(head);
    }

    fn grow(&self, head: u64) {
        // Two publishers may arrive here in the other order; the head only grows.
        self.head.send_if_modified(|current| {
            let grows = head > *current;
            *current = head.max(*current);
            grows
        });
    }
}

#[async_trait]
impl StatusFeed for InProcessFeed {
    async fn publish(&self, events: Vec<Published>) -> Result<()> {
        self.0.add(events);
        Ok(())
    }

    fn publish_now(&self, event: Published) -> Option<Published> {
        self.0.add([event]);
        None
    }

    async fn tell_lost(&self) -> Result<()> {
        self.0.forget();
        Ok(())
    }

    fn shards(&self) -> u16 {
        1
    }

    async fn tail(&self, _shard: Shard, from: TailFrom) -> Result<Box<dyn FeedTail>> {
        let head = self.0.head.subscribe();
        let now = *head.borrow();
        let (next, has_lost) = match from {
            TailFrom::Now => (now, false),
            TailFrom::After(position) => match self.0.number(&position) {
                Some(number) => (number, false),
                None => (now, true),
            },
        };
        Ok(Box::new(Tail {
            shared: Arc::clone(&self.0),
            head,
            next,
            has_lost,
        }))
    }
}

/// A place in the ring that its reader moves on.
#[derive(Debug)]
struct Tail {
    shared: Arc<Shared>,
    head: watch::Receiver<u64>,
    /// The number of the event that comes next.
    next: u64,
    /// Whether the tail must return `Lost` before anything else.
    has_lost: bool,
}

#[async_trait]
impl FeedTail for Tail {
    async fn next(&mut self) -> Result<Tailed> {
        loop {
            if self.has_lost {
                self.has_lost = false;
                return Ok(Tailed::Lost);
            }
            match self.shared.from(self.next) {
                Some(events) if !events.is_empty() => {
                    self.next += u64::try_from(events.len()).unwrap_or(u64::MAX);
                    return Ok(Tailed::Events(events));
                }
                Some(_) => {
                    let next = self.next;
                    // The sender lives in `shared`, so the wait cannot fail.
                    let _ = self.head.wait_for(|head| *head > next).await;
                }
                None => {
                    // A caller that reads the store after this needs only what is published from
                    // now on.
                    self.next = *self.head.borrow();
                    self.has_lost = true;
                }
            }
        }
    }

    fn position(&self) -> Position {
        self.shared.position(self.next)
    }
}
