//! The one ring through which all readers of the account stream get their events.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use domain::order::Status;
use domain::{ClientId, Event, OrderId, Seq, TokenList};
use ports::status_feed::{Position, Published, Shard};
use tokio::sync::broadcast;

use super::cursor;

/// Events kept for slow readers: half a second of the highest load, some 8 MiB, for any number of
/// readers.
const CAPACITY: usize = 8_192;

/// The ring, and the place in each shard up to which it was filled.
#[derive(Debug)]
pub(super) struct Ring {
    sender: broadcast::Sender<Arc<Passed>>,
    tokens: Arc<TokenList>,
    /// This lock also orders the sending: a cursor covers exactly what was sent before it.
    places: Mutex<Vec<Option<Position>>>,
}

/// What goes through the ring.
#[derive(Debug)]
pub(super) enum Passed {
    Event(PassedEvent),
    /// Events may be missing here.
    Missed,
}

/// An event with the fields that readers filter by.
#[derive(Debug)]
pub(super) struct PassedEvent {
    pub(super) order_id: OrderId,
    pub(super) seq: Seq,
    pub(super) status: Status,
    pub(super) client: ClientId,
    pub(super) text: ByteString,
}

impl PassedEvent {
    pub(super) fn new(
        published: &Published,
        tokens: &TokenList,
        places: &[Option<Position>],
    ) -> Self {
        let event: &Event = &published.event;
        let cursor = cursor::encode(places);
        Self {
            order_id: event.order_id,
            seq: event.seq,
            status: event.data.status(),
            client: published.client.clone(),
            text: api_types::event::render_with_cursor(event, tokens, &cursor).into(),
        }
    }
}

impl Ring {
    pub(super) fn new(shards: u16, tokens: Arc<TokenList>) -> Self {
        let (sender, _) = broadcast::channel(CAPACITY);
        let places = Mutex::new(vec![None; usize::from(shards)]);
        Self {
            sender,
            tokens,
            places,
        }
    }

    fn places(&self) -> MutexGuard<'_, Vec<Option<Position>>> {
        // Places are set one at a time: a panic elsewhere leaves them right.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_readers(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Passed>> {
        self.sender.subscribe()
    }

    /// A receiver, and the places after which it begins.
    pub(super) fn subscribe_at(&self) -> (broadcast::Receiver<Arc<Passed>>, Vec<Option<Position>>) {
        let places = self.places();
        (self.sender.subscribe(), places.clone())
    }

    /// The shard is no longer tailed.
    pub(super) fn closed(&self, shard: Shard) {
        if let Some(place) = self.places().get_mut(usize::from(shard.0)) {
            *place = None;
        }
    }

    /// The shard was read up to this place.
    pub(super) fn moved(&self, Shard(shard): Shard, place: Position) {
        if let Some(known) = self.places().get_mut(usize::from(shard)) {
            *known = Some(place);
        }
    }

    /// Readers may have missed something.
    pub(super) fn lost(&self) {
        self.send(Passed::Missed);
    }

    pub(super) fn pass(&self, Shard(shard): Shard, place: Position, published: &Published) {
        let mut places = self.places();
        if let Some(known) = places.get_mut(usize::from(shard)) {
            *known = Some(place);
        }
        let event = PassedEvent::new(published, &self.tokens, &places);
        self.send(Passed::Event(event));
    }

    fn send(&self, passed: Passed) {
        // An error only means that nobody reads.
        let _ = self.sender.send(Arc::new(passed));
    }
}
